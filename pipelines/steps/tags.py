"""Tags: what a step noticed about a row, beside what others did."""

from __future__ import annotations

from collections.abc import Mapping

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
