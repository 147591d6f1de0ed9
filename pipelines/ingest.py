"""Ingest: rows of a source that are new or changed since the last run, written once, with a plan fixed before the read.

A read may bring rows that are stored already (re-read for late commits, a file that only grew); they are dropped by key and
content hash, so the stored runs hold changes only. The watermark moves with the manifest, never before.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from connectors import connect
from connectors.base import Connector, Position, ReadPlan
from connectors.hive.options import HiveOptions
from pipelines import raw
from pipelines.catalog import SparkCatalog
from pipelines.hashing import content_key, row_hash, row_key
from pipelines.landing import land
from pipelines.project import Project, Run
from pipelines.sources import SEQUENCE
from washplant.config import SourceOptions
from washplant.errors import SourceSchemaError
from washplant.manifest import Counts, Manifest

log = logging.getLogger("washplant")


@dataclass(frozen=True)
class Ingested:
    """What an ingest did: the committed run, or None when there was nothing new."""

    source: str
    run: Manifest | None
    rows_read: int
    rows_new: int
    rows_deleted: int


@dataclass(frozen=True)
class Interval:
    """The part of time that a scheduler asks for: rows up to `until` are read, and whatever before `since` is still missing.
    `force` reads from `since` again although the interval is committed."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    force: bool = False

    def as_fact(self) -> dict[str, str]:
        """For the manifest."""
        ends = {"since": self.since, "until": self.until}
        return {name: end.astimezone(datetime.UTC).isoformat() for name, end in ends.items() if end}

    def covered_by(self, run: Manifest) -> bool:
        """Whether a committed run has read up to our end."""
        until = run.facts.get("interval", {}).get("until")
        return bool(self.until and until and datetime.datetime.fromisoformat(until) >= self.until)

    def start(self, runs: list[Manifest]) -> Position:
        """The position at which the interval began: that of the last run that ended by then."""
        found: Position = {}
        for run in runs:
            until = run.facts.get("interval", {}).get("until")
            if self.since and until and datetime.datetime.fromisoformat(until) <= self.since:
                found = run.facts["until"]
        return found


ALWAYS = Interval()


def connector(project: Project, source: str) -> Connector[Any]:
    """The connector of a source; only Hive's metastore mode needs Spark for it."""
    options = project.loaded.config.sources[source]
    by_spark = isinstance(options, HiveOptions) and options.mode == "metastore"
    catalog = SparkCatalog(project.spark) if by_spark else None
    return connect(source, options, project.loaded.folder, catalog)


def plan(project: Project, source: str, *, full: bool = False) -> ReadPlan:
    """What an ingest would read now."""
    since: Position = {} if full else project.ledger.watermark(source)
    return connector(project, source).plan(since, limit=project.limit)


def ingest(project: Project, source: str, *, full: bool = False, interval: Interval = ALWAYS) -> Ingested:
    """Read what is new in a source and commit it. `full` reads everything again and keeps what differs.

    An `interval` that a committed run covers is not read again, unless it says `force`; the watermark never goes back.
    """
    options = project.loaded.config.sources[source]
    with project.writing():
        runs = [run for run in project.manifests("raw", source) if "until" in run.facts]
        again = any(interval.covered_by(run) for run in runs)
        if again and not interval.force:
            log.info("%s: everything up to %s was read before", source, interval.until)
            return Ingested(source, None, 0, 0, 0)
        reader = _until(connector(project, source), interval)
        watermark = project.ledger.watermark(source)
        since: Position = {} if full else interval.start(runs) if again else watermark
        read_plan = reader.plan(since, limit=project.limit)
        if again:
            read_plan = replace(read_plan, until=watermark, since=watermark)
        if since and not read_plan.splits and read_plan.spark_sql is None and read_plan.until == since:
            return Ingested(source, None, 0, 0, 0)
        log.info("%s: reading %s", source, _described(read_plan))
        return _read(project, options, reader, read_plan, interval)


def _until(reader: Connector[Any], interval: Interval) -> Connector[Any]:
    if interval.until is None:
        return reader
    bounded = reader.bounded(interval.until)
    if bounded is None:
        log.info("%s: no watermark ends its reads; what is there now is read", reader.name)
    return bounded or reader


def _read(
    project: Project, options: SourceOptions, reader: Connector[Any], read_plan: ReadPlan, interval: Interval
) -> Ingested:
    source = reader.name
    _check_columns(source, options, read_plan.schema.names, project)
    run = Run(project, "raw", source)
    with _one_row_a_key(run, options, reader, read_plan) as (rows, rows_read):
        changed = _changed(rows.withColumn(raw.RUN, F.lit(run.number)), raw.current(project, source))
        run.write(changed, "rows")
        written = run.read_back("rows")
        ops = {} if written is None else {row[raw.OP]: row["count"] for row in written.groupBy(raw.OP).count().collect()}
    new, deleted = ops.get(raw.UPSERT, 0), ops.get(raw.DELETE, 0)
    if new + deleted == 0:
        run.files = {}
        if read_plan.until == read_plan.since:
            run.abandon()
            return Ingested(source, None, rows_read, 0, 0)
    manifest = run.commit(
        counts=Counts(rows_in=rows_read, kept=new + deleted, dropped=_nonzero(unchanged=rows_read - new - deleted)),
        config=project.loaded.hash("sources"),
        facts={
            "since": dict(read_plan.since),
            "until": dict(read_plan.until),
            "schema": raw.written_schema(changed),
            "upserts": new,
            "deletes": deleted,
            "splits": len(read_plan.splits),
            **({"interval": interval.as_fact()} if interval.until else {}),
        },
    )
    return Ingested(source, manifest, rows_read, new, deleted)


