"""Exact Jaccard similarity compiled by numba (the extra `fast`); `jaccard._numpy` gives the same by sorting."""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-call"
import numba
import numpy as np

from washplant.compiled import compiled
from washplant.text.minhash_kernel import decode, short_hash, window_hashes

_BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
_ENDS = numba.types.Array(numba.int32, 1, "C", readonly=True)
_ROWS = numba.types.Array(numba.int64, 1, "C", readonly=True)
_SIDE = np.uint64(1)  # 63 bits of hash, as the numpy twin has them


@compiled()
def _hashes(data, at, stop, n, points, hashes):  # type: ignore[no-untyped-def]
    """The n-gram hashes of a text, repeats included, into `hashes`: how many there are."""
    length = decode(data, at, stop, points[: stop - at], 0)[1]
    if length == 0:
        return 0
    if length < n:
        hashes[0] = short_hash(points, length)
        return 1
    window_hashes(points, length - n + 1, n, hashes)
    return length - n + 1


@compiled()
def _slots(count):  # type: ignore[no-untyped-def]
    slots = 16
    while slots < 2 * count:
        slots *= 2
    return slots


@compiled()
def _insert(hashes, count, mask, keys, stamps, stamp):  # type: ignore[no-untyped-def]
    """Put hashes into an open-addressing table, emptied by a new stamp: how many are new."""
    new = 0
    for i in range(count):
        key = hashes[i] | _SIDE
        slot = (key >> np.uint64(1)) & mask
        while stamps[slot] == stamp and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if stamps[slot] != stamp:
            stamps[slot] = stamp
            keys[slot] = key
            new += 1
    return new


@compiled(numba.void(_BYTES, _ENDS, _ROWS, _BYTES, _ENDS, _ROWS, _ROWS, numba.float64[::1]))
def similarities(data_a, ends_a, rows_a, data_b, ends_b, rows_b, sizes, out):  # type: ignore[no-untyped-def]
    """Of each pair (row of a, row of b) by n-grams of its size. Pairs with one left row are best next to each other: its
    table is built once. Memory: about 60 bytes for each byte of the longest text."""
    longest = 1
    for i in range(len(rows_a)):
        longest = max(longest, ends_a[rows_a[i] + 1] - ends_a[rows_a[i]], ends_b[rows_b[i] + 1] - ends_b[rows_b[i]])
    points, hashes = np.empty(longest, np.uint32), np.empty(longest, np.uint64)
    slots = _slots(longest)
    keys, stamps, met = np.empty(slots, np.uint64), np.zeros(slots, np.int64), np.zeros(slots, np.int64)
    other_keys, other_stamps = np.empty(slots, np.uint64), np.zeros(slots, np.int64)
    row, size, left, mask, built = -1, -1, 0, np.uint64(0), 0
    for i in range(len(rows_a)):
        if rows_a[i] != row or sizes[i] != size:
            row, size, built = rows_a[i], sizes[i], i + 1
            count = _hashes(data_a, ends_a[row], ends_a[row + 1], size, points, hashes)
            mask = np.uint64(_slots(count) - 1)
            left = _insert(hashes, count, mask, keys, stamps, built)
        count = _hashes(data_b, ends_b[rows_b[i]], ends_b[rows_b[i] + 1], size, points, hashes)
        shared, missed = 0, 0
        for k in range(count):
            key = hashes[k] | _SIDE
            slot = (key >> np.uint64(1)) & mask
            while stamps[slot] == built and keys[slot] != key:
                slot = (slot + np.uint64(1)) & mask
            if stamps[slot] != built:
                hashes[missed] = key
                missed += 1
            elif met[slot] != i + 1:
                met[slot] = i + 1
                shared += 1
        only = _insert(hashes, missed, np.uint64(_slots(missed) - 1), other_keys, other_stamps, i + 1)
        union = left + only
        out[i] = shared / union if union else 1.0
