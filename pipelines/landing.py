"""Rows of a source landed as Parquet files by the tasks that read them.

What a connector reads are Arrow batches, and Parquet is written from them in place. By `mapInArrow` every row would be
turned into the JVM's form and back before Spark's own writer sees it (docs/decisions/tasks-write-parquet.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType

from connectors.base import Connector, ReadPlan
from pipelines.project import Run
from pipelines.sources import SEQUENCE, numbered, read_with_spark, spark_schema
from pipelines.worker_errors import guarded, unpacked
from washplant.store import Store

_SAME_IN_SPARK = (
    *(pa.types.is_boolean, pa.types.is_signed_integer, pa.types.is_floating, pa.types.is_decimal128),
    *(pa.types.is_string, pa.types.is_binary, pa.types.is_date32),
)


def land(run: Run, connector: Connector[Any], plan: ReadPlan) -> tuple[DataFrame, int]:
    """The rows of `plan` with `SEQUENCE` as last column, in scratch files of the run; and how many there are."""
    spark, store, folder = run.project.spark, run.project.store, run.scratch("landed")
    schema = spark_schema(plan.schema).add(SEQUENCE, LongType(), nullable=False)
    if not plan.splits:
        return spark.createDataFrame([], schema), 0
    if store.local is None or not all(map(_is_same, plan.schema.types)):
        # The workers' Arrow may not reach an object store that Spark reaches.
        with unpacked():
            frame = run.staged(read_with_spark(spark, connector, plan), "landed")
        return frame, frame.count()
    try:
        rows = write_parquet(spark, connector, plan, store, folder)
    except Exception:
        store.delete(folder)  # a full disk has room again
        raise
    return (spark.read.schema(schema).parquet(store.uri(folder)) if rows else spark.createDataFrame([], schema)), rows


def write_parquet(spark: SparkSession, connector: Connector[Any], plan: ReadPlan, store: Store, folder: str) -> int:
    """Have exactly the rows of `plan`, with `SEQUENCE`, in files below `folder` of the store; how many there are."""
    numbers = spark.range(0, len(plan.splits), 1, len(plan.splits))
    with unpacked():
        landed = numbers.mapInArrow(guarded(_lander(connector, plan, store.root, folder)), "file string, rows long").collect()
    files = {row["file"] for row in landed if row["rows"]}
    for path, _ in store.files(folder):
        if path not in files:  # of a task that was tried twice
            store.delete(f"{folder}/{path}")
    return sum(row["rows"] for row in landed)


def _lander(
    connector: Connector[Any], plan: ReadPlan, root: str, folder: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    splits, schema = plan.splits, plan.schema

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        store = Store(root)
        for index in (number for batch in batches for number in batch.column(0).to_pylist()):
            file, rows = f"{index:06}-{uuid.uuid4().hex[:8]}.parquet", 0
            parts = numbered(connector, splits[index], schema)
            first = next(parts, None)
            if first is not None:
                with store.parquet(f"{folder}/{file}", first.schema) as writer:
                    while first is not None:
                        writer.write_batch(first)
                        rows += first.num_rows
                        first = next(parts, None)
            yield pa.record_batch([pa.array([file]), pa.array([rows], pa.int64())], names=["file", "rows"])

    return write


def _is_same(kind: pa.DataType) -> bool:
    """Whether Spark reads from Arrow's Parquet what it would be given by `mapInArrow`."""
    if pa.types.is_nested(kind):
        return all(_is_same(kind.field(i).type) for i in range(kind.num_fields))
    return any(fits(kind) for fits in _SAME_IN_SPARK) or (pa.types.is_timestamp(kind) and kind.unit == "us")
