"""Band keys of a frame's matching views."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from washplant.duplicates import Sketching

INDEX_DDL = "id string, view_hash string, keys array<bigint>"


def sketch(frame: DataFrame, sketching: Sketching) -> DataFrame:
    """Index rows (INDEX_DDL) of a frame with id, task, view and view_hash."""

    def keyed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            comparable = pc.not_equal(batch.column("task"), "image_classification")
            keys = sketching.keys(batch.column("view"), comparable)
            yield pa.RecordBatch.from_arrays(
                [batch.column("id"), batch.column("view_hash"), keys], names=["id", "view_hash", "keys"]
            )

    return frame.select("id", "task", "view", "view_hash").mapInArrow(keyed, INDEX_DDL)
