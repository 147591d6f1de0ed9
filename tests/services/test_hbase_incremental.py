"""Reads of what changed since a moment, by the cells' timestamps (SeaTunnel#10318), and nothing lost at the bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import happybase
import pyarrow as pa
import pytest

from connectors.hbase import HBase
from connectors.hbase import scan as hbase_scan
from sandbox import seed_hbase

from .hbase_tables import client

pytestmark = pytest.mark.services

Make = Callable[..., HBase]
ROWS = 3_000
BEGIN = seed_hbase.BEGIN_MS
CELLS = {"id": "cf:id", "v": "cf:v"}


@pytest.fixture
def changing(hbase_tables: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[tuple[str, happybase.Table]]:
    """A table of 3,000 rows, all written at `BEGIN`."""
    name = "changing_" + "".join(c for c in request.node.name if c.isalnum())
    with closing(client(hbase_tables)) as connection:
        connection.create_table(hbase_tables["prefix"] + name, {"cf": {"max_versions": 1}})
        table = connection.table(hbase_tables["prefix"] + name)
        seed_hbase.salted(table, ROWS)
        yield name, table


def source(make: Make, name: str, lag_s: int = 0, **options: Any) -> HBase:
    given = {"timestamp": "changed", "watermark": {"column": "changed", "lag_s": lag_s}, "row_key_codec": "hex"}
    return make(name, CELLS, **(given | options))


def rows_after(connector: HBase, moment: int, **plan: Any) -> list[dict[str, Any]]:
    planned = connector.plan({"timestamp_ms": moment}, **plan)
    batches = [batch for split in planned.splits for batch in connector.read(split, planned.schema)]
    rows: list[dict[str, Any]] = pa.Table.from_batches(batches, planned.schema).to_pylist()
    return rows


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("every", [997, 2])
def test_only_rows_that_changed_are_read(
    hbase_source: Make, changing: tuple[str, Any], monkeypatch: pytest.MonkeyPatch, compiled: bool, every: int
) -> None:
    """Few are fetched by their keys; of many, their range is scanned."""
    monkeypatch.setattr(hbase_scan, "compiled", lambda: compiled)
    name, table = changing
    keys = [key for key, _ in table.scan()]
    for key in keys[::every]:
        table.put(key, {b"cf:v": b"changed"}, timestamp=BEGIN + 5_000)
    rows = rows_after(source(hbase_source, name), BEGIN + 5_000)
    assert [row["row_key"] for row in rows] == [key.hex() for key in keys[::every]]
    assert {row["v"] for row in rows} == {"changed"}
    assert all(row["id"] for row in rows)  # a changed row comes whole, with its older cells
    assert not rows_after(source(hbase_source, name), BEGIN + 5_001)


def test_a_row_of_the_bounds_own_millisecond_is_read_again(hbase_source: Make, changing: tuple[str, Any]) -> None:
    name, table = changing
    table.put(b"new", {b"cf:id": b"-1"}, timestamp=BEGIN + 1)
    assert [row["id"] for row in rows_after(source(hbase_source, name), BEGIN + 1)] == ["-1"]


def test_writers_with_late_clocks_are_met_within_lag(hbase_source: Make, changing: tuple[str, Any]) -> None:
    name, table = changing
    table.put(b"late", {b"cf:id": b"-1"}, timestamp=BEGIN + 60_000)
    assert not rows_after(source(hbase_source, name, lag_s=39), BEGIN + 100_000)
    assert len(rows_after(source(hbase_source, name, lag_s=40), BEGIN + 100_000)) == 1


def test_the_position_is_the_plans_own_moment_and_never_goes_back(hbase_source: Make, changing: tuple[str, Any]) -> None:
    connector = source(hbase_source, changing[0])
    first = connector.plan({})
    assert first.until["timestamp_ms"] > BEGIN
    future = {"timestamp_ms": first.until["timestamp_ms"] + 10**9}
    assert connector.plan(future).until == future
    assert connector.plan(future, limit=5).until == future


def test_a_filter_still_holds_for_changed_rows(hbase_source: Make, changing: tuple[str, Any]) -> None:
    name, table = changing
    for key, value in ((b"x", b"keep"), (b"y", b"drop")):
        table.put(key, {b"cf:v": value, b"cf:id": b"-1"}, timestamp=BEGIN + 9)
    connector = source(hbase_source, name, filter="SingleColumnValueFilter('cf', 'v', =, 'binary:keep', true, true)")
    assert [row["v"] for row in rows_after(connector, BEGIN + 9)] == ["keep"]


def test_rows_that_change_between_look_and_fetch(
    hbase_source: Make, changing: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One deleted meanwhile is not there, one changed again comes as it is now."""
    name, table = changing
    keys = [key for key, _ in table.scan()][::500]
    for key in keys:
        table.put(key, {b"cf:v": b"changed"}, timestamp=BEGIN + 1)
    real = hbase_scan.RangeReader.batches

    def meddling(self: hbase_scan.RangeReader) -> Iterator[Any]:
        yield from real(self)
        table.delete(keys[1])
        table.put(keys[2], {b"cf:v": b"again"}, timestamp=BEGIN + 2)

    monkeypatch.setattr(hbase_scan.RangeReader, "batches", meddling)
    rows = {row["row_key"]: row["v"] for row in rows_after(source(hbase_source, name), BEGIN + 1)}
    assert rows == {key.hex(): "again" if key == keys[2] else "changed" for key in keys if key != keys[1]}
