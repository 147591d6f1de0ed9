"""Tags and scores: what a step noticed and measured, beside what others did."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def tagged(rows: pa.RecordBatch, tags: Mapping[str, np.ndarray], ours: tuple[str, ...]) -> pa.RecordBatch:
    """The rows with each tag where its condition is true. Tags that begin with one of `ours` are decided anew."""
    at = rows.schema.get_field_index("tags")
    kind = rows.schema.field(at).type
    names = np.array(list(tags), dtype=object)
    matrix = np.column_stack(list(tags.values())) if tags else np.zeros((rows.num_rows, 0), dtype=bool)
    owner, which = np.nonzero(matrix)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=rows.num_rows))]).astype(np.int32)
    column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(names, pa.string()).take(pa.array(which))).cast(kind)
    before = rows.column(at)
    if pc.any(pc.greater(pc.fill_null(pc.list_value_length(before), 0), 0)).as_py():
        kept = [[tag for tag in row or [] if not tag.startswith(ours)] for row in before.to_pylist()]
        column = pa.array([old + new for old, new in zip(kept, column.to_pylist(), strict=True)], kind)
    arrays = [column if place == at else old for place, old in enumerate(rows.columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def scored(rows: pa.RecordBatch, scores: Mapping[str, np.ndarray]) -> pa.RecordBatch:
    """The rows with these scores, to three digits; what others had scored stays."""
    at = rows.schema.get_field_index("scores")
    kind, before = rows.schema.field(at).type, rows.column(at)
    if len(before) and before.offsets[-1].as_py() > before.offsets[0].as_py():
        kept = [dict(row or []) for row in before.to_pylist()]
        for name, score in scores.items():
            for row, value in zip(kept, np.round(score, 3).tolist(), strict=True):
                row[name] = value
        column = pa.array([list(row.items()) for row in kept], kind)
    else:
        matrix = np.column_stack(list(scores.values())) if rows.num_rows else np.zeros((0, len(scores)))
        offsets = pa.array(np.arange(rows.num_rows + 1, dtype=np.int32) * len(scores))
        values = pa.array(np.round(matrix, 3).ravel())
        column = pa.MapArray.from_arrays(offsets, _repeated(tuple(scores), rows.num_rows), values).cast(kind)
    arrays = [column if place == at else old for place, old in enumerate(rows.columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


@lru_cache(maxsize=4)
def _repeated(names: tuple[str, ...], rows: int) -> pa.StringArray:
    return pa.array(list(names) * rows, pa.string())