@contextlib.contextmanager
def _one_row_a_key(
    run: Run, options: SourceOptions, reader: Connector[Any], read_plan: ReadPlan
) -> Iterator[tuple[DataFrame, int]]:
    """The rows of a plan with key, hash and operation, the last one of each key; and how many keys there are."""
    if read_plan.spark_sql is not None:
        frame = run.project.spark.sql(read_plan.spark_sql).withColumn(SEQUENCE, F.lit(0).cast("long"))
        rows = _keyed(frame, options).transform(lambda each: _last_of_each_key(each, options)).persist()
        try:
            yield rows, rows.count()
        finally:
            rows.unpersist()
        return
    landed, count = land(run, reader, read_plan)
    rows = _keyed(landed, options)
    # Most tables hold a key once: then only the keys are shuffled, not the rows.
    last = rows.groupBy(raw.KEY).agg(F.max(F.struct(*_order(options))).alias("_last"))
    last = last.select(F.col(f"_last.{SEQUENCE}").alias(SEQUENCE)).persist()
    try:
        keys = last.count()
        if keys < count:
            rows = rows.join(last, on=SEQUENCE, how="left_semi")
        yield rows.drop(SEQUENCE), keys
    finally:
        last.unpersist()


def _check_columns(source: str, options: SourceOptions, columns: list[str], project: Project) -> None:
    for role, names in (("key", options.key), ("deleted", (options.deleted.column,) if options.deleted else ())):
        for name in names:
            if name not in columns:
                raise SourceSchemaError(
                    f"{source} has no column {name!r}; it has {', '.join(columns)}",
                    where=project.loaded.at("sources", source, role),
                    next_step="name a column that is there",
                )


def _keyed(frame: DataFrame, options: SourceOptions) -> DataFrame:
    columns = [name for name in frame.columns if name != SEQUENCE]
    deleted = F.lit(False)
    if options.deleted:
        value = F.lower(F.col(f"`{options.deleted.column}`").cast("string"))
        deleted = F.coalesce(value == options.deleted.equals.lower(), F.lit(False))
    return frame.select(
        *(f"`{name}`" for name in columns),
        SEQUENCE,
        (row_key(options.key) if options.key else content_key(columns)).alias(raw.KEY),
        row_hash(columns).alias(raw.HASH),
        F.when(deleted, raw.DELETE).otherwise(raw.UPSERT).alias(raw.OP),
    )


def _last_of_each_key(frame: DataFrame, options: SourceOptions) -> DataFrame:
    newest = Window.partitionBy(raw.KEY).orderBy(*(each.desc_nulls_last() for each in _order(options)))
    return frame.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank", SEQUENCE)


def _order(options: SourceOptions) -> list[Column]:
    """By what the last row of a key is known: the newest by watermark or partition, then the one read last; the hash decides
    between true ties."""
    marks = [F.col(f"`{column}`") for column in options.newest_by]
    moved = [F.greatest(*marks) if len(marks) > 1 else marks[0]] if marks else []  # `greatest` skips nulls
    return [*moved, F.col(SEQUENCE), F.col(raw.HASH)]


def _changed(rows: DataFrame, before: DataFrame | None) -> DataFrame:
    """Rows whose key is new or whose content or operation differs; a delete of a row never seen tells nothing."""
    if before is None:
        return rows.where(F.col(raw.OP) == raw.UPSERT)
    known = before.select(
        F.col(raw.KEY).alias("_known_key"), F.col(raw.HASH).alias("_known_hash"), F.col(raw.OP).alias("_known_op")
    )
    same = (F.col(raw.HASH) == F.col("_known_hash")) & (F.col(raw.OP) == F.col("_known_op"))
    both_gone = (F.col(raw.OP) == raw.DELETE) & F.coalesce(F.col("_known_op") == raw.DELETE, F.col("_known_op").isNull())
    return (
        rows.join(known, rows[raw.KEY] == known["_known_key"], how="left")
        .where(~F.coalesce(same, F.lit(False)) & ~both_gone)
        .drop("_known_key", "_known_hash", "_known_op")
    )


def _described(read_plan: ReadPlan) -> str:
    rows = f"about {read_plan.rows_estimate:,} rows" if read_plan.rows_estimate is not None else "rows"
    return f"{rows} in {len(read_plan.splits) or 'Spark’s own'} splits" + (" since the last run" if read_plan.since else "")


def _nonzero(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
