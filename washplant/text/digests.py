"""A 64-bit digest of every text of a column, to find equal texts by.

Whoever calls two texts equal compares their bytes as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from washplant.text.arrow import Texts, as_strings, compiled_loops, utf8
from washplant.text.ngrams import Hashes, fmix64

_STEP = np.uint64(0x9E3779B97F4A7C15)
_LENGTH_TAG = np.uint64(0xD6E8FEB86659FD93)


def digests(texts: Texts) -> Hashes:
    """uint64[rows]: a mix of the sum of the mixed 8-byte words of a text, each with its place, and of its length in bytes.

    A null row has the digest of an empty text.
    """
    data, ends = utf8(as_strings(texts))
    loops = compiled_loops("minhash_kernel")
    if loops is None:
        return _numpy(data, ends)
    result = np.empty(len(ends) - 1, dtype=np.uint64)
    loops.digests(data, ends, result)
    return result


def _numpy(data: npt.NDArray[Any], ends: npt.NDArray[Any]) -> Hashes:
    lengths = np.diff(ends).astype(np.int64)
    counts = (lengths + 7) // 8
    last = np.concatenate([[0], np.cumsum(counts)])
    # Every row is copied to the start of a word, zeros behind it.
    padded = np.zeros(8 * int(last[-1]), dtype=np.uint8)
    inside = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    padded[np.repeat(8 * last[:-1], lengths) + inside] = data[ends[0] : ends[-1]]
    words = padded.view(np.uint64)
    place = np.arange(len(words)) - np.repeat(last[:-1], counts)
    mixed = fmix64(words ^ (place + 1).astype(np.uint64) * _STEP)
    total = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mixed)])
    return fmix64(total[last[1:]] - total[last[:-1]] + lengths.astype(np.uint64) * _LENGTH_TAG)
