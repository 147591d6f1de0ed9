"""HBase through its Thrift 1 servers."""

from connectors.hbase.connector import HBase
from connectors.hbase.options import HBaseOptions

__all__ = ["HBase", "HBaseOptions"]
