"""`reconcile` against real servers: deleted and missed rows are found by their keys, and a live table costs no full read."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import happybase
import pytest
from pyspark.sql import SparkSession

from pipelines import raw
from pipelines.ingest import ingest
from pipelines.project import Project, open_project
from pipelines.reconcile import reconcile
from washplant.errors import SourceError

from .conftest import admin

pytestmark = [pytest.mark.services, pytest.mark.spark]


@dataclass
class Live:
    """A project over a table of the rows 0…99, and how to change it."""

    project: Project
    delete: Callable[[int], None]
    put: Callable[[int, bool], None]
    """Row by number; `late`: with a time long before the last read, as a backfill writes it."""


def _project(folder: Path, source: str) -> Project:
    (folder / "washplant.yaml").write_text(
        f"name: live\nsources:\n  t: {{key: k, {source}}}\nmap: {{qa: {{from: t, instruction: '{{v}}', output: '{{v}}'}}}}\n",
        encoding="utf-8",
    )
    return open_project(folder / "washplant.yaml")


@pytest.fixture
def mysql(mariadb: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("LIVE_PASSWORD", mariadb["users"]["etl"])
    with admin(mariadb) as cursor:
        cursor.execute("create or replace table live (k int primary key, v text, at datetime(6), key (at))")

        def put(number: int, late: bool = False) -> None:
            when = "'2020-01-01'" if late else "now(6)"
            cursor.execute(f"insert into live values ({number}, 'v{number}', {when})")

        for i in range(100):
            put(i)
        source = (
            f"kind: mysql, host: {mariadb['host']}, port: {mariadb['port']}, user: etl, password: '${{env:LIVE_PASSWORD}}',"
            f" database: {mariadb['database']}, table: live, watermark: {{column: at}}"
        )
        yield Live(_project(tmp_path, source), lambda i: cursor.execute(f"delete from live where k = {i}"), put)


@pytest.fixture
def hbase_table(hbase: dict[str, Any], tmp_path: Path) -> Iterator[Live]:
    name = f"live{os.getpid()}"
    with closing(happybase.Connection(hbase["host"], hbase["port"], timeout=30_000)) as connection:
        connection.create_table(name, {"cf": {}})
        table = connection.table(name)

        def put(number: int, late: bool = False) -> None:
            at = {"timestamp": 1_577_836_800_000} if late else {}
            table.put(b"%03d" % number, {b"cf:v": b"v%d" % number}, **at)

        for i in range(100):
            put(i)
        source = (
            f"kind: hbase, thrift: '{hbase['host']}:{hbase['port']}', table: {name}, row_key: k, cells: {{v: 'cf:v'}},"
            " timestamp: at, watermark: {column: at}"
        )
        yield Live(_project(tmp_path, source), lambda i: table.delete(b"%03d" % i), put)
        connection.delete_table(name, disable=True)


@pytest.fixture
def hive_table(spark: SparkSession, tmp_path: Path) -> Live:
    """A table of the embedded metastore, written anew with every change, as a warehouse's jobs do."""
    spark.sql("create database if not exists live")
    rows: dict[int, datetime.datetime] = {}

    def write() -> None:
        data = [(number, f"v{number}", at) for number, at in rows.items()]
        spark.createDataFrame(data, "k int, v string, at timestamp_ntz").write.mode("overwrite").saveAsTable("live.t")

    def put(number: int, late: bool = False) -> None:
        rows[number] = datetime.datetime(2020, 1, 1) if late else datetime.datetime(2025, 1, 1, 0, 0, len(rows) % 60, number)
        write()

    def delete(number: int) -> None:
        del rows[number]
        write()

    rows.update({i: datetime.datetime(2024, 12, 31, 0, i // 60, i % 60) for i in range(100)})
    write()
    return Live(_project(tmp_path, "kind: hive, table: live.t, watermark: {column: at}"), delete, put)


@pytest.mark.parametrize("kind", ["mysql", "hbase_table", "hive_table"])
def test_reconcile_finds_what_watermarks_cannot(
    kind: str,
    request: pytest.FixtureRequest,
    spark: Any,
) -> None:
    live: Live = request.getfixturevalue(kind)
    assert ingest(live.project, "t").rows_new == 100
    for number in (3, 4):
        live.delete(number)
    live.put(100, False)
    live.put(101, True)
    assert ingest(live.project, "t").rows_new == 1  # the deletes and the late row leave no mark
    with pytest.raises(SourceError, match="2 of 101"):
        reconcile(live.project, "t", max_deleted=0.01)
    done = reconcile(live.project, "t")
    assert (done.deleted, done.missed) == (2, 1)
    current = raw.current(live.project, "t")
    assert current is not None
    kept = {row["_key"] for row in current.where("_op = 'upsert'").select("_key").collect()}
    assert len(kept) == 100
    again = reconcile(live.project, "t")
    assert (again.deleted, again.missed) == (0, 0)


def test_rows_that_came_since_the_last_run_are_not_read_in_full(mysql: Live, spark: Any) -> None:
    ingest(mysql.project, "t")
    mysql.put(100, False)
    assert reconcile(mysql.project, "t").missed == 1
    (first, second) = mysql.project.manifests("raw", "t")
    assert second.counts.rows_in < first.counts.rows_in
