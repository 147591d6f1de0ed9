"""Locality-sensitive hashing: which signatures to compare at all.

A pair of Jaccard similarity s shares a band of r values with probability s^r, and at least one of b bands with

    P(s) = 1 - (1 - s^r)^b

Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3.4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from washplant.errors import ConfigError
from washplant.text.minhash import Signatures
from washplant.text.ngrams import fmix64

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SALT = np.uint64(0xBF58476D1CE4E5B9)
_GRID = 2001  # points of the integral over s; the error is far below the fourth digit of a recall


def band_keys(signatures: Signatures, bands: int, rows_per_band: int, salt: int = 0) -> npt.NDArray[np.uint64]:
    """One key per row and band, uint64[rows, bands]; equal keys make a candidate pair.

    The band's number fills the top bits, so different bands never share a key; the rest is a hash of the band's values
    and `salt` (give every n-gram size its own). Rows without text all share the signature `EMPTY`, and so their keys:
    leave them out before. Raises ValueError when the signature is too short.
    """
    if bands < 1 or rows_per_band < 1 or bands * rows_per_band > signatures.shape[1]:
        raise ValueError(f"{bands} bands of {rows_per_band} rows do not fit {signatures.shape[1]} values")
    values = signatures[:, : bands * rows_per_band].reshape(len(signatures), bands, rows_per_band)
    band = np.arange(bands, dtype=np.uint64)
    keys = np.empty((len(signatures), bands), dtype=np.uint64)
    keys[:] = np.array([salt & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64) * _SALT
    for r in range(rows_per_band):
        keys *= _MULTIPLIER
        keys += values[:, :, r]
        keys ^= keys >> np.uint64(29)  # values are full 32-bit words: mix as we go, or sums could cancel
    fmix64(keys)
    tag_bits = np.uint64(max(bands - 1, 1).bit_length())
    keys >>= tag_bits
    keys |= band << (np.uint64(64) - tag_bits)
    return keys


def candidate_probability(similarity: npt.ArrayLike, bands: int, rows_per_band: int) -> npt.NDArray[np.float64]:
    """P(s) of the formula above, elementwise."""
    s = np.asarray(similarity, dtype=np.float64)
    return 1.0 - (1.0 - s**rows_per_band) ** bands


def mean_recall(threshold: float, bands: int, rows_per_band: int) -> float:
    """P averaged over similarities spread evenly from `threshold` to 1: the recall to expect over all true pairs."""
    edges = np.linspace(threshold, 1.0, _GRID)
    p = candidate_probability(edges, bands, rows_per_band)
    return float((p[:-1] + p[1:]).mean() / 2)


def choose_bands(threshold: float, num_perm: int = 128, recall: float = 0.999) -> tuple[int, int]:
    """(bands, rows per band): the cheapest split of `num_perm` values whose `mean_recall` reaches `recall`.

    Cheapest is the largest number of rows per band: fewer keys to sort, fewer false candidates to verify. A threshold
    of .7 at 128 gives (25, 5), which found .9995 of the true pairs of 100 k texts (FIELD-NOTES §5).
    Raises ConfigError when no split reaches the recall, or the threshold is not between 0 and 1.
    """
    if not 0.0 < threshold < 1.0:
        raise ConfigError(f"dedup threshold {threshold} is not between 0 and 1", next_step="use .7")
    for rows in range(num_perm, 0, -1):
        if mean_recall(threshold, num_perm // rows, rows) >= recall:
            return num_perm // rows, rows
    raise ConfigError(
        f"{num_perm} permutations cannot find {recall:.2%} of the pairs at or above {threshold}",
        next_step="raise num_perm or the threshold, or accept a lower recall",
    )
