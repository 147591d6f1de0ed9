"""A scheduler's intervals: in order, once, and again when asked."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from pyspark.sql import SparkSession

from pipelines.ingest import Interval, ingest
from pipelines.metrics import as_prometheus, read_metrics
from pipelines.project import Project, open_project

YAML = """\
name: intervals
sources: {faq: {kind: files, path: "*.jsonl", key: id}}
map: {qa: {from: faq, instruction: "{q}", output: "{a}"}}
"""


def night(day: int, *, force: bool = False) -> Interval:
    start = datetime.datetime(2026, 1, day, tzinfo=datetime.UTC)
    return Interval(start, start + datetime.timedelta(days=1), force)


def project_in(folder: Path) -> Project:
    (folder / "washplant.yaml").write_text(YAML, encoding="utf-8")
    add(folder, 1)
    return open_project(folder / "washplant.yaml")


def add(folder: Path, number: int) -> None:
    row = {"id": str(number), "q": f"第{number}个问题怎么办？", "a": f"请按第{number}号说明办理。"}
    (folder / f"{number}.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_committed_interval_is_not_read_again(spark: SparkSession, tmp_path: Path) -> None:
    del spark
    project = project_in(tmp_path)
    first = ingest(project, "faq", interval=night(1))
    assert first.run is not None
    assert first.run.facts["interval"] == {"since": "2026-01-01T00:00:00+00:00", "until": "2026-01-02T00:00:00+00:00"}
    add(tmp_path, 2)
    assert ingest(project, "faq", interval=night(1)).rows_read == 0
    second = ingest(project, "faq", interval=night(2))
    assert second.rows_new == 1
    assert ingest(project, "faq", interval=night(1)).run is None, "an earlier one is covered, too"


def test_force_reads_from_the_start_of_the_interval_and_moves_nothing_back(spark: SparkSession, tmp_path: Path) -> None:
    del spark
    project = project_in(tmp_path)
    ingest(project, "faq", interval=night(1))
    add(tmp_path, 2)
    ingest(project, "faq", interval=night(2))
    position = project.ledger.watermark("faq")
    again = ingest(project, "faq", interval=night(1, force=True))
    assert (again.rows_read, again.rows_new, again.run) == (2, 0, None)
    assert project.ledger.watermark("faq") == position


def test_metrics_are_what_prometheus_reads(spark: SparkSession, tmp_path: Path) -> None:
    del spark
    project = project_in(tmp_path)
    ingest(project, "faq", interval=night(1))
    found = read_metrics(project)
    lines = as_prometheus('a"b', found).splitlines()
    assert 'washplant_source_rows{project="a\\"b",source="faq"} 1' in lines
    assert found["sources"]["faq"]["last_commit"] > 1e9
    assert found["labels"]["agreement"] is None
    assert not [line for line in lines if "None" in line]
