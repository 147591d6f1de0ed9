"""Tables of `sandbox.seed_hbase` for a session of tests, and connectors for them."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import happybase
import pyarrow as pa
import pytest

from connectors.base import ReadPlan
from connectors.hbase import HBase
from connectors.hbase.options import HBaseOptions
from sandbox import seed_hbase

SALTED_ROWS = 20_000


@pytest.fixture(scope="session")
def hbase_tables(hbase: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The server's facts with `prefix`, which starts the names of this session's tables: two runs do not meet."""
    prefix = f"t{secrets.token_hex(4)}_"
    with closing(client(hbase)) as connection:
        for name, families in (("torture", seed_hbase.TORTURE_FAMILIES), ("salted", {"cf": {}}), ("empty", {"cf": {}})):
            connection.create_table(prefix + name, families)
        seed_hbase.torture(connection.table(prefix + "torture"))
        seed_hbase.salted(connection.table(prefix + "salted"), SALTED_ROWS)
    yield {**hbase, "prefix": prefix}
    with closing(client(hbase)) as connection:
        for table in connection.tables():
            if table.startswith(prefix.encode()):
                with contextlib.suppress(Exception):  # a test may have disabled it
                    connection.disable_table(table)
                connection.delete_table(table)


@pytest.fixture
def hbase_source(hbase_tables: dict[str, Any]) -> Callable[..., HBase]:
    """`hbase_source(table, cells, **options)`: a connector for a table of the session."""

    def make(table: str, cells: dict[str, Any], **options: Any) -> HBase:
        there = f"{hbase_tables['host']}:{hbase_tables['port']}"
        if options.get("transport") == "framed":
            there = f"{hbase_tables['host']}:{hbase_tables['framed_port']}"
        given = {"kind": "hbase", "thrift": there, "table": hbase_tables["prefix"] + table, "cells": cells}
        return HBase("crm", HBaseOptions(**(given | options)))

    return make


def client(facts: dict[str, Any]) -> happybase.Connection:
    return happybase.Connection(facts["host"], facts["port"], timeout=60_000)


def read(connector: HBase, plan: ReadPlan | None = None, **planned_by: Any) -> pa.Table:
    """Every row of every split, in order."""
    planned = plan or connector.plan({}, **planned_by)
    batches = [batch for split in planned.splits for batch in connector.read(split, planned.schema)]
    return pa.Table.from_batches(batches, planned.schema).combine_chunks()
