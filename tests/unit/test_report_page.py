"""The report of a store: collected without Spark, from manifests and Parquet files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.records import ANSWER_SCHEMA
from pipelines.curate import rules
from pipelines.labels import STORED_RESOLUTION, TASK_SCHEMA
from pipelines.project import Project, open_project
from pipelines.report import collect, write_report
from washplant import manifest as manifests
from washplant.manifest import VERSIONS, Counts, DataFile, Manifest
from washplant.report.data import Count, MaskedColumn, ReportData
from washplant.sample import SAMPLE_SCHEMA

YAML = """
name: water
sources: {tickets: {kind: files, path: tickets.csv, key: id}}
map: {qa: {from: tickets, instruction: "{q}", output: "{a}"}}
export: {qa: {format: alpaca}}
"""
_TEXT = ("view_hash", "status", "drop_step", "drop_reason", "kept_id", "rules")
ENTRY = pa.schema(
    [
        *SAMPLE_SCHEMA,
        ("changed_by", pa.list_(pa.string())),
        ("masked", pa.map_(pa.string(), pa.int32())),
        ("masked_in", pa.map_(pa.string(), pa.int32())),
        *((name, pa.string()) for name in _TEXT),
        ("similarity", pa.float64()),
        ("run", pa.int32()),
    ]
)
MASKED_IN = [("meta.remark.name", 1), ("messages.mobile", 2)]
PARTS = {"kept": "pool", "dropped": "rejects", "gone": "gone"}


@pytest.fixture(autouse=True)
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that starts Spark fails."""
    monkeypatch.setattr("pipelines.session.start", lambda *_, **__: pytest.fail("the report started Spark"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with an empty store."""
    (tmp_path / "washplant.yaml").write_text(YAML, encoding="utf-8")
    return open_project(tmp_path / "washplant.yaml")


def commit(project: Project, stage: str, name: str, number: int, tables: dict[str, pa.Table], **more: Any) -> None:
    """Write a run's tables and its manifest, as a stage does."""
    folder = manifests.run_path(stage, name, number)
    files = {}
    for part, table in tables.items():
        path = Path(project.store.full(f"{folder}/attempt-1/{part}/0.parquet"))
        path.parent.mkdir(parents=True)
        pq.write_table(table, path)
        files[part] = (DataFile(path=f"{part}/0.parquet", bytes=path.stat().st_size),)
    made = Manifest(stage=stage, name=name, number=number, attempt="attempt-1", files=files, **more)
    manifests.write(project.store, made)
    project.ledger.record(made)


def ingest(project: Project, number: int, rows: list[tuple[str, str]]) -> None:
    """An ingest run of (key, operation) rows."""
    table = pa.table({"_key": [key for key, _ in rows], "_op": [op for _, op in rows], "secret": ["13812345678"] * len(rows)})
    ops = [op for _, op in rows]
    facts = {"upserts": ops.count("upsert"), "deletes": ops.count("delete"), "until": {"files": {"tickets.csv": number}}}
    counts = Counts(rows_in=len(rows) + 1, kept=len(rows), dropped={"unchanged": 1})
    commit(project, "raw", "tickets", number, {"rows": table}, counts=counts, facts=facts)


def entry(project: Project, name: str, answer: str, run: int, status: str = "kept", **more: Any) -> dict[str, Any]:
    """One entry of a curate run."""
    messages = [{"role": "user", "content": "怎么过户？"}, {"role": "assistant", "content": answer}]
    row = {"id": name, "version": f"v{run}", "source": "tickets", "mapping": "qa", "task": "dialogue", "messages": messages}
    return {**row, "status": status, "run": run, "rules": rules(project, "qa"), "view_hash": f"h{name}", **more}


def curate(project: Project, number: int, rows: list[dict[str, Any]], raw: int) -> None:
    """A curate run of entries."""
    tables = {
        part: pa.Table.from_pylist(mine, schema=ENTRY)
        for status, part in PARTS.items()
        if (mine := [row for row in rows if row["status"] == status])
    }
    commit(project, "curate", "", number, tables, facts={"raw": {"tickets": raw}})


def publish(project: Project, number: int, lines: list[str]) -> None:
    """A version with the lines as its training split."""
    digest, size = project.store.write(f"versions/qa@{number}/train.jsonl", iter([f"{line}\n".encode() for line in lines]))
    made = Manifest(
        stage=VERSIONS,
        name="qa",
        number=number,
        inputs=("curate/000002",),
        files={"train": (DataFile(path="train.jsonl", bytes=size, sha256=digest, rows=len(lines)),)},
        counts=Counts(rows_in=len(lines) + 2, kept=len(lines), dropped={"unlabelled": 2}),
        facts={"format": "alpaca", "splits": {"train": len(lines)}, "lineage": {"tickets": {"qa": len(lines)}}},
    )
    manifests.write(project.store, made)
    project.ledger.record(made)


def label(project: Project) -> None:
    """Two tasks, of which one is answered by two people, one of them twice."""
    tasks = [{"id": name, "version": "v1", "reason": "conflict", "run": 1} for name in ("a1", "b2")]
    at = [1, 2, 3, 4]
    answers = [
        {"id": "a1", "version": "v1", "annotation_id": "1", "annotator": "li", "verdict": "reject", "updated_at": at[0]},
        {"id": "a1", "version": "v1", "annotation_id": "1", "annotator": "li", "verdict": "accept", "updated_at": at[1]},
        {"id": "a1", "version": "v1", "annotation_id": "2", "annotator": "王磊", "verdict": "accept", "updated_at": at[2]},
        {"id": "b2", "version": "v1", "annotation_id": "3", "annotator": "li", "verdict": "skip", "updated_at": at[3]},
    ]
    answers = [{**row, "deleted": row["annotation_id"] == "3"} for row in answers]
    settled = [{"id": "a1", "version": "v1", "status": "accepted", "view_hash": "ha1", "run": 1}]
    commit(project, "push", "", 1, {"tasks": pa.Table.from_pylist(tasks, schema=TASK_SCHEMA)})
    commit(project, "pull", "", 1, {"answers": pa.Table.from_pylist(answers, schema=ANSWER_SCHEMA)})
    commit(project, "labels", "", 1, {"resolutions": pa.Table.from_pylist(settled, schema=STORED_RESOLUTION)})


@pytest.fixture
def store(project: Project) -> Project:
    """Two nights: six rows, of which one is changed and one deleted on the second."""
    ingest(project, 1, [(f"[{n}]", "upsert") for n in range(6)])
    near = {"drop_step": "dedup", "drop_reason": "near_duplicate", "kept_id": "a1", "similarity": 0.91}
    curate(
        project,
        1,
        [
            entry(project, "a1", "请带身份证。", 1, masked=[("mobile", 2)], masked_in=MASKED_IN, changed_by=["mask"]),
            entry(project, "b2", "旧的回答。", 1),
            entry(project, "c3", "请带上身份证。", 1, "dropped", **near),
            entry(project, "d4", "", 1, "dropped", drop_step="shape", drop_reason="empty_answer"),
            entry(project, "e5", "会被删除。", 1),
        ],
        raw=1,
    )
    label(project)
    ingest(project, 2, [("[1]", "upsert"), ("[5]", "delete")])
    changed = entry(project, "b2", "新的回答。", 2, rules="older")
    curate(project, 2, [changed, entry(project, "e5", "", 2, "gone", messages=None)], raw=2)
    publish(project, 1, ['{"instruction": "旧"}'])
    publish(project, 2, ['{"instruction": "怎么过户？", "output": "请带身份证。"}'])
    return project


@pytest.fixture
def data(store: Project) -> ReportData:
    """The report of the two nights."""
    return collect(store)


def test_an_empty_store_has_a_report(project: Project) -> None:
    found = collect(project)
    assert found.empty and found.sources[0].name == "tickets"
    assert [(one.name, one.versions) for one in found.datasets] == [("qa", ())]
    assert "Nothing was ingested yet." in Path(write_report(project)).read_text("utf-8")


def test_the_funnel_is_that_of_the_newest_entries(data: ReportData) -> None:
    (funnel,) = data.funnels
    assert (funnel.source_rows, funnel.samples, funnel.kept, funnel.labelled, funnel.lines) == (5, 4, 2, 1, 1)
    assert {one.code: one.count for one in funnel.dropped} == {"dedup.near_duplicate": 1, "shape.empty_answer": 1}
    assert funnel.exported == (Count("qa@2", 1),)


def test_sources_are_what_was_read_and_what_lives(data: ReportData) -> None:
    (source,) = data.sources
    assert (source.living, source.rows_read, source.upserts, source.deletes, source.runs) == (5, 10, 7, 1, 2)
    assert (source.files, source.watermark, source.not_curated) == (1, None, 0)


def test_a_reconcile_moves_no_position(store: Project) -> None:
    table = pa.table({"_key": ["[2]"], "_op": ["delete"]})
    commit(store, "raw", "tickets", 3, {"rows": table}, counts=Counts(rows_in=1, kept=1), facts={"upserts": 0, "deletes": 1})
    (source,) = collect(store).sources
    assert (source.living, source.deletes, source.files, source.not_curated) == (4, 2, 1, 1)


def test_pairs_and_rejects_come_with_their_texts(data: ReportData) -> None:
    (pair,) = data.duplicates.pairs
    assert (pair.removed.turns[1].text, pair.kept.turns[1].text) == ("请带上身份证。", "请带身份证。")
    assert (data.duplicates.near, data.duplicates.exact) == (1, 0)
    (reject,) = data.rejects
    assert (reject.code, reject.examples[0].id, reject.examples[0].turns[0].text) == ("shape.empty_answer", "d4", "怎么过户？")


def test_masked_rows_and_stale_rules_are_counted(data: ReportData) -> None:
    assert [(one.kind, one.rows, one.times) for one in data.masked] == [("mobile", 1, 2)]
    assert data.masked_in == (MaskedColumn("messages", "mobile", 1, 2), MaskedColumn("meta.remark", "name", 1, 1))
    assert data.changed == (Count("mask", 1),)
    assert data.stale == 1


def test_the_newest_state_of_each_answer_counts(data: ReportData) -> None:
    found = data.labels
    assert (found.tasks, found.answers, found.without_answer) == (2, 2, 1)
    assert found.settled == (Count("accepted", 1),)
    assert [(one.name, one.verdicts) for one in found.annotators] == [
        *(("li", (Count("accept", 1),)), ("王磊", (Count("accept", 1),)))
    ]


def test_versions_are_listed_newest_first(data: ReportData) -> None:
    (dataset,) = data.datasets
    assert [version.number for version in dataset.versions] == [2, 1]
    assert dataset.sample == ('{"instruction": "怎么过户？", "output": "请带身份证。"}',)
    assert len(dataset.versions[0].files[0].sha256) == 64
    assert data.runs == ("raw/tickets/000002", "curate/000002", "push/000001", "pull/000001", "labels/000001", "versions/qa@2")


def test_a_replay_writes_the_same_bytes_and_no_raw_value(store: Project) -> None:
    place = Path(write_report(store))
    first = place.read_bytes()
    assert write_report(store) == str(place)
    assert place.read_bytes() == first
    chinese = place.with_name("report.zh.html")
    assert "请带上身份证" not in first.decode() and "身份证" in chinese.read_text("utf-8")  # the difference is marked
    assert b"13812345678" not in first + chinese.read_bytes()
    assert str(place.parent) not in first.decode()


def test_one_language_alone(store: Project) -> None:
    place = Path(write_report(store, "zh"))
    assert place.name == "report.zh.html"
    assert not place.with_name("report.html").exists()


def test_dying_before_the_page_is_replaced_leaves_the_old_one(store: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(write_report(store))
    before = place.read_bytes()

    def die(point: str) -> None:
        raise KeyboardInterrupt(point)

    monkeypatch.setattr("pipelines.report.fault", die)
    with pytest.raises(KeyboardInterrupt, match=r"report\.before_replace"):
        write_report(store)
    assert place.read_bytes() == before
