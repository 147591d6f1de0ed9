"""The inner loops of the quality scores, compiled by numba (the extra `fast`).

Each has a twin in numpy that gives the same result: `characters._counted` and `repetition._distinct`. Compiled on first
use on a machine, then loaded from numba's cache.
"""

from __future__ import annotations

import numba
import numpy as np

from washplant.compiled import compiled

_POINTS = numba.types.Array(numba.uint32, 1, "C", readonly=True)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_PAIRS, _USUAL = 16, 17


@compiled(numba.void(_POINTS, numba.int64[::1], numba.uint8[::1], numba.uint8[:, ::1], numba.int32[:, ::1]))
def character_counts(points, lengths, table, usual, counts):  # type: ignore[no-untyped-def]
    """See `characters.character_counts`."""
    at = 0
    last = np.uint32(len(table) - 1)
    for row in range(len(lengths)):
        before = np.uint32(0)
        for _ in range(lengths[row]):
            point = points[at]
            at += 1
            counts[row, table[min(point, last)]] += 1
            letter = point if point < 128 else np.uint32(0)
            pair = usual[before, letter]
            if pair:
                counts[row, _PAIRS] += 1
                if pair > 1:
                    counts[row, _USUAL] += 1
            before = letter


@compiled(numba.void(_POINTS, numba.int64[::1], numba.int64[::1], numba.int64[::1]))
def distinct(points, lengths, sizes, found):  # type: ignore[no-untyped-def]
    """See `repetition.distinct_ngrams`: an open-addressing table per row, emptied by counting up its stamp."""
    most = 0
    for length in lengths:
        most = max(most, length)
    slots = 16
    while slots < 2 * most:
        slots *= 2
    keys = np.zeros(slots, np.uint64)
    stamps = np.zeros(slots, np.int64)
    start = 0
    for row in range(len(lengths)):
        length, n = lengths[row], sizes[row]
        used = 16
        while used < 2 * length:
            used *= 2
        mask = np.uint64(used - 1)
        total = 0
        for i in range(start, start + length - n + 1):
            key = np.uint64(points[i])
            for k in range(1, n):
                key = key * _MULTIPLIER + np.uint64(points[i + k])
            key ^= key >> np.uint64(33)
            key *= np.uint64(0xFF51AFD7ED558CCD)
            key ^= key >> np.uint64(33)
            key *= np.uint64(0xC4CEB9FE1A85EC53)
            key ^= key >> np.uint64(33)
            slot = key & mask
            while stamps[slot] == row + 1 and keys[slot] != key:
                slot = (slot + np.uint64(1)) & mask
            if stamps[slot] != row + 1:
                stamps[slot] = row + 1
                keys[slot] = key
                total += 1
        found[row] = total
        start += length
