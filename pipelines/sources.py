"""Running a connector's `read` on Spark's workers: one task per split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import LongType, StructType

from connectors.base import Connector, ReadPlan, Split
from pipelines.worker_errors import guarded

SEQUENCE = "_sequence"
"""The order in which rows were read: by split, then by place in it. The last of several rows of one key wins."""

_SPLIT_BITS = 40  # a split holds fewer rows than 2^40


def read_with_spark(spark: SparkSession, connector: Connector[Any], plan: ReadPlan) -> DataFrame:
    """The rows of `plan` with `SEQUENCE` as last column; every split is a task of its own, so it is retried alone."""
    schema = spark_schema(plan.schema).add(SEQUENCE, LongType(), nullable=False)
    if not plan.splits:
        return spark.createDataFrame([], schema)
    numbers = spark.range(0, len(plan.splits), 1, len(plan.splits))  # one row per partition, without a shuffle
    return numbers.mapInArrow(guarded(_reader(connector, plan.splits, plan.schema)), schema)


def spark_schema(schema: pa.Schema) -> StructType:
    """Arrow's types as Spark's: a timestamp without a zone stays one (DATETIME: 8-hour shifts, flink-cdc#152)."""
    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def _reader(
    connector: Connector[Any], splits: tuple[Split, ...], schema: pa.Schema
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                yield from numbered(connector, splits[index], schema)

    return read


def numbered(connector: Connector[Any], split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a split with `SEQUENCE` as last column."""
    with_sequence = schema.append(pa.field(SEQUENCE, pa.int64(), nullable=False))
    row = split.index << _SPLIT_BITS
    for rows in connector.read(split, schema):
        sequence = pa.array(np.arange(row, row + rows.num_rows, dtype=np.int64))
        row += rows.num_rows
        yield pa.record_batch([*rows.columns, sequence], schema=with_sequence)
