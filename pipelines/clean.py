"""Cleaning on Spark: the chain of steps over record batches, and the texts by which rows are compared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.hashing import digest
from pipelines.steps import Batch, Step, chain
from pipelines.steps.turns import texts
from washplant.config import CleanOptions

_ADDED = pa.schema(
    [
        ("changed_by", pa.list_(pa.string())),
        ("masked", pa.map_(pa.string(), pa.int32())),
        ("masked_in", pa.map_(pa.string(), pa.int32())),
        ("answer_length", pa.int32()),
        ("question_view", pa.string()),
        ("view", pa.string()),
        ("drop_step", pa.string()),
        ("drop_reason", pa.string()),
    ]
)
_ADDED_DDL = (
    "changed_by array<string>, masked map<string, int>, masked_in map<string, int>, answer_length int, "
    "question_view string, view string, drop_step string, drop_reason string"
)


def clean(samples: DataFrame, options: CleanOptions, ddl: str) -> DataFrame:
    """Samples with their texts cleaned, and beside them what was done, why a row is dropped, and its matching view.

    `ddl` is the schema of `samples`. The result has as many rows as the input.
    """
    steps = chain(options)

    def cleaned(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield clean_batch(batch, steps)

    frame = samples.mapInArrow(cleaned, f"{ddl}, {_ADDED_DDL}")
    return frame.withColumns(
        {
            "view_hash": digest(F.col("task"), F.col("view")),
            "question_hash": digest(F.col("task"), F.col("question_view")),
        }
    ).drop("question_view")


def clean_batch(rows: pa.RecordBatch, steps: tuple[Step, ...]) -> pa.RecordBatch:
    """One batch through the steps."""
    batch = Batch.of(rows)
    for step in steps:
        batch = step.apply(batch)
    said = texts(batch)
    # A path is compared as it stands: without its punctuation a/b would equal ab.
    asked_view = pc.coalesce(batch.column("image_path"), said.question_view)
    view = pc.binary_join_element_wise(asked_view, said.answer_view, "\n")
    added = [
        _named(batch.changed, rows.num_rows),
        _counted(batch.masked, rows.num_rows),
        _counted(batch.masked_in, rows.num_rows),
        pc.utf8_length(said.answer),
        asked_view,
        view,
        batch.step,
        batch.reason,
    ]
    arrays = [*batch.rows.columns, *(array.cast(field.type) for array, field in zip(added, _ADDED, strict=True))]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([*rows.schema, *_ADDED]))


def _named(changed: dict[str, np.ndarray], rows: int) -> pa.ListArray:
    """Per row the names of the steps that changed it."""
    names = np.array(list(changed), dtype=object)
    matrix = np.column_stack(list(changed.values())) if changed else np.zeros((rows, 0), dtype=bool)
    owner, which = np.nonzero(matrix)
    return pa.ListArray.from_arrays(_offsets(owner, rows), pa.array(names[which], pa.string()))


def _counted(masked: dict[str, np.ndarray], rows: int) -> pa.MapArray:
    """Per row the kinds of personal data that were masked, and how often."""
    names = np.array(list(masked), dtype=object)
    matrix = np.column_stack(list(masked.values())) if masked else np.zeros((rows, 0), dtype=np.int32)
    owner, which = np.nonzero(matrix)
    counts = pa.array(matrix[owner, which], pa.int32())
    return pa.MapArray.from_arrays(_offsets(owner, rows), pa.array(names[which], pa.string()), counts)


def _offsets(owner: np.ndarray, rows: int) -> pa.Int32Array:
    return pa.array(np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=rows))]), pa.int32())
