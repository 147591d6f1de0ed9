"""Incremental reads while others write: transactions that commit late, timestamps that are shared, updates. Nothing is lost
within `lag_s` (airbyte#85918, #76309, #14404; dlt#2269)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.mysql import MySQL
from washplant.config.source import WatermarkOptions

from .conftest import admin, rows_of

pytestmark = pytest.mark.services

LAG_S, LONGEST_S, RUN_S = 3, 1.2, 6


def _write(facts: dict[str, Any], number: int, done: threading.Event, failed: list[BaseException]) -> None:
    """Transactions of a few rows, stamped when they are written and committed up to `LONGEST_S` later."""
    dice = random.Random(number)
    try:
        with admin(facts) as cursor:
            next_id = number * 1_000_000
            while not done.is_set():
                cursor.execute("start transaction")
                for _ in range(dice.randint(1, 5)):
                    # Half of them stamped to the second: many rows share one timestamp.
                    stamp = dice.choice(("now(6)", "cast(now() as datetime)"))
                    next_id += 1
                    cursor.execute(f"insert into busy values ({next_id}, {stamp}, 1)")
                    changed = dice.randint(number * 1_000_000 + 1, next_id)
                    cursor.execute(f"update busy set version = version + 1, updated_at = {stamp} where id = {changed}")
                time.sleep(dice.random() ** 3 * LONGEST_S)
                cursor.execute("commit")
    except BaseException as error:
        failed.append(error)


@pytest.mark.parametrize("indexed", [True, False])
def test_no_row_is_lost_within_the_lag(
    sql: Callable[[str], Any], mariadb: dict[str, Any], source: Callable[..., MySQL], indexed: bool
) -> None:
    key = ", key (updated_at)" if indexed else ""
    sql(f"create or replace table busy (id int primary key, updated_at datetime(6), version int{key})")
    sql("insert into busy values (1, '2025-01-01', 1)")
    connector = source("busy", watermark=WatermarkOptions(column="updated_at", lag_s=LAG_S), split_rows=50)
    done, failed = threading.Event(), []
    writers = [threading.Thread(target=_write, args=(mariadb, n, done, failed)) for n in range(1, 5)]
    for writer in writers:
        writer.start()
    held: dict[int, int] = {}
    since: dict[str, Any] = {}
    late = runs = read = 0
    stop = time.monotonic() + RUN_S
    while True:
        writing = time.monotonic() < stop
        if not writing:
            done.set()
            for writer in writers:
                writer.join()
        plan = connector.plan(since)
        for split in plan.splits:
            for batch in connector.read(split, plan.schema):
                for row in batch.to_pylist():
                    read += 1
                    new = held.get(row["id"], 0) < row["version"]
                    late += bool(since) and new and str(row["updated_at"]) < since["value"]
                    held[row["id"]] = max(held.get(row["id"], 0), row["version"])
        since, runs = dict(plan.until), runs + 1
        if not writing:
            break
    assert not failed
    expected = {row["id"]: row["version"] for row in rows_of(source("busy"))}
    assert held == expected
    assert late > 5, "the writers were never late: the test shows nothing"
    assert runs > 5


def test_an_open_transaction_with_an_older_stamp(
    sql: Callable[[str], Any], mariadb: dict[str, Any], source: Callable[..., MySQL]
) -> None:
    sql("create or replace table open_ (id int primary key, updated_at datetime(6), key (updated_at))")
    sql("insert into open_ values (1, '2025-01-01 00:00:00')")
    mark = {lag: WatermarkOptions(column="updated_at", lag_s=lag) for lag in (0, 60)}
    with admin(mariadb) as late:
        late.execute("start transaction")
        late.execute("insert into open_ values (2, '2025-01-01 00:00:30')")
        sql("insert into open_ values (3, '2025-01-01 00:01:00'), (4, '2025-01-01 00:01:00')")
        until = dict(source("open_", watermark=mark[60]).plan({}).until)
        late.execute("commit")
    assert [row["id"] for row in rows_of(source("open_", watermark=mark[0]), until)] == [3, 4]  # what `lag_s` is for
    assert sorted(row["id"] for row in rows_of(source("open_", watermark=mark[60]), until)) == [1, 2, 3, 4]
