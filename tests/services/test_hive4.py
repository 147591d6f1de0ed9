"""Apache Hive's own HiveServer2, which lays out descriptions, types and default partitions otherwise than Spark's."""

from __future__ import annotations

import datetime
import decimal

import pytest

from sandbox import seed_hive
from washplant.errors import SourceSchemaError

from .warehouse import Warehouse

pytestmark = [pytest.mark.services, pytest.mark.full]


@pytest.fixture(scope="module")
def tables(hive4: Warehouse) -> Warehouse:
    hive4.put(
        (
            "create table plain (id int, v string, d date, ts timestamp, amount decimal(10,2), f float, b binary, big bigint,"
            " flag boolean, dbl double) stored as orc",
            "insert into plain select 1, '中\"文', date '2025-01-02', timestamp '2025-01-02 03:04:05.123456', 1.50,"
            " cast(1.5 as float), cast('ab' as binary), 9223372036854775807, true, 0.1"
            " union all select 2, null, null, null, null, null, null, null, null, null",
            "create table nested (id int, l array<string>, m map<string,int>, s struct<a:int,b:string,c:array<double>>,"
            " mi map<int,string>) stored as orc",
            "insert into nested select 1, array('a','中\"'), map('k',1),"
            " named_struct('a',1,'b','x{y:1}','c',array(cast(1.5 as double))), map(1,'one')",
            "create table parts (id int, v string) partitioned by (dt string) stored as orc",
            "insert into parts partition (dt) select 1, 'a', '2025-01-01' union all select 2, 'b', '2025-01-02'"
            " union all select 3, 'c', null",
            "create view shown as select id, v from plain",
            "create table daily (id int, v string, tags map<string,int>) partitioned by (dt string) stored as orc",
            "insert into daily partition (dt='2025-01-01') select 1, 'one', map('a',1) union all select 2, 'two', map('b',2)"
            " union all select 3, 'gone', map('a',1) union all select 5, 'same', map('a',1)",
            "insert into daily partition (dt='2025-01-02') select 1, 'one', map('a',1) union all select 2, 'two', map('b',3)"
            " union all select 4, 'new', map('a',1) union all select 5, 'same', map('a',1)",
            *seed_hive.zipper(),
        )
    )
    return hive4


def test_check_discover_and_databases(tables: Warehouse) -> None:
    connector = tables.make("parts")
    findings = connector.check()
    assert all(finding.ok for finding in findings)
    assert "Hive answers" in findings[0].what and "partitioned by dt" in findings[1].what
    found = {table.name: [column.name for column in table.columns] for table in connector.discover()}
    assert found[f"{tables.database}.parts"] == ["id", "v", "dt"] and f"{tables.database}.shown" in found
    assert tables.database in connector.databases()


def test_every_type(tables: Warehouse) -> None:
    rows = {row["id"]: row for row in tables.rows(tables.make("plain"))}
    assert rows[1] == {
        "id": 1,
        "v": '中"文',
        "d": datetime.date(2025, 1, 2),
        "ts": datetime.datetime(2025, 1, 2, 3, 4, 5, 123456),
        "amount": decimal.Decimal("1.50"),
        "f": 1.5,
        "b": b"ab",
        "big": 9223372036854775807,
        "flag": True,
        "dbl": 0.1,
    }
    assert set(rows[2].values()) == {2, None}
    (nested,) = tables.rows(tables.make("nested"))
    assert (nested["l"], nested["m"], nested["mi"]) == (["a", '中"'], [("k", 1)], [(1, "one")])
    assert nested["s"] == {"a": 1, "b": "x{y:1}", "c": [1.5]}
    assert sorted(row["id"] for row in tables.rows(tables.make("shown"))) == [1, 2]


def test_parts_by_hash_hold_every_row_once(tables: Warehouse) -> None:
    connector = tables.make("daily", split_rows=2, key=("id",))
    assert len(connector.plan({}).splits) > 2
    assert sorted(row["id"] for row in tables.rows(connector)) == [1, 1, 2, 2, 3, 4, 5, 5]


def test_by_column(tables: Warehouse) -> None:
    connector = tables.make("plain", watermark={"column": "ts", "lag_s": 60})
    until = dict(connector.plan({}).until)
    assert until == {"column": "ts", "value": "2025-01-02 03:04:05.123456"}
    assert sorted(row["id"] for row in tables.rows(connector, until)) == [1, 2]
    later = {"column": "ts", "value": "2025-01-03 00:00:00"}
    assert [row["id"] for row in tables.rows(connector, later)] == [2]  # without a value: every time


def test_new_and_rewritten_partitions(tables: Warehouse) -> None:
    connector = tables.make("parts", incremental={"by": "partition", "column": "dt"})
    assert sorted((row["id"], row["dt"]) for row in tables.rows(connector) if row["dt"]) == [
        (1, "2025-01-01"),
        (2, "2025-01-02"),
    ]
    since = dict(connector.plan({}).until)
    assert [(row["id"], row["dt"]) for row in tables.rows(connector, since)] == [(3, None)]
    tables.run("insert overwrite table parts partition (dt='2025-01-02') select 2, 'rewritten'")
    assert sorted(row["v"] for row in tables.rows(connector, since)) == ["c", "rewritten"]


def test_daily_copies(tables: Warehouse) -> None:
    connector = tables.make("daily", incremental={"by": "snapshot", "column": "dt"}, key="id")
    changes = tables.rows(connector, {"column": "dt", "value": "2025-01-01", "seen": {}})
    assert {row["id"]: (row["tags"], row["_deleted"]) for row in changes} == {
        2: ([("b", 3)], False),
        3: ([("a", 1)], True),
        4: ([("a", 1)], False),
    }


def test_a_zipper_table(tables: Warehouse) -> None:
    connector = tables.make("zipper", incremental={"by": "zipper"}, key="id")
    assert sorted((row["id"], row["v"]) for row in tables.rows(connector)) == [(1, "new"), (3, "three"), (4, "four")]
    since = {"column": "start_date", "value": "2025-01-02", "ended": "2025-01-01"}
    changes = {row["id"]: row["_deleted"] for row in tables.rows(connector, since)}
    assert changes == {1: False, 4: False, 2: True}


def test_what_is_not_there(tables: Warehouse) -> None:
    with pytest.raises(SourceSchemaError, match="no such table") as caught:
        tables.make("plian").plan({})
    assert "plain" in caught.value.next_step
    with pytest.raises(SourceSchemaError, match="no column 'idd'"):
        tables.make("plain", columns=("idd",)).plan({})
