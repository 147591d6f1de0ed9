"""Raw rows as stored: the source's own columns and four of ours.

`_key` names the row (a JSON array of its key columns), `_hash` its content, `_op` says upsert or delete, `_run` is the number
of the ingest run that wrote it. Of a key, the row of the highest run counts.
"""

from __future__ import annotations

import json

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipelines.project import Project
from washplant.errors import SourceSchemaError
from washplant.manifest import Manifest

KEY, HASH, OP, RUN = "_key", "_hash", "_op", "_run"
OUR_COLUMNS = (KEY, HASH, OP, RUN)
UPSERT, DELETE = "upsert", "delete"


def history(project: Project, source: str) -> DataFrame | None:
    """All raw rows ever written for a source; None when there are none."""
    return read(project, project.manifests("raw", source))


def current(project: Project, source: str) -> DataFrame | None:
    """The newest row of every key, tombstones included; None when nothing was ever read."""
    runs = [run for run in project.manifests("raw", source) if run.files]
    rows = read(project, runs)
    if rows is None or len(runs) == 1:  # an ingest run holds each key once
        return rows
    newest = Window.partitionBy(KEY).orderBy(F.col(RUN).desc())
    return rows.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank")


def read(project: Project, runs: list[Manifest]) -> DataFrame | None:
    """The rows of some ingest runs of one source, with the columns of all of them; None when they hold none."""
    runs = [run for run in runs if run.files.get("rows")]
    if not runs:
        return None
    schema = merged_schema(runs)
    paths = [path for run in runs for path in project.paths(run, "rows")]
    return project.spark.read.schema(schema).parquet(*paths)


def merged_schema(runs: list[Manifest]) -> StructType:
    """The union of the runs' columns, newest last. Raises SourceSchemaError where a column changed its type."""
    fields: dict[str, tuple[str, str]] = {}
    merged = StructType()
    for run in runs:
        for field in StructType.fromJson(json.loads(str(run.facts["schema"]))).fields:
            kind = field.dataType.simpleString()
            before = fields.setdefault(field.name, (kind, run.run_id))
            if before[0] != kind:
                raise SourceSchemaError(
                    f"column {field.name!r} was {before[0]} in {before[1]} and is {kind} in {run.run_id}",
                    where=run.name,
                    next_step="cast it in a view of the source, or give the source a new name in the YAML to start it anew",
                )
            if field.name not in merged.names:
                merged.add(field)
    return merged


def written_schema(frame: DataFrame) -> str:
    """A frame's schema as it goes into the manifest."""
    return frame.schema.json()
