"""`query:` reads what its SELECT gives, in parts when it has a key; `snapshot: single` is one moment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from connectors.mysql import MySQL
from connectors.mysql.options import MySQLOptions
from sandbox import seed
from washplant.config.source import WatermarkOptions
from washplant.errors import SourceDataError, SourceSchemaError, SourceUnreachable
from washplant.secret import EnvValue

from .conftest import admin, rows_of

pytestmark = pytest.mark.services

GROUPED = "select n % 1000 as bucket, count(*) as many, max(v) as sample from int_key group by n % 1000;"


def _query(source: Callable[..., MySQL], query: str, **options: Any) -> MySQL:
    return source(None, query=query, **options)


def test_a_join_and_a_comment_at_the_end(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    query = "-- two tables\nselect a.id, b.v as w from int_key a join string_key b on a.n = b.n where a.n <= 10 -- ten"
    rows = rows_of(_query(source, query))
    assert len(rows) == 10
    assert list(rows[0]) == ["id", "w"]


def test_without_a_key_it_is_one_stream(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    plan = _query(source, GROUPED).plan({})
    assert len(plan.splits) == 1
    assert "query in one stream" in plan.splits[0].describe
    assert len(rows_of(_query(source, GROUPED))) == 1000


@pytest.mark.parametrize(
    ("query", "key", "rows"),
    [
        (GROUPED, ("bucket",), 1000),
        ("select * from string_key", ("id",), 5000),
        ("select * from binary_key", ("id",), 5000),
        ("select tenant, code, n from composite_key", ("tenant", "code"), 5000),
        ("select id, n from time_key where n > 10", ("id",), 4990),
        ("select id from empty", ("id",), 0),
    ],
)
def test_with_a_key_parts_are_even_and_hold_every_row_once(
    tables: dict[str, Any], source: Callable[..., MySQL], query: str, key: tuple[str, ...], rows: int
) -> None:
    connector = _query(source, query, key=key, split_rows=300)
    plan = connector.plan({})
    parts = [[row for b in connector.read(s, plan.schema) for row in b.to_pylist()] for s in plan.splits]
    assert sum(map(len, parts)) == rows
    assert len({tuple(row[column] for column in key) for part in parts for row in part}) == rows
    assert len(parts) == max(1, -(-rows // 300))
    assert max(map(len, parts)) <= 300
    assert plan.rows_estimate == rows


@pytest.mark.parametrize("query", ["select n % 7 as k from int_key", "select nullif(n, 5) as k from int_key"])
def test_a_key_that_is_none_is_an_error(tables: dict[str, Any], source: Callable[..., MySQL], query: str) -> None:
    with pytest.raises(SourceDataError, match="different values of k") as failure:
        _query(source, query, key=("k",), split_rows=300).plan({})
    assert "one stream" in failure.value.next_step


def test_the_torture_table_through_a_query_is_the_same(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    def table_of(connector: MySQL) -> pa.Table:
        plan = connector.plan({})
        batches = [batch for split in plan.splits for batch in connector.read(split, plan.schema)]
        return pa.Table.from_batches(batches, plan.schema)

    direct = table_of(source("torture"))
    through = table_of(_query(source, "select * from torture", key="id"))
    assert through.schema == direct.schema
    assert through.equals(direct)


def test_types_of_expressions(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    query = (
        "select 1 as one, 1.50 as exact, 1e0 as rough, 'x' as words, now() as at, null as nothing,"
        " cast(18446744073709551615 as unsigned) as most, x'00ff' as raw, sum(n) as total from int_key"
    )
    (row,) = rows_of(_query(source, query))
    assert (row["one"], row["exact"], row["words"], row["nothing"]) == (1, Decimal("1.50"), "x", None)
    assert (row["most"], row["raw"], row["total"]) == (2**64 - 1, b"\x00\xff", 12502500)


def test_incremental_and_where(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    for statement in seed.watermark("wmq"):
        sql(statement)
    mark = WatermarkOptions(column="updated_at")
    connector = _query(source, "select * from wmq where id < 1003", key="id", watermark=mark, where="id <> 1001")
    until = dict(connector.plan({}).until)
    assert until == {"column": "updated_at", "value": "2025-01-01 00:01:40.000100"}
    assert sorted(row["id"] for row in rows_of(connector)) == [*range(1, 1001), 1002]
    assert sorted(row["id"] for row in rows_of(connector, until)) == [1000, 1002]


def test_check_discover_and_plan_of_a_query(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = _query(source, GROUPED, key="bucket")
    findings = connector.check()
    assert all(finding.ok for finding in findings)
    assert any("3 columns" in finding.what for finding in findings)
    assert any("by bucket" in finding.what for finding in findings)
    first = connector.discover()[0]
    assert (first.name, first.key, [column.name for column in first.columns]) == (
        "query", ("bucket",), ["bucket", "many", "sample"],
    )  # fmt: skip
    assert "group by n % 1000\n) as `query`" in connector.plan({}).statements[-1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select nope from int_key", "nope"),
        ("select * from nowhere", "nowhere"),
        ("select id, id from int_key", "Duplicate column"),
        ("select id from int_key) as x; drop table int_key; -- ", "did not take the query"),
    ],
)
def test_a_wrong_query(tables: dict[str, Any], source: Callable[..., MySQL], query: str, said: str) -> None:
    with pytest.raises(SourceSchemaError, match=said) as failure:
        rows_of(_query(source, query))
    assert "`query`" in failure.value.next_step


def test_a_key_that_is_not_in_the_query(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    with pytest.raises(SourceSchemaError, match="'idd'") as failure:
        _query(source, "select id from int_key", key="idd").plan({})
    assert "'id'" in failure.value.next_step or "id" in failure.value.next_step


@pytest.mark.parametrize(
    "options", [{}, {"table": "t", "query": "select 1"}, {"query": "delete from t"}, {"query": "show tables"}, {"query": ""}]
)
def test_a_table_or_one_select(options: dict[str, Any]) -> None:
    given = {"kind": "mysql", "host": "h", "user": "u", "password": EnvValue("p"), "database": "d"}
    with pytest.raises(ValidationError, match="`query`"):
        MySQLOptions(**given, **options)
    with pytest.raises(ValidationError, match="watermark"):
        MySQLOptions(**given, table="t", watermark={"columns": ["a"]})


def test_a_single_snapshot_is_one_split_of_one_moment(
    sql: Callable[[str], Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mysql.read._BATCH_ROWS", 100)
    sql("create or replace table moving (id int primary key, updated_at datetime, v int, key (updated_at))")
    sql("insert into moving select seq, '2025-01-01' + interval seq second, 0 from seq_1_to_5000")
    connector = source("moving", split_rows=100, snapshot="single", watermark=WatermarkOptions(column="updated_at"))
    plan = connector.plan({})
    assert len(plan.splits) == len(connector.plan(plan.until).splits) == 1
    assert any("consistent snapshot" in statement for statement in plan.statements)
    seen = []
    for batch in connector.read(plan.splits[0], plan.schema):
        if not seen:
            sql("update moving set v = 1")
            sql("delete from moving where id > 4000")
        seen += batch.column("v").to_pylist()
    assert seen == [0] * 5000


def test_a_single_snapshot_is_not_continued_on_another_connection(
    tables: dict[str, Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mysql.read._WIRE_BYTES", 10_000)
    monkeypatch.setattr("connectors.mysql.wire._PIECE", 4096)
    connector = source("tickets", snapshot="single")
    plan = connector.plan({})
    with pytest.raises(SourceUnreachable, match=r"connection failed"):
        for i, _ in enumerate(connector.read(plan.splits[0], plan.schema)):
            if i == 2:
                with admin(tables, database=None) as cursor:
                    cursor.execute(
                        "select id from information_schema.processlist where info like 'select%tickets%'"
                        " and id <> connection_id()"
                    )
                    for (number,) in cursor.fetchall():
                        cursor.execute(f"kill {number}")
