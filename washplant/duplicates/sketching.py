"""Band keys of matching views: two rows that share a key are worth comparing exactly.

Short texts are compared by short n-grams, long ones by long ones. A pair is measured by the n-gram size of its shorter text;
a long text that could be as similar as the threshold to a short one (the shorter has at least `threshold` of its length) is
therefore keyed under both sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from washplant.config import DedupOptions
from washplant.text.bands import band_keys, choose_bands
from washplant.text.minhash import signatures
from washplant.text.ngrams import LONG_NGRAM, SHORT_LENGTH, SHORT_NGRAM, Counts, ngram_size

_LENGTH_SLACK = 0.9  # distinct n-grams are fewer than characters, so lengths alone bound the similarity only loosely


@dataclass(frozen=True)
class Sketching:
    """Everything that band keys depend on; an index made with other values cannot be used."""

    threshold: float
    num_perm: int
    bands: int
    rows: int
    seed: int

    @classmethod
    def of(cls, options: DedupOptions, seed: int) -> Self:
        """Bands chosen for the stated recall at the threshold."""
        bands, rows = choose_bands(options.threshold, options.num_perm, options.recall)
        return cls(options.threshold, options.num_perm, bands, rows, seed)

    @property
    def name(self) -> str:
        """Identifies the index made with these values."""
        return (
            f"t{self.threshold}-k{self.num_perm}-b{self.bands}r{self.rows}-s{self.seed}"
            f"-n{SHORT_NGRAM}.{LONG_NGRAM}@{SHORT_LENGTH}"
        )

    def keys(self, views: pa.StringArray, comparable: pa.BooleanArray) -> pa.ListArray:
        """Band keys of each view. Views shorter than the n-gram, and rows not `comparable`, have none: they are
        compared by equality alone."""
        lengths = np.asarray(pc.fill_null(pc.utf8_length(views), 0).to_numpy(zero_copy_only=False))
        able = np.asarray(comparable.to_numpy(zero_copy_only=False)) & (lengths >= SHORT_NGRAM)
        reach = SHORT_LENGTH / (self.threshold * _LENGTH_SLACK)
        short = np.flatnonzero(able & (lengths < reach))
        long = np.flatnonzero(able & (lengths >= SHORT_LENGTH))
        owners, values = [], []
        for size, chosen in ((SHORT_NGRAM, short), (LONG_NGRAM, long)):
            if len(chosen):
                sketched = signatures(views.take(pa.array(chosen)), size, num_perm=self.num_perm, seed=self.seed)
                keys = band_keys(sketched, self.bands, self.rows, salt=size)
                owners.append(np.repeat(chosen, self.bands))
                values.append(keys.reshape(-1).view(np.int64))
        if not owners:
            return pa.array([[]] * len(views), pa.list_(pa.int64()))
        owner, value = np.concatenate(owners), np.concatenate(values)
        order = np.argsort(owner, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(views)))])
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(value[order]))


def pair_sizes(lengths: Counts, others: Counts) -> Counts:
    """The n-gram size that measures each pair: that of its shorter text (lengths in characters)."""
    return ngram_size(np.minimum(lengths, others))
