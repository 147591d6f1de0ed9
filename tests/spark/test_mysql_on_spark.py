"""MySQL through the product: a project's ingest with several watermarks, and the data source with filters."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipelines.ingest import ingest
from pipelines.project import open_project
from pipelines.reconcile import reconcile
from pipelines.spark_source import register
from sandbox.mariadb import USERS
from tests.services.conftest import mariadb, sql

__all__ = ["mariadb", "sql"]

pytestmark = [pytest.mark.spark, pytest.mark.services]


PASSWORD = "WASHPLANT_TEST_MYSQL_PASSWORD"
os.environ[PASSWORD] = USERS["etl"]  # now: Spark's Python processes have the environment that the session began with


@pytest.fixture
def login(mariadb: dict[str, Any]) -> dict[str, str]:
    where = {name: str(mariadb[name]) for name in ("host", "port", "database")}
    return {**where, "user": "etl", "password": f"${{env:{PASSWORD}}}"}


def test_nights_with_two_watermarks_and_a_query(
    spark: SparkSession, login: dict[str, str], sql: Callable[[str], Any], tmp_path: Path
) -> None:
    sql("create or replace table nights (id int primary key, q text, created_at datetime, updated_at timestamp(6) null)")
    sql("insert into nights select seq, concat('问', seq), '2025-01-01' + interval seq minute, null from seq_1_to_500")
    access = ", ".join(f"{name}: '{value}'" if name != "port" else f"port: {value}" for name, value in login.items())
    mark = "watermark: {column: updated_at, also: created_at}"
    (tmp_path / "washplant.yaml").write_text(
        f"name: nights\nsources:\n  t: {{kind: mysql, {access}, table: nights, key: id, {mark}}}\n"
        f"  j: {{kind: mysql, {access}, query: 'select id, q from nights where id <= 100', key: id, split_rows: 30}}\n"
        "map: {m: {from: t, instruction: '{q}', output: x}, n: {from: j, instruction: '{q}', output: x}}\n",
        encoding="utf-8",
    )
    project = open_project(tmp_path / "washplant.yaml")
    first = ingest(project, "t")
    assert (first.rows_read, first.rows_new) == (500, 500)
    sql("insert into nights values (501, '新', '2025-01-02', null)")
    sql("update nights set q = '改', updated_at = '2025-01-03' where id = 7")
    second = ingest(project, "t")
    assert (second.rows_read, second.rows_new) == (3, 2)  # and the row at the old bound
    third = ingest(project, "t")
    assert (third.rows_read, third.rows_new) == (2, 0)
    assert ingest(project, "j").rows_new == 100
    sql("update nights set q = 'anders' where id = 8")
    assert (ingest(project, "j").rows_read, len(project.manifests("raw", "j"))) == (100, 2)
    sql("delete from nights where id in (1, 2)")
    assert (reconcile(project, "t").deleted, reconcile(project, "j").deleted) == (2, 2)


def test_filters_of_the_data_source(spark: SparkSession, login: dict[str, str], sql: Callable[[str], Any]) -> None:
    sql("create or replace table pushed (id bigint unsigned primary key, name varchar(9), day date, price decimal(9,2))")
    sql(
        "insert into pushed select seq, elt(1 + seq % 3, 'ann', 'ANN', '中'), if(seq % 5, '2025-01-01' + interval seq day,"
        " '0000-00-00'), seq / 8 from seq_1_to_300"
    )
    register(spark)
    frame = spark.read.format("washplant.mysql").options(**login, table="pushed", split_rows="100").load()
    rows = [row.asDict() for row in frame.collect()]
    assert len(rows) == 300
    for condition, meets in (
        ("id = 7", lambda row: row["id"] == 7),
        ("id in (7, 8, 900)", lambda row: row["id"] in (7, 8)),
        ("id > 290 and name = 'ann'", lambda row: row["id"] > 290 and row["name"] == "ann"),
        ("name in ('中', 'x')", lambda row: row["name"] == "中"),
        ("name > 'B'", lambda row: row["name"] > "B"),
        ("day < date'2025-01-09'", lambda row: row["day"] and str(row["day"]) < "2025-01-09"),
        ("day is null", lambda row: row["day"] is None),
        ("price >= 37.25", lambda row: row["price"] >= 37.25),
    ):
        found = [row.asDict() for row in frame.where(condition).collect()]
        assert sorted(row["id"] for row in found) == [row["id"] for row in rows if meets(row)], condition
