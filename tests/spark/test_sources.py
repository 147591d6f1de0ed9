"""Sources on Spark: an embedded Hive table by watermark, MySQL-like deletes without a trace, quick looks."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from pipelines import raw
from pipelines.curate import curate
from pipelines.gc import collect
from pipelines.ingest import ingest, plan
from pipelines.project import open_project
from pipelines.reconcile import reconcile
from pipelines.show import describe_history, history
from pipelines.status import describe_status, read_status
from tests.spark.conftest import Nights, row
from washplant.errors import ConfigError, SourceError, SourceSchemaError

pytestmark = pytest.mark.spark

HIVE = """
name: hive
sources:
  t: {kind: hive, table: crm.tickets, key: id, watermark: {column: updated_at}, deleted: {column: gone}}
map: {qa: {from: t, instruction: "{q}", output: "{a}"}}
"""


def _table(spark: SparkSession, rows: list[tuple[int, str | None, bool]]) -> None:
    spark.sql("create database if not exists crm")
    data = [
        (number, f"第{number}个问题是什么", "请到营业厅办理。", at and datetime.datetime.fromisoformat(at), gone)
        for number, at, gone in rows
    ]
    frame = spark.createDataFrame(data, "id bigint, q string, a string, updated_at timestamp_ntz, gone boolean")
    frame.write.mode("overwrite").saveAsTable("crm.tickets")


def test_hive_by_watermark_with_ties_nulls_and_tombstones(spark: SparkSession, tmp_path: Path) -> None:
    """airbyte#14404: rows whose watermark is NULL are read; dlt#2269: rows that share the last timestamp are not lost."""
    (tmp_path / "washplant.yaml").write_text(HIVE, encoding="utf-8")
    project = open_project(tmp_path / "washplant.yaml")
    first = [(1, "2025-03-01", False), (2, "2025-03-02 12:00:00.000001", False), (3, None, False)]
    _table(spark, first)
    assert ingest(project, "t").rows_new == 3
    again = ingest(project, "t")
    assert (again.run, again.rows_new) == (None, 0)
    _table(spark, [*first, (4, "2025-03-02 12:00:00.000001", False), (5, None, False)])
    late = ingest(project, "t")
    assert (late.rows_new, late.rows_deleted) == (2, 0)
    _table(spark, [*first[1:], (1, "2025-03-03", True), (6, "2025-03-03", True)])
    gone = ingest(project, "t")
    assert (gone.rows_new, gone.rows_deleted) == (0, 1), "a tombstone of a row never seen tells nothing"
    assert str(project.ledger.watermark("t")["value"]).startswith("2025-03-03")
    read = plan(project, "t")
    assert read.spark_sql is not None and "updated_at" in read.spark_sql
    with pytest.raises(SourceSchemaError, match="tickts"):
        (tmp_path / "washplant.yaml").write_text(HIVE.replace("crm.tickets", "crm.tickts"), encoding="utf-8")
        ingest(open_project(tmp_path / "washplant.yaml"), "t")


def test_reconcile_finds_deletes_and_misses(nights: Callable[..., Nights]) -> None:
    p = nights()
    p.put("r", *[row(n, f"第{n}个问题是什么", f"第{n}个回答在这里。") for n in range(10)])
    p.feed()
    for number in ("0", "1", "2"):
        del p.rows["r"][number]
    p.put("r", row(10, "新问题", "新的回答在这里。"))
    project = p.project
    with pytest.raises(SourceError, match="3 of 10"):
        reconcile(project, "r", max_deleted=0.2)
    assert vars(reconcile(project, "r", max_deleted=0.5, dry_run=True)) == {"deleted": 3, "missed": 1, "skipped": ""}
    done = reconcile(project, "r", max_deleted=0.5)
    assert (done.deleted, done.missed) == (3, 1)
    current = raw.current(project, "r")
    assert current is not None
    assert {r["_op"]: r["count"] for r in current.groupBy("_op").count().collect()} == {"upsert": 8, "delete": 3}
    curate(project)
    state = p.state()
    assert [state[str(n)]["status"] for n in (0, 1, 2, 3, 10)] == ["gone", "gone", "gone", "kept", "kept"]


def test_a_look_changes_nothing_and_commands_that_read_start_no_spark(nights: Callable[..., Nights]) -> None:
    p = nights()
    p.put("r", *[row(n, f"第{n}个问题是什么", f"第{n}个回答在这里。") for n in range(5)])
    p.feed()
    p.export()
    look = open_project(p.folder / "washplant.yaml", limit=2)
    assert ingest(look, "r").rows_read == 2
    project = p.project
    assert len(project.manifests("raw", "r")) == 1
    entry = p.state()["3"]
    found = history(project, entry["id"][:12])
    assert found["key"] == '["3"]' and found["raw_reads"] == [{"run": "raw/r/000001", "op": "upsert"}]
    assert found["versions"] == [{"dataset": "qa", "number": 1, "split": entry["split"]}]
    assert entry["id"] in describe_history(found) and "qa@1" in describe_history(found)
    with pytest.raises(ConfigError, match="no samples begin with"):
        history(project, "zz")
    status = read_status(project)
    assert status["funnel"]["qa"]["kept"] == 5 and "qa@1" in describe_status(status)

    # What no manifest lists is garbage; what one lists is not.
    orphan = project.store.local / "raw" / "r" / "000002" / "attempt-dead"  # type: ignore[operator]
    orphan.mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), orphan / "part.parquet")
    assert collect(project, dry_run=True) == ["raw/r/000002"]
    assert collect(project) == ["raw/r/000002"] and collect(project) == []
    with project.writing():
        assert project.ledger.rebuild(project.store) == 3
    assert p.feed().run is None
