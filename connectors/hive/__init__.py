"""Hive, through the metastore or a HiveServer2."""

from connectors.hive.connector import Hive
from connectors.hive.options import HiveOptions

__all__ = ["Hive", "HiveOptions"]
