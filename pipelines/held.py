"""Pairs that are similar enough but were held apart, and what they differ in. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines.entries import KEPT, PARTS
from pipelines.project import Project
from washplant.report import scan


def pairs(project: Project, sample: str | None = None) -> pa.Table:
    """(a, b, similarity) of all curate runs, or of one sample, the most similar first."""
    datasets = [project.store.dataset([f"{run.run_id}/{run.attempt}/{file.path}" for file in run.files["held"]])
                for run in project.manifests("curate") if run.files.get("held")]  # fmt: skip
    wanted = None if sample is None else (pc.field("a") == sample) | (pc.field("b") == sample)
    tables = [one.to_table(columns=["a", "b", "similarity"], filter=wanted) for one in datasets]
    if not tables:
        return pa.schema([("a", pa.string()), ("b", pa.string()), ("similarity", pa.float64())]).empty_table()
    found = pa.concat_tables(tables).group_by(["a", "b"]).aggregate([("similarity", "max")])
    found = found.rename_columns(["a", "b", "similarity"])
    return found.sort_by([("similarity", "descending"), ("a", "ascending"), ("b", "ascending")])


def told(project: Project, sample: str | None = None, limit: int = 10) -> list[dict[str, Any]]:
    """The most similar pairs whose rows are both kept: ids, similarity, views and, by part, what only each side has."""
    found = pairs(project, sample)[: 4 * limit].to_pylist()
    ids = {name for row in found for name in (row["a"], row["b"])}
    rows = scan.rows_of(_entries(project), ids, ["id", "status", "view"]) if ids else {}
    living = [row for row in found if all(rows.get(row[side], {}).get("status") == KEPT for side in ("a", "b"))]
    return [_differing(project, row, rows) for row in living[:limit]]


def _entries(project: Project) -> list[ds.Dataset]:
    parts = tuple(PARTS.values())
    runs = [[f"{run.run_id}/{run.attempt}/{file.path}" for part in parts for file in run.files.get(part, ())]
            for run in project.manifests("curate")]  # fmt: skip
    return [project.store.dataset(files) for files in runs if files]


def _differing(project: Project, row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    left, right = rows[row["a"]]["view"], rows[row["b"]]["view"]
    parts = project.loaded.config.dedup.guard.guard.why(left, right)
    why = [{"part": part, "only_a": here, "only_b": there} for part, here, there in parts]
    return {**row, "view_a": left, "view_b": right, "differs": why}


def describe(found: list[dict[str, Any]]) -> str:
    """For a person."""
    lines = []
    for row in found:
        lines.append(f"held apart  {row['a'][:12]} and {row['b'][:12]} (similarity {row['similarity']:.3f})")
        lines += [
            f"  {one['part']}: {', '.join(one['only_a']) or '–'} against {', '.join(one['only_b']) or '–'}"
            for one in row["differs"]
        ]
        lines += [f"  {row['view_a']!r}", f"  {row['view_b']!r}"]
    return "\n".join(lines) or "no pair was held apart"
