"""What goes wrong while rows come: right data or a clear error, never fewer rows in silence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.mysql import MySQL
from washplant.errors import SourceDataError, SourceError, SourceSchemaError, SourceUnreachable
from washplant.secret import EnvValue

from .conftest import admin, rows_of
from .proxy import proxy

pytestmark = pytest.mark.services


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mysql.read._BATCH_ROWS", 500)
    monkeypatch.setattr("connectors.mysql.read._WIRE_BYTES", 100_000)
    monkeypatch.setattr("connectors.mysql.read._BACKOFF_S", 0.01)


def read(connector: MySQL, plan: Any) -> pa.Table:
    batches = [batch for split in plan.splits for batch in connector.read(split, plan.schema)]
    return pa.Table.from_batches(batches, plan.schema).combine_chunks()


@pytest.fixture
def undisturbed(tables: dict[str, Any], source: Callable[..., MySQL]) -> pa.Table:
    connector = source("tickets")
    return read(connector, connector.plan({}))


@pytest.mark.parametrize("after", [6_000, 20_000, 100_001, 1_000_000])
def test_a_connection_cut_after_n_bytes(
    tables: dict[str, Any], source: Callable[..., MySQL], undisturbed: pa.Table, small_steps: None, after: int
) -> None:
    # timeouts mid-stream: PyMySQL#1032
    connector = source("tickets")
    plan = connector.plan({})
    with proxy(tables["host"], tables["port"], after, after + 7, after * 3) as between:
        through = source("tickets", port=between.port)
        assert read(through, plan).equals(undisturbed)
        assert between.connections >= 4


@pytest.mark.parametrize("after", [0, 40, 2000])
def test_a_connection_that_is_always_cut_is_an_error(
    tables: dict[str, Any], source: Callable[..., MySQL], small_steps: None, after: int
) -> None:
    plan = source("tickets").plan({})
    with proxy(tables["host"], tables["port"], *[after] * 99) as between:
        through = source("tickets", port=between.port)
        with pytest.raises(SourceUnreachable, match="connection failed") as failure:
            read(through, plan)
        assert "again" in failure.value.next_step
        assert between.connections == 5
        assert not through.check()[0].ok


def test_a_connection_that_stalls(
    tables: dict[str, Any], source: Callable[..., MySQL], undisturbed: pa.Table, small_steps: None
) -> None:
    # A proxy that stalls for longer than `read_timeout_s`.
    connector = source("tickets")
    plan = connector.plan({})
    with proxy(tables["host"], tables["port"], 500_000, hold_s=60) as between:
        started = time.monotonic()
        through = source("tickets", port=between.port, read_timeout_s=1)
        assert read(through, plan).equals(undisturbed)
        assert time.monotonic() - started < 50, "it waited for the stalled proxy"
        assert between.connections == 2


def test_a_slow_consumer_that_the_server_drops(
    tables: dict[str, Any],
    source: Callable[..., MySQL],
    undisturbed: pa.Table,
    small_steps: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # net_write_timeout: mysqljs#427
    monkeypatch.setattr("connectors.mysql.session.NET_WRITE_TIMEOUT_S", 1)
    connector = source("tickets")
    plan = connector.plan({})
    batches = []
    for i, batch in enumerate(connector.read(plan.splits[0], plan.schema)):
        batches.append(batch)
        if i == 1:
            time.sleep(4)
    assert pa.Table.from_batches(batches, plan.schema).combine_chunks().equals(undisturbed)
    assert "attempt 2 of 5" in caplog.text


def test_the_server_waits_an_hour_for_a_slow_consumer(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    rows = rows_of(source(None, query="select @@net_write_timeout as t"))
    assert rows == [{"t": 3600}]


@pytest.fixture
def going(sql: Callable[[str], Any]) -> Iterator[str]:
    sql("create or replace table going (id int primary key, v varchar(20), gone int)")
    sql("insert into going select seq, concat('v', seq), seq from seq_1_to_2000")
    sql("analyze table going")
    yield "going"
    sql("drop table if exists going")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("drop table going", "going"),
        ("alter table going drop column gone", "gone"),
        ("alter table going rename column v to w", "'v'"),
        ("truncate table going", "altered, truncated"),
        ("create or replace table going (id int primary key, v varchar(20), gone int)", "altered, truncated"),
        ("alter table going modify gone bigint unsigned", "altered, truncated"),
        ("alter table going modify v int", r"v|altered"),
        ("alter table going add column extra int", "altered, truncated"),
    ],
)
def test_a_table_dropped_or_altered_between_two_splits(
    going: str, sql: Callable[[str], Any], source: Callable[..., MySQL], statement: str, said: str
) -> None:
    connector = source(going, split_rows=300)
    plan = connector.plan({})
    assert len(plan.splits) > 3
    assert sum(batch.num_rows for batch in connector.read(plan.splits[0], plan.schema)) > 0
    time.sleep(1)  # information_schema counts in seconds
    if "modify v int" in statement:
        sql("update going set v = id")
    sql(statement)
    with pytest.raises((SourceSchemaError, SourceDataError), match=said) as failure:
        for split in plan.splits[1:]:
            list(connector.read(split, plan.schema))
    assert failure.value.next_step


def test_rows_that_come_and_go_are_no_error(going: str, sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    connector = source(going, split_rows=300)
    plan = connector.plan({})
    sql("delete from going where id > 1990")
    sql("insert into going values (5000, 'new', 1)")
    sql("analyze table going")
    assert read(connector, plan).num_rows == 1991


def test_no_privilege_on_one_column(
    tables: dict[str, Any], sql: Callable[[str], Any], source: Callable[..., MySQL], mariadb: dict[str, Any]
) -> None:
    database, user = mariadb["database"], f"u_{mariadb['database'][-8:]}"
    sql("create or replace table guarded (id int primary key, open_ text, secret_ text)")
    sql("insert into guarded values (1, 'o', 's')")
    root(mariadb, f"create user if not exists '{user}'@'%' identified by 'pw-cols'")
    root(mariadb, f"grant select (id, open_) on {database}.guarded to '{user}'@'%'")
    try:
        options = {"user": user, "password": EnvValue("pw-cols")}
        everything = source("guarded", **options)
        with pytest.raises(SourceUnreachable, match="refused") as failure:
            everything.plan({})  # information_schema shows this user two columns: not a table with fewer, in silence
        assert "`columns`" in failure.value.next_step
        finding = everything.check()[-1]
        assert not finding.ok
        assert "`columns`" in finding.next_step
        assert rows_of(source("guarded", columns=("id", "open_"), **options)) == [{"id": 1, "open_": "o"}]
        with pytest.raises(SourceSchemaError, match="secret_"):
            rows_of(source("guarded", columns=("id", "secret_"), **options))
        with pytest.raises(SourceError, match="secret_"):
            rows_of(source("guarded", columns=("id",), where="secret_ = 's'", **options))
    finally:
        root(mariadb, f"drop user '{user}'@'%'")


def root(facts: dict[str, Any], statement: str) -> None:
    from sandbox import MariaDB

    done = MariaDB()._sql(facts, statement)
    assert done.returncode == 0, done.stderr


def test_a_thousand_columns(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    columns = ", ".join(f"`列 {i}` int" for i in range(1000))
    sql(f"create or replace table many (id int primary key, {columns})")
    sql(f"insert into many select seq, {', '.join(f'seq * {i}' for i in range(1000))} from seq_1_to_300")
    connector = source("many", split_rows=100)
    plan = connector.plan({})
    found = read(connector, plan)
    assert (found.num_rows, found.num_columns) == (300, 1001)
    assert found["列 999"].to_pylist() == [i * 999 for i in range(1, 301)]


def test_cells_of_64_megabytes(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace table huge (id int primary key, body longtext, other longblob)")
    longest = 2**26 - 64  # max_allowed_packet bounds the row
    sql(f"insert into huge values (1, 'a', 'b'), (2, repeat('y', {longest}), null), (3, 'c', 'd')")
    connector = source("huge")
    plan = connector.plan({})
    batches = list(connector.read(plan.splits[0], plan.schema))
    assert [len(cell.as_py()) for batch in batches for cell in batch.column("body")] == [1, longest, 1]


def test_a_row_beyond_max_allowed_packet(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    half = 2**25 + 10
    sql("create or replace table overlong (id int primary key, a longtext, b longtext)")
    sql(f"insert into overlong values (1, 'a', 'b'), (2, repeat('y', {half}), repeat('z', {half})), (3, 'c', 'd')")
    assert [(len(row["a"]), len(row["b"])) for row in rows_of(source("overlong"))] == [(1, 1), (half, half), (1, 1)]


def test_zero_rows_everywhere(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    for options in ({}, {"snapshot": "single"}, {"where": "id < 0"}):
        connector = source("empty", **options)
        plan = connector.plan({})
        assert read(connector, plan).num_rows == 0
        assert all(finding.ok for finding in connector.check())


def test_a_database_with_quotes_spaces_and_chinese(mariadb: dict[str, Any], source: Callable[..., MySQL]) -> None:
    database = f"{mariadb['database']} 工单 it's `x`"
    quoted = database.replace("`", "``")
    with admin(mariadb, database=None) as cursor:
        cursor.execute(f"create database `{quoted}` character set utf8mb4")
        try:
            cursor.execute(f"create table `{quoted}`.`t 'a' 表` (`the key` int primary key)")
            cursor.execute(f"insert into `{quoted}`.`t 'a' 表` values (1), (2)")
            connector = source("t 'a' 表", database=database, split_rows=1)
            assert rows_of(connector) == [{"the key": 1}, {"the key": 2}]
            assert all(finding.ok for finding in connector.check())
        finally:
            cursor.execute(f"drop database `{quoted}`")
