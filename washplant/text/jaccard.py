"""Exact Jaccard similarity of pairs: the check behind every removal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from washplant.text.arrow import Texts, as_strings
from washplant.text.ngrams import Counts, Hashes, char_ngram_hashes, code_point_counts

# One 64-bit word per n-gram: which pair | its hash | which side. So a single sort of plain integers groups the pairs,
# removes repeats and puts the two copies of a shared n-gram next to each other.
_PAIR_BITS = 12
_SIDE_BITS = 1
_HASH_SHIFT = np.uint64(_PAIR_BITS + _SIDE_BITS)  # 51 bits stay: two 1,000-character texts collide with p < 1e-9
_PAIRS = 1 << _PAIR_BITS
_BLOCK_CHARS = 1 << 21


def jaccard(left: Texts, right: Texts, n: int) -> npt.NDArray[np.float64]:
    """|A ∩ B| / |A ∪ B| of the sets of character n-grams of left[i] and right[i]; float64[pairs].

    A text shorter than n has one element, itself, so it equals only its like. Two empty texts give 1.0; a null on either
    side gives NaN. Raises ValueError when the lengths differ.
    """
    a, b = as_strings(left), as_strings(right)
    if len(a) != len(b):
        raise ValueError(f"jaccard compares pair by pair: {len(a)} texts on the left, {len(b)} on the right")
    result = np.empty(len(a), dtype=np.float64)
    chars = np.cumsum(code_point_counts(a) + code_point_counts(b))
    start = 0
    while start < len(a):
        before = int(chars[start - 1]) if start else 0
        fits = int(np.searchsorted(chars, before + _BLOCK_CHARS, side="right"))
        stop = max(start + 1, min(fits, start + _PAIRS, len(a)))
        width = stop - start
        result[start:stop] = _block(a.slice(start, width), b.slice(start, width), n)
        start = stop
    missing = a.is_null().to_numpy(zero_copy_only=False) | b.is_null().to_numpy(zero_copy_only=False)
    result[missing] = np.nan
    return result


def _block(left: Texts, right: Texts, n: int) -> npt.NDArray[np.float64]:
    words = np.concatenate([_words(left, n, side=0), _words(right, n, side=1)])
    words.sort()
    if len(words):
        words = words[np.concatenate([[True], words[1:] != words[:-1]])]
    pairs = (words >> np.uint64(64 - _PAIR_BITS)).astype(np.int64)
    elements = words >> np.uint64(_SIDE_BITS)
    shared = np.bincount(pairs[1:][elements[1:] == elements[:-1]], minlength=len(left))
    union = np.bincount(pairs, minlength=len(left)) - shared
    return np.where(union == 0, 1.0, shared / np.maximum(union, 1))


def _words(texts: Texts, n: int, side: int) -> Hashes:
    offsets, hashes = char_ngram_hashes(texts, n)
    counts: Counts = np.diff(offsets)
    pair = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    words = (hashes >> _HASH_SHIFT) << np.uint64(_SIDE_BITS)
    words |= pair << np.uint64(64 - _PAIR_BITS)
    words |= np.uint64(side)
    return words
