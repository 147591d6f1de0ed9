"""What a second night reads of a Hive table, in both modes: by column, partition, daily copy and 拉链表."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hive import Hive, HiveOptions
from pipelines.catalog import SparkCatalog
from sandbox import seed_hive
from tests.services.warehouse import Warehouse
from washplant.errors import SourceSchemaError


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("metastore", marks=pytest.mark.spark),
        pytest.param("hiveserver2", marks=pytest.mark.services),
    ],
)
def warehouse(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    """The same SQL makes the tables in both."""
    if request.param == "hiveserver2":
        yield request.getfixturevalue("served")
        return
    spark = request.getfixturevalue("spark")
    database = f"test_{secrets.token_hex(4)}"

    def make(table: str, **given: Any) -> Hive:
        options = {"kind": "hive", "table": f"{database}.{table}"} | given
        return Hive("dw", HiveOptions.model_validate(options), SparkCatalog(spark))

    spark.sql(f"create database {database}")
    spark.sql(f"use {database}")
    spark.conf.set("hive.exec.dynamic.partition.mode", "nonstrict")
    yield Warehouse(database, spark.sql, make)
    spark.sql("use default")
    spark.sql(f"drop database {database} cascade")


def night(warehouse: Warehouse, connector: Hive, since: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of a run and its position as the ledger gives it back."""
    plan = connector.plan(since)
    until = json.loads(json.dumps(dict(plan.until)))
    return sorted(warehouse.rows_of(connector, plan), key=lambda row: row["id"]), until


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_new_and_rewritten_partitions_and_the_default_one(warehouse: Warehouse) -> None:
    """Text tables, where Hive shows the default partition as the text `__HIVE_DEFAULT_PARTITION__`."""
    warehouse.run("create table days (id int, v string) partitioned by (dt string) stored as textfile")
    for day, number in (("2025-01-01", 1), ("2025-01-02", 2), ("__HIVE_DEFAULT_PARTITION__", 9)):
        warehouse.run(f"insert into days partition (dt='{day}') values ({number}, 'a')")
    connector = warehouse.make("days", key=("id",), incremental={"by": "partition", "column": "dt", "recheck": 2})
    rows, first = night(warehouse, connector, {})
    assert [(row["id"], row["dt"]) for row in rows] == [(1, "2025-01-01"), (2, "2025-01-02"), (9, None)]
    rows, again = night(warehouse, connector, first)
    assert (ids(rows), again) == ([9], first), "rows without a value are read on every run"
    warehouse.run("insert overwrite table days partition (dt='2025-01-02') values (2, 'changed'), (3, 'b')")
    warehouse.run("insert into days partition (dt='2025-01-03') values (4, 'new')")
    rows, third = night(warehouse, connector, first)
    assert [(row["id"], row["v"]) for row in rows] == [(2, "changed"), (3, "b"), (4, "new"), (9, "a")]
    assert third["value"] == "2025-01-03" and sorted(third["seen"]) == ["2025-01-02", "2025-01-03"]
    warehouse.run("alter table days drop partition (dt='__HIVE_DEFAULT_PARTITION__')")
    assert night(warehouse, connector, third) == ([], third)


def test_partitions_of_dates_under_other_partitions(warehouse: Warehouse) -> None:
    """Every city of a day counts; a day is compared as a date (hudi#19652)."""
    warehouse.put(seed_hive.partitioned("cities", rows=60))
    connector = warehouse.make("cities", incremental={"by": "partition", "column": "dt"})
    rows, first = night(warehouse, connector, {})
    assert ids(rows) == list(range(1, 61))
    warehouse.run("insert into cities partition (dt='2025-01-02', city='新') values (61, 'x')")
    rows, second = night(warehouse, connector, first)
    assert ids(rows) == sorted([61, *(i for i in range(1, 61) if i % 10 == 0 or i % 3 == 1)])
    assert second["value"] == first["value"] == "2025-01-03" and second["seen"] != first["seen"]


def test_by_column_with_nulls_ties_and_lag(warehouse: Warehouse) -> None:
    """airbyte#14404 (NULL cursors), dlt#2269 (ties), in a text partition whose default sorts above every date."""
    warehouse.run("create table marked (id int, at timestamp) partitioned by (dt string) stored as orc")
    warehouse.run(
        "insert into marked partition (dt='a') values (1, timestamp '2025-01-01 10:00:00'),"
        " (2, timestamp '2025-01-01 12:00:00.000001'), (3, null)"
    )
    connector = warehouse.make("marked", watermark={"column": "at", "lag_s": 3600})
    rows, first = night(warehouse, connector, {})
    assert ids(rows) == [1, 2, 3]
    warehouse.run(
        "insert into marked partition (dt='b') values (4, timestamp '2025-01-01 12:00:00.000001'),"
        " (5, timestamp '2025-01-01 11:30:00'), (6, timestamp '2025-01-02 00:00:00')"
    )
    rows, second = night(warehouse, connector, first)
    assert ids(rows) == [2, 3, 4, 5, 6]
    rows, third = night(warehouse, connector, second)
    assert (ids(rows), third) == ([3, 6], second)


