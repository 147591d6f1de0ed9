"""Words that must not be learnt: tagged, masked, or their rows dropped."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import TEXT_COLUMNS, Batch, Step, map_texts
from pipelines.steps.tags import scored, tagged
from washplant.text.sensitive import Lexicon


class Sensitive(Step):
    """Count the listed words in every text; `lists`: (category, words)."""

    name: ClassVar[str] = "sensitive"
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    action: str

    def apply(self, batch: Batch) -> Batch:
        """The counts are scores `sensitive:CATEGORY` of the rows that have such words, and tags of the same name."""
        if not self.lists:
            return batch
        lexicon = _lexicon(self.lists)
        counts = _counts(batch.rows, lexicon)
        hit = counts.sum(axis=1) > 0
        if not hit.any():
            return batch
        if self.action == "mask":
            rows, changed = map_texts(batch.rows, lexicon.mask)
            batch = batch.with_rows(self.name, rows, changed)
        elif self.action == "drop":
            batch = batch.drop("sensitive", "sensitive_word", hit)
        names = [f"sensitive:{category}" for category in lexicon.categories]
        rows = tagged(batch.rows, {name: counts[:, n] > 0 for n, name in enumerate(names)}, ours=("sensitive:",))
        rows = scored(rows, {name: counts[:, n].astype(np.float64) for n, name in enumerate(names)})
        return replace(batch, rows=rows)


@lru_cache(maxsize=2)
def _lexicon(lists: tuple[tuple[str, tuple[str, ...]], ...]) -> Lexicon:
    return Lexicon(dict(lists))


def _counts(rows: pa.RecordBatch, lexicon: Lexicon) -> np.ndarray:
    total = np.zeros((rows.num_rows, len(lexicon.categories)), dtype=np.int64)
    for name in TEXT_COLUMNS:
        column = rows.column(name)
        if column.null_count < len(column):
            total += lexicon.counts(column)
    messages = rows.column("messages")
    owner = pc.list_parent_indices(messages).to_numpy(zero_copy_only=False)
    np.add.at(total, owner, lexicon.counts(messages.flatten().field("content")))
    return total
