"""Entries: what curate decided about each sample id. A run writes a delta; of an id, the entry of the highest run counts.

`status` is kept (in the pool), dropped (in the rejects, with step and reason) or gone (the source has it no more).
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.frames import empty
from pipelines.project import Project, Run
from washplant.manifest import Manifest
from washplant.sample import SAMPLE_COLUMNS, SAMPLE_DDL

KEPT, DROPPED, GONE = "kept", "dropped", "gone"
PARTS = {KEPT: "pool", DROPPED: "rejects", GONE: "gone"}

_OURS = {
    "raw_run": "int",
    "changed_by": "array<string>",
    "masked": "map<string, int>",
    "masked_in": "map<string, int>",
    "answer_length": "int",
    "view": "string",
    "view_hash": "string",
    "question_hash": "string",
    "status": "string",
    "drop_step": "string",
    "drop_reason": "string",
    "kept_id": "string",
    "similarity": "double",
    "cluster": "string",
    "split": "string",
    "rules": "string",
    "first_run": "int",
    "run": "int",
}
"""`kept_id`, `similarity`: of a duplicate, the row that stands for it. `view`: the text as compared. `rules`: digest of the
configuration that curated it. `first_run`: when the id was first seen. `run`: the curate run that wrote the entry."""

ENTRY_DDL = ", ".join([SAMPLE_DDL, *(f"{name} {kind}" for name, kind in _OURS.items())])
ENTRY_COLUMNS = (*SAMPLE_COLUMNS, *_OURS)


def current(project: Project) -> DataFrame:
    """The newest entry of every id, gone ones included."""
    runs = project.manifests("curate")
    rows = read(project, runs)
    if len(runs) <= 1:
        return rows
    newest = Window.partitionBy("id").orderBy(F.col("run").desc())
    return rows.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank")


def read(project: Project, runs: list[Manifest]) -> DataFrame:
    """All entries of some curate runs."""
    paths = [path for run in runs for part in PARTS.values() for path in project.paths(run, part)]
    if not paths:
        return empty(project.spark, ENTRY_DDL)
    return project.spark.read.schema(ENTRY_DDL).parquet(*paths)


def pool(project: Project) -> DataFrame:
    """Kept samples: the newest version of each id that is nobody's duplicate."""
    return current(project).where(F.col("status") == KEPT)


def links(project: Project) -> DataFrame:
    """Pairs of clusters that a row was found to connect."""
    paths = [path for run in project.manifests("curate") for path in project.paths(run, "links")]
    ddl = "a string, b string"
    return project.spark.read.schema(ddl).parquet(*paths) if paths else empty(project.spark, ddl)


def read_back(run: Run, *statuses: str) -> DataFrame:
    """Entries that a run has just written, read from its files."""
    folder = f"{run.path}/{run.attempt}"
    files = [file for status in statuses for file in run.files.get(PARTS[status], ())]
    paths = [run.project.store.uri(f"{folder}/{file.path}") for file in files]
    return run.project.spark.read.schema(ENTRY_DDL).parquet(*paths) if paths else empty(run.project.spark, ENTRY_DDL)
