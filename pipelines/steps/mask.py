"""Personal data out, before anything else sees the text."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import Batch, Step
from pipelines.steps.texts import META, Texts, gather, scatter
from washplant.text.arrow import put_rows
from washplant.text.pii import KINDS, Masked, Policy, mask


class Mask(Step):
    """Replace personal data in every text and in the metadata, count it, and drop rows where the policy says so."""

    name: ClassVar[str] = "mask"
    policy: Policy

    def apply(self, batch: Batch) -> Batch:
        """Mask; what is dropped is masked, too, because the rejects are written. Counts leave the metadata out.

        A second time it looks only at rows that other steps have changed since: masking again changes nothing.
        """
        if not self.policy.names:
            return batch
        texts = gather(batch.rows)
        where = self._unseen(batch, texts)
        whole = len(where) == len(texts.array)
        done = mask(texts.array if whole else texts.array.take(pa.array(where)), self.policy)
        new = done.texts if whole else put_rows(texts.array, where, done.texts)
        differs = np.zeros(batch.rows.num_rows, dtype=bool)
        differs[texts.owner[_true(pc.not_equal(texts.array, new))]] = True
        rows = scatter(batch.rows, texts, new) if differs.any() else batch.rows
        batch = self._counted(batch.with_rows(self.name, rows, differs), texts, where, done)
        for name in self.policy.names:
            if self.policy.action(name) == "drop":
                batch = batch.drop(self.name, name if name in KINDS else "own_rule", batch.masked[name] > 0)
        return batch

    def _unseen(self, batch: Batch, texts: Texts) -> np.ndarray:
        """Which texts have not been masked as they are now."""
        if self.name not in batch.changed:
            return np.arange(len(texts.array))
        rows = np.zeros(batch.rows.num_rows, dtype=bool)
        for step, changed in batch.changed.items():
            if step != self.name:
                rows |= changed
        return np.flatnonzero(rows[texts.owner])

    def _counted(self, batch: Batch, texts: Texts, where: np.ndarray, done: Masked) -> Batch:
        none = np.zeros(batch.rows.num_rows, dtype=np.int32)
        counts = {name: batch.masked.get(name, none).copy() for name in self.policy.names}
        meta = next(part for part in texts.parts if part.column == META)
        counted = where < meta.start
        for name, found in done.counts.items():
            np.add.at(counts[name], texts.owner[where[counted]], np.asarray(found)[counted])
        return replace(batch, masked=counts, masked_in=_audited(batch, texts, where, done))


def _audited(batch: Batch, texts: Texts, where: np.ndarray, done: Masked) -> dict[str, np.ndarray]:
    """Counts per column and kind, added to those of earlier passes; only finds cost anything."""
    found = dict(batch.masked_in)
    for kind, counted in done.counts.items():
        counts = np.asarray(counted)
        for at in np.flatnonzero(counts):
            name = f"{texts.column(int(where[at]))}.{kind}"
            if name not in found or found[name] is batch.masked_in.get(name):
                found[name] = found[name].copy() if name in found else np.zeros(batch.rows.num_rows, dtype=np.int32)
            found[name][texts.owner[where[at]]] += counts[at]
    return found


def _true(values: pa.BooleanArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False))
