"""The servers of `tests/services`, for the connectors that need one."""

from __future__ import annotations

from tests.services.conftest import hbase, mariadb, mysql9

__all__ = ["hbase", "mariadb", "mysql9"]
