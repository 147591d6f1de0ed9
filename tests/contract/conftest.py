"""The servers of `tests/services`, for the connectors that need one."""

from __future__ import annotations

from tests.services.conftest import hbase, hive, mariadb, mysql9, served

__all__ = ["hbase", "hive", "mariadb", "mysql9", "served"]
