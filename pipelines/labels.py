"""Human answers as stored: pushed tasks, pulled answers, resolutions. Small tables of people's work, kept in Arrow."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotation.records import ANSWER_SCHEMA, RESOLUTION_SCHEMA
from pipelines.project import Project, Run
from washplant.manifest import Manifest

TASK_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "version", "view_hash", "mapping", "batch", "reason")),
        ("run", pa.int32()),
    ]
)
"""What was pushed: one row a task."""

APPROVED = ("accepted", "edited")


def write(run: Run, table: pa.Table, part: str) -> None:
    """Write a small table as one Parquet file of a run."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    run.project.store.put(f"{run.path}/{run.attempt}/{part}/part-00000.parquet", sink.getvalue().to_pybytes())
    run.take(part)


def read(project: Project, runs: Iterable[Manifest], part: str, schema: pa.Schema) -> pa.Table:
    """One part of some runs as a table."""
    tables = []
    for run in runs:
        for file in run.files.get(part, ()):
            content = project.store.read(f"{run.run_id}/{run.attempt}/{file.path}")
            tables.append(pq.read_table(pa.BufferReader(content)).select(schema.names).cast(schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def tasks(project: Project) -> pa.Table:
    """All tasks ever pushed (TASK_SCHEMA)."""
    return read(project, project.manifests("push"), "tasks", TASK_SCHEMA)


def picks(project: Project) -> pa.Table:
    """All picks (TASK_SCHEMA, without a batch)."""
    return read(project, project.manifests("pick"), "picks", TASK_SCHEMA)


def answers(project: Project) -> pa.Table:
    """All answers ever pulled, every state of each (ANSWER_SCHEMA)."""
    return read(project, project.manifests("pull"), "answers", ANSWER_SCHEMA)


STORED_RESOLUTION = pa.schema([*RESOLUTION_SCHEMA, ("view_hash", pa.string()), ("run", pa.int32())])


def resolutions(project: Project) -> pa.Table:
    """The newest resolution of every (id, version) (STORED_RESOLUTION)."""
    rows = read(project, project.manifests("labels"), "resolutions", STORED_RESOLUTION)
    return newest(rows, ["id", "version"])


def newest(rows: pa.Table, keys: list[str]) -> pa.Table:
    """Of rows with equal keys, the one of the highest run."""
    order = pc.sort_indices(rows, sort_keys=[*((key, "ascending") for key in keys), ("run", "descending")])
    ordered = rows.take(order)
    repeated = ordered.select(keys).to_pandas().duplicated().to_numpy()
    return ordered.filter(pa.array(~repeated))


def approved(project: Project) -> int:
    """How many samples have an approved answer."""
    return int(pc.sum(pc.is_in(resolutions(project).column("status"), pa.array(APPROVED))).as_py() or 0)
