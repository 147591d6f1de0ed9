"""Personal data out, before anything else sees the text."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import TEXT_COLUMNS, Batch, Step, map_texts
from washplant.text.pii import mask


class Mask(Step):
    """Replace personal data in every text and in the metadata by a placeholder, and count it."""

    name: ClassVar[str] = "mask"
    kinds: tuple[str, ...]

    def apply(self, batch: Batch) -> Batch:
        """Mask; the counts cover the texts, not the metadata."""
        if not self.kinds:
            return batch
        rows, changed = map_texts(batch.rows, lambda texts: mask(texts, self.kinds).texts, meta=True)
        counts = {kind: batch.masked.get(kind, np.zeros(rows.num_rows, dtype=np.int32)).copy() for kind in self.kinds}
        for name in TEXT_COLUMNS:
            for kind, found in mask(batch.column(name), self.kinds).counts.items():
                counts[kind] += _numbers(found)
        messages = batch.column("messages")
        owner = pc.list_parent_indices(messages).to_numpy(zero_copy_only=False)
        for kind, found in mask(messages.flatten().field("content"), self.kinds).counts.items():
            np.add.at(counts[kind], owner, _numbers(found))
        return replace(batch.with_rows(self.name, rows, changed), masked=counts)


def _numbers(found: pa.Int32Array) -> np.ndarray:
    return np.asarray(pc.fill_null(found, 0).to_numpy(zero_copy_only=False))
