"""A sample's history, read from the files of the store with Arrow's own filters."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import labels
from pipelines.entries import GONE, PARTS
from pipelines.project import Project
from pipelines.train import models_of
from washplant.errors import ConfigError
from washplant.manifest import VERSIONS, Manifest


def history(project: Project, wanted: str) -> dict[str, Any]:
    """Everything known of the sample whose id is, or begins with, `wanted`. Raises ConfigError for none or several."""
    decisions = [row for run in project.manifests("curate") for row in _entries(project, run, wanted)]
    ids = sorted({row["id"] for row in decisions})
    if len(ids) != 1:
        raise ConfigError(
            f"{len(ids) or 'no'} samples begin with {wanted!r}" + (f": {', '.join(ids[:5])} …" if ids else ""),
            where=project.store.full("curate"),
            next_step="give the whole id: `lineage.jsonl` of a version lists them",
        )
    newest = decisions[-1]
    stands_for = [
        {"id": row["id"], "reason": row["drop_reason"], "similarity": row["similarity"]}
        for row in _duplicates(project, newest["id"])
    ]
    versions = _versions(project, newest["id"])
    learnt = {f"{version['dataset']}@{version['number']}" for version in versions if version["split"] == "train"}
    return {
        "id": newest["id"],
        "source": newest["source"],
        "key": newest["key"],
        "mapping": newest["mapping"],
        "status": newest["status"],
        "sample": {
            name: newest[name] for name in ("system", "input", "messages", "label", "image_path", "meta") if newest[name]
        },
        "decisions": [_decision(row) for row in decisions],
        "stands_for": stands_for,
        "raw_reads": _raw_reads(project, newest["source"], newest["key"]),
        "tasks": _rows_of(labels.tasks(project), newest["id"]),
        "answers": _rows_of(labels.answers(project), newest["id"]),
        "resolutions": _rows_of(labels.resolutions(project), newest["id"]),
        "versions": versions,
        "models": models_of(project, learnt),
    }


def describe_history(found: dict[str, Any]) -> str:
    """The history for a person, oldest first."""
    lines = [
        f"{found['id']}  {found['status']}",
        f"source    {found['source']} {found['key']} by mapping {found['mapping']}",
    ]
    for read in found["raw_reads"]:
        lines.append(f"read      {read['run']}: {read['op']}")
    for step in found["decisions"]:
        reason = f" {step['step']}.{step['reason']}" if step["reason"] else ""
        stands = f" of {step['kept_id']} (similarity {step['similarity']:.3f})" if step["kept_id"] else ""
        changed = f", changed by {', '.join(step['changed_by'])}" if step["changed_by"] else ""
        lines.append(f"curate    {step['run']}: {step['status']}{reason}{stands}{changed}  version {step['version'][:12]}")
        if step["masked_in"]:
            lines.append("masked    " + ", ".join(f"{kind} {count}" for kind, count in step["masked_in"].items()))
    for turn in found["sample"].get("messages", []):
        lines.append(f"{turn['role']:<9} {turn['content']}")
    if "image_path" in found["sample"]:
        lines.append(f"image     {found['sample']['image_path']}  {found['sample'].get('label')}")
    lines += [f"stands for {row['id']} ({row['reason']}, {row['similarity']:.3f})" for row in found["stands_for"]]
    lines += [f"task      {task['batch']} ({task['reason']})" for task in found["tasks"]]
    lines += [f"answer    {a['annotator']}: {a['verdict']} at {a['updated_at']}" for a in found["answers"]]
    lines += [f"settled   {r['status']} {r['reason'] or ''} by {', '.join(r['annotators'])}" for r in found["resolutions"]]
    lines += [f"in        {version['dataset']}@{version['number']} {version['split']}" for version in found["versions"]]
    lines += [
        f"trained   {m['name']} {m['number']} on {m['dataset']}" + f" ({m['verdict']})" * bool(m["verdict"])
        for m in found["models"]
    ]
    return "\n".join(lines)


def _dataset(project: Project, run: Manifest, part: str) -> ds.Dataset | None:
    files = [f"{run.run_id}/{run.attempt}/{file.path}" for file in run.files.get(part, ())]
    return project.store.dataset(files) if files else None


def _entries(project: Project, run: Manifest, wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in PARTS.values():
        dataset = _dataset(project, run, part)
        if dataset is not None:
            found += dataset.to_table(filter=pc.starts_with(pc.field("id"), wanted)).to_pylist()
    return found


def _decision(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "run": row["run"],
        "status": row["status"],
        "step": row["drop_step"],
        "reason": row["drop_reason"],
        "kept_id": row["kept_id"],
        "similarity": row["similarity"],
        "changed_by": row["changed_by"] or [],
        "masked": dict(row["masked"] or []),
        "masked_in": dict(row["masked_in"] or []),
        "version": row["version"],
        "rules": row["rules"],
        "split": row["split"],
    }


def _duplicates(project: Project, sample: str) -> list[dict[str, Any]]:
    """Rows that the sample stands for now: of each id the newest decision counts."""
    newest: dict[str, dict[str, Any]] = {}
    columns = ["id", "status", "kept_id", "drop_reason", "similarity"]
    candidates: set[str] = set()
    runs = project.manifests("curate")
    for run in runs:
        dataset = _dataset(project, run, PARTS["dropped"])
        if dataset is not None:
            table = dataset.to_table(columns=["id"], filter=pc.field("kept_id") == sample)
            candidates |= set(table.column("id").to_pylist())
    for run in runs:
        for part in PARTS.values():
            dataset = _dataset(project, run, part)
            if dataset is not None and candidates:
                for row in dataset.to_table(columns=columns, filter=pc.field("id").isin(sorted(candidates))).to_pylist():
                    newest[row["id"]] = row
    return [row for _, row in sorted(newest.items()) if row["kept_id"] == sample and row["status"] != GONE]


def _raw_reads(project: Project, source: str, key: str) -> list[dict[str, Any]]:
    """The ingest runs that brought the row; a grouped sample's key is no row's key, and has none."""
    found = []
    for run in project.manifests("raw", source):
        dataset = _dataset(project, run, "rows")
        if dataset is not None:
            for row in dataset.to_table(columns=["_op"], filter=pc.field("_key") == key).to_pylist():
                found.append({"run": run.run_id, "op": row["_op"]})
    return found


def _rows_of(table: pa.Table, sample: str) -> list[dict[str, Any]]:
    return list(table.filter(pc.equal(table.column("id"), sample)).to_pylist())


def _versions(project: Project, sample: str) -> list[dict[str, Any]]:
    found = []
    needle = f'"id":"{sample}"'
    for dataset in project.ledger.names(VERSIONS):
        for version in project.manifests(VERSIONS, dataset):
            for file in version.files.get("lineage", ()):
                for line in project.store.lines(f"{version.run_id}/{file.path}"):
                    if needle in line:
                        found.append({"dataset": dataset, "number": version.number, "split": json.loads(line)["split"]})
    return found