def test_a_text_watermark_is_not_the_name_of_the_default_partition(warehouse: Warehouse) -> None:
    warehouse.run("create table texts (id int) partitioned by (dt string) stored as textfile")
    warehouse.run("insert into texts partition (dt='2025-01-01') values (1)")
    warehouse.run("insert into texts partition (dt='__HIVE_DEFAULT_PARTITION__') values (2)")
    connector = warehouse.make("texts", watermark={"column": "dt"})
    rows, first = night(warehouse, connector, {})
    assert (ids(rows), first["value"]) == ([1, 2], "2025-01-01")
    warehouse.run("insert into texts partition (dt='2025-01-02') values (3)")
    rows, second = night(warehouse, connector, first)
    assert (ids(rows), second["value"]) == ([1, 2, 3], "2025-01-02")


def test_daily_copies(warehouse: Warehouse) -> None:
    warehouse.put(seed_hive.snapshots())
    connector = warehouse.make("daily", key=("id",), incremental={"by": "snapshot", "column": "dt"})
    yesterday = warehouse.make("daily", key=("id",), where="dt = '2025-01-01'", columns=("id",))
    assert ids(night(warehouse, yesterday, {})[0]) == [1, 2, 3]
    rows, first = night(warehouse, connector, {})
    assert [(row["id"], row["v"], row["_deleted"]) for row in rows] == [
        (1, "one", False),
        (2, "二", False),
        (4, "four", False),
    ]
    assert rows[0]["tags"] == [("a", 1)] and "dt" not in rows[0]
    assert night(warehouse, connector, first) == ([], first)
    before = first | {"value": "2025-01-01", "seen": {}}
    rows, second = night(warehouse, connector, before)
    assert [(row["id"], row["v"], row["_deleted"]) for row in rows] == [
        (2, "二", False),
        (3, None, True),
        (4, "four", False),
    ], "only what differs, deletes as tombstones"
    assert second == first


def test_a_zipper_table(warehouse: Warehouse) -> None:
    """拉链表: the open rows; later those that began and the keys that were closed for good."""
    warehouse.put(seed_hive.zipper())
    connector = warehouse.make("zipper", key=("id",), incremental={"by": "zipper"})
    rows, first = night(warehouse, connector, {})
    assert [(row["id"], row["v"], row["_deleted"]) for row in rows] == [
        (1, "new", False),
        (3, "three", False),
        (4, "four", False),
    ]
    warehouse.run("create or replace view zipped as select * from zipper where id <> 3")
    warehouse.run(
        "insert into zipper values (3, 'three', '2025-01-01', '2025-01-02'), (5, 'five', '2025-01-03', '9999-12-31')"
    )
    without = "NOT (id = 3 AND end_date = '9999-12-31')"
    later = warehouse.make("zipper", key=("id",), where=without, incremental={"by": "zipper"})
    rows, second = night(warehouse, later, first | {"value": "2025-01-02"})
    assert [(row["id"], row["v"], row["_deleted"]) for row in rows] == [
        (1, "new", False),
        (2, "two", True),
        (3, "three", True),
        (4, "four", False),
        (5, "five", False),
    ]
    assert (second["value"], second["ended"]) == ("2025-01-03", "2025-01-02")


def test_a_view_has_no_partitions_of_its_own(warehouse: Warehouse) -> None:
    """Its SHOW PARTITIONS is empty: that must not pass for "nothing is new"."""
    warehouse.run("create table under (id int) partitioned by (dt string) stored as orc")
    warehouse.run("insert into under partition (dt='2025-01-01') values (1)")
    warehouse.run("create view above as select * from under")
    with pytest.raises(SourceSchemaError, match="not partitioned by 'dt'"):
        warehouse.make("above", incremental={"by": "partition", "column": "dt"}).plan({})
    by_column = warehouse.make("above", watermark={"column": "dt"})
    assert ids(night(warehouse, by_column, {})[0]) == [1]


def test_a_transactional_table_is_refused(warehouse: Warehouse) -> None:
    """qubole/spark-acid#112."""
    acid = "clustered by (id) into 2 buckets stored as orc tblproperties ('transactional' = 'true')"
    warehouse.run(f"create table acid_{warehouse.database} (id int) {acid}")
    with pytest.raises(SourceSchemaError, match="transactional") as caught:
        warehouse.make(f"acid_{warehouse.database}").plan({})
    assert "create external table" in caught.value.next_step
