"""Reconcile: a comparison of keys alone finds rows that were deleted without a trace and rows that a read missed."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines import raw
from pipelines.hashing import row_key
from pipelines.ingest import connector, ingest
from pipelines.project import Project, Run
from pipelines.sources import read_with_spark
from washplant.errors import SourceError
from washplant.manifest import Counts

log = logging.getLogger("washplant")


@dataclass(frozen=True)
class Reconciled:
    """Keys that the source has no more, keys that the store did not have, and why a source was not compared."""

    deleted: int
    missed: int
    skipped: str = ""


def reconcile(project: Project, source: str, *, max_deleted: float = 0.1, dry_run: bool = False) -> Reconciled:
    """Write a tombstone for every stored key that the source lost; read the rows whose keys we lack.

    Raises SourceError when more than `max_deleted` of the stored keys are gone: an emptied or half-loaded table must not
    empty the pool.
    """
    options = project.loaded.config.sources[source]
    if not options.key:
        return Reconciled(0, 0, "without a key there is nothing to compare")
    with project.writing():
        stored = raw.current(project, source)
        if stored is None:
            return Reconciled(0, 0, "nothing was ingested yet")
        reader = connector(project, source)
        wanted = tuple(dict.fromkeys([*options.key, *([options.deleted.column] if options.deleted else [])]))
        plan = reader.plan({}, columns=wanted)
        rows = project.spark.sql(plan.spark_sql) if plan.spark_sql else read_with_spark(project.spark, reader, plan)
        if options.deleted:
            gone = F.lower(F.col(f"`{options.deleted.column}`").cast("string")) == options.deleted.equals.lower()
            rows = rows.where(~F.coalesce(gone, F.lit(False)))
        there = rows.select(row_key(options.key).alias(raw.KEY)).distinct().persist()
        known = stored.where(F.col(raw.OP) == raw.UPSERT).persist()
        lost = known.join(there, on=raw.KEY, how="left_anti").persist()
        missing = there.join(known, on=raw.KEY, how="left_anti").persist()
        try:
            deleted, missed, total = lost.count(), missing.count(), known.count()
            if total and deleted / total > max_deleted:
                raise SourceError(
                    f"{deleted:,} of {total:,} stored keys are not in the source any more",
                    where=source,
                    next_step=f"if that is right, run `washplant reconcile --source {source} --max-deleted 1`",
                )
            if dry_run:
                return Reconciled(deleted, missed)
            if deleted:
                run = Run(project, "raw", source)
                tombstones = lost.withColumns({raw.OP: F.lit(raw.DELETE), raw.RUN: F.lit(run.number)})
                run.write(tombstones, "rows")
                run.commit(
                    counts=Counts(rows_in=deleted, kept=deleted),
                    config=project.loaded.hash("sources"),
                    facts={"schema": raw.written_schema(tombstones), "upserts": 0, "deletes": deleted, "splits": 0},
                )
            if missed:
                _read(project, source, missing)
        finally:
            for frame in (there, known, lost, missing):
                frame.unpersist()
        return Reconciled(deleted, missed)


def _read(project: Project, source: str, missing: DataFrame) -> None:
    """Most of the missing rows of a live table have only come since the last run: the source is read in full for the rest
    alone."""
    ingest(project, source)
    stored = raw.current(project, source)
    assert stored is not None, "it was compared with the source"
    known = stored.where(F.col(raw.OP) == raw.UPSERT)
    if not missing.join(known, on=raw.KEY, how="left_anti").isEmpty():
        ingest(project, source, full=True)
