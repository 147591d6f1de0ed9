"""Splits hold every row exactly once, whatever the key; resumed reads and memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.base import BATCH_BYTES
from connectors.mysql import MySQL
from washplant.errors import SourceUnreachable

from .conftest import admin, rows_of

pytestmark = pytest.mark.services

KEYED = (
    "int_key", "sparse_key", "string_key", "latin_key", "gbk_key", "binary_key", "decimal_key",
    "time_key", "composite_key", "unique_key",
)  # fmt: skip


@pytest.mark.parametrize("table", KEYED)
def test_splits_are_even_and_hold_every_row_once(
    tables: dict[str, Any], source: Callable[..., MySQL], table: str
) -> None:
    # sparse snowflake keys made a million splits: DataX#1181
    connector = source(table, split_rows=300)
    plan = connector.plan({})
    parts = [[row["n"] for b in connector.read(s, plan.schema) for row in b.to_pylist()] for s in plan.splits]
    assert sorted(n for part in parts for n in part) == list(range(1, 5001))
    assert 12 <= len(parts) <= 34
    assert max(map(len, parts)) <= 900


def test_no_key_is_one_stream(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    plan = source("no_key", split_rows=300).plan({})
    assert len(plan.splits) == 1
    assert "no key" in plan.splits[0].describe
    assert len(rows_of(source("no_key", split_rows=300))) == 5000


def test_no_rows(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    assert rows_of(source("empty")) == []


def test_no_offset_reads_data(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    for table in (*KEYED, "no_key"):
        for statement in source(table, split_rows=300).plan({}).statements:
            assert " offset " not in statement
            assert " limit " not in statement


def test_rows_beyond_the_sampled_keys_are_read(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace table grows (id int primary key)")
    sql("insert into grows select seq * 10 from seq_1_to_1000")
    sql("analyze table grows")
    connector = source("grows", split_rows=200)
    plan = connector.plan({})
    sql("insert into grows values (-5), (99999), (5001)")
    found = [row["id"] for split in plan.splits for b in connector.read(split, plan.schema) for row in b.to_pylist()]
    assert len(found) == len(set(found)) == 1003


def test_where_and_limit(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("int_key", where="n % 2 = 0 or n = 1", split_rows=300)
    assert len(rows_of(connector)) == 2501
    assert [row["n"] for row in rows_of(connector, limit=3)] == [1, 2, 4]
    assert connector.plan({}, limit=3).rows_estimate == 3


def test_a_view_is_one_stream(tables: dict[str, Any], sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace view seen as select id, n from int_key where n <= 10")
    assert [row["n"] for row in rows_of(source("seen"))] == list(range(1, 11))


@pytest.mark.parametrize("columns", [None, ("v", "n")])
def test_a_killed_connection_goes_on_after_the_last_row(
    tables: dict[str, Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch, columns: Any
) -> None:
    # timeouts mid-stream: PyMySQL#1032
    monkeypatch.setattr("connectors.mysql.read._BATCH_ROWS", 100)
    monkeypatch.setattr("connectors.mysql.read._WIRE_BYTES", 10_000)
    monkeypatch.setattr("connectors.mysql.read._BACKOFF_S", 0.01)
    monkeypatch.setattr("connectors.mysql.wire._PIECE", 4096)
    connector = source("tickets", columns=("question", "id") if columns else None, split_rows=10**9)
    plan = connector.plan({})
    assert len(plan.splits) == 1
    ids, kills = [], 0
    for i, batch in enumerate(connector.read(plan.splits[0], plan.schema)):
        ids += batch.column("id").to_pylist()
        if i % 100 == 3:
            kills += _kill_readers(tables)
    assert kills >= 1  # what the kernel had buffered is still delivered, so not every KILL finds a sender
    assert len(ids) == 30_000
    assert ids == sorted(set(ids))


def test_without_a_key_a_dropped_stream_is_an_error_not_a_guess(
    tables: dict[str, Any], sql: Callable[[str], Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mysql.read._WIRE_BYTES", 10_000)
    monkeypatch.setattr("connectors.mysql.wire._PIECE", 4096)
    sql("create or replace table keyless as select * from tickets")
    connector = source("keyless")
    plan = connector.plan({})
    with pytest.raises(SourceUnreachable, match=r"connection failed|refused"):
        for i, _ in enumerate(connector.read(plan.splits[0], plan.schema)):
            if i == 2:
                _kill_readers(tables)


def _kill_readers(facts: dict[str, Any]) -> int:
    """KILL every connection of the test's database that is sending rows; how many there were."""
    with admin(facts, database=None) as cursor:
        cursor.execute(
            "select id from information_schema.processlist"
            " where db = %s and id <> connection_id() and command = 'Query'",
            (facts["database"],),
        )
        found = cursor.fetchall()
        for (number,) in found:
            cursor.execute(f"kill {number}")
    time.sleep(0.05)
    return len(found)


def test_a_reader_that_stops_early_leaves_no_connection(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("tickets")
    plan = connector.plan({})
    reader = connector.read(plan.splits[0], plan.schema)
    next(reader)
    reader.close()  # type: ignore[attr-defined]
    end = time.monotonic() + 5
    while (left := _kill_readers(tables)) and time.monotonic() < end:
        pass
    assert left == 0


def test_batches_are_bounded(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("tickets", split_rows=10**9)
    plan = connector.plan({})
    sizes = [batch.nbytes for batch in connector.read(plan.splits[0], plan.schema)]
    assert len(sizes) > 1
    assert max(sizes) <= BATCH_BYTES


def test_memory_is_flat(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("tickets", split_rows=10**9)
    plan = connector.plan({})
    seen: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            status = Path("/proc/self/status").read_text()
            seen.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)

    for _ in connector.read(plan.splits[0], plan.schema):  # allocators warm up
        pass
    thread = threading.Thread(target=watch)
    thread.start()
    for _ in range(4):
        for _ in connector.read(plan.splits[0], plan.schema):
            pass
    done.set()
    thread.join()
    assert max(seen) - min(seen) < 80


def test_splits_are_json(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    for table in KEYED:
        for split in source(table, split_rows=300).plan({}).splits:
            assert json.loads(json.dumps(split.spec)) == split.spec
