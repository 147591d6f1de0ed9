"""Character n-grams as hashes, straight from Arrow's UTF-8 buffer: no Python string, list or set per row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings

# J of two paraphrased 15-character questions is .53/.42/.35 for char 2/3/5-grams (FIELD-NOTES §5): with 5-grams no pair
# of short Chinese questions that differ in one word reaches a usable threshold; from 50 characters on, 5-grams are the
# sharper tool and 3-grams begin to agree by chance.
SHORT_LENGTH = 50
SHORT_NGRAM = 3
LONG_NGRAM = 5

BLOCK_ROWS = 4096
BLOCK_BYTES = 1 << 20

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so no step of the polynomial loses information (2^64 / golden ratio)
_LENGTH_TAG = np.uint64(0xD6E8FEB86659FD93)
_FMIX = (np.uint64(33), np.uint64(0xFF51AFD7ED558CCD), np.uint64(33), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33))

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


class Ngrams(NamedTuple):
    """The hashes of row i are `hashes[offsets[i]:offsets[i + 1]]`, in text order, repeats included."""

    offsets: Counts
    hashes: Hashes


def ngram_size(lengths: npt.ArrayLike) -> Counts:
    """The n-gram size for views of these lengths in characters: 3 under 50, 5 from 50 on."""
    return np.where(np.asarray(lengths) < SHORT_LENGTH, SHORT_NGRAM, LONG_NGRAM).astype(np.int64)


def length_class(views: Texts) -> Counts:
    """The n-gram size of each view (int64[rows]); a null row counts as empty."""
    return ngram_size(code_point_counts(as_strings(views)))


def code_point_counts(array: pa.StringArray) -> Counts:
    """Characters per row (int64[rows]); 0 for null."""
    return np.asarray(pc.utf8_length(array).fill_null(0), dtype=np.int64)


def char_ngram_hashes(views: Texts, n: int) -> Ngrams:
    """64-bit hashes of all n-grams of code points, row by row; an n-gram never crosses rows.

    A row of 1 to n-1 characters has one hash, of its whole text tagged by its length, so two such rows share it only if
    they are equal (OpenDCAI/DataFlow#526 merged them all); null and empty rows have none.
    Raises ValueError when n < 1.
    """
    if n < 1:
        raise ValueError(f"n-gram size must be at least 1, got {n}")
    array = as_strings(views)
    lengths = code_point_counts(array)
    points = code_points(array)
    counts = np.where(lengths >= n, lengths - n + 1, np.minimum(lengths, 1))
    offsets = _offsets(counts)
    starts = _offsets(lengths)
    short = np.flatnonzero((lengths > 0) & (lengths < n))
    windows = _window_hashes(points, n)[_inside_rows(starts, n)]
    if not len(short):
        return Ngrams(offsets, windows)
    hashes = np.empty(int(offsets[-1]), dtype=np.uint64)
    is_short = np.zeros(len(hashes), dtype=bool)
    is_short[offsets[short]] = True
    hashes[~is_short] = windows
    hashes[offsets[short]] = _short_hashes(points, starts[short], lengths[short])
    return Ngrams(offsets, hashes)


def blocks(array: pa.StringArray) -> Iterator[tuple[int, int]]:
    """Consecutive row ranges of at most 4096 rows and, unless one row alone has more, 1 MiB."""
    if not len(array):
        return
    ends = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    start = 0
    while start < len(array):
        fits = int(np.searchsorted(ends, int(ends[start]) + BLOCK_BYTES, side="right")) - 1
        stop = max(start + 1, min(fits, start + BLOCK_ROWS, len(array)))
        yield start, stop
        start = stop


def code_points(array: pa.StringArray) -> npt.NDArray[np.uint32]:
    """All code points of all rows, end to end (uint32): one call of CPython's UTF-8 decoder, near memory speed."""
    if array.null_count:
        array = array.fill_null("")  # bytes may lie behind a null
    if not len(array):
        return np.empty(0, dtype=np.uint32)
    ends = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    data = array.buffers()[2]
    if data is None or ends[0] == ends[-1]:
        return np.empty(0, dtype=np.uint32)
    text = str(memoryview(data)[int(ends[0]) : int(ends[-1])], "utf-8")
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def _offsets(counts: Counts) -> Counts:
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _window_hashes(points: npt.NDArray[np.uint32], n: int) -> Hashes:
    """The hash of points[i:i+n] for every i, those that cross rows included: len(points) - n + 1, at least 0."""
    count = max(len(points) - n + 1, 0)
    hashes = points[:count].astype(np.uint64)
    for k in range(1, n):
        hashes *= _MULTIPLIER
        hashes += points[k : k + count]
    return fmix64(hashes)


def _inside_rows(starts: Counts, n: int) -> npt.NDArray[np.bool_]:
    """Which windows lie within one row: not those that begin in the last n-1 characters of a row."""
    total = int(starts[-1])
    keep = np.ones(total + n, dtype=bool)
    ends = starts[1:]
    for k in range(1, n):
        keep[ends[ends >= k] - k] = False
    return keep[: max(total - n + 1, 0)]


def _short_hashes(points: npt.NDArray[np.uint32], starts: Counts, lengths: Counts) -> Hashes:
    hashes = lengths.astype(np.uint64) * _LENGTH_TAG
    for k in range(int(lengths.max())):
        rows = np.flatnonzero(lengths > k)
        hashes[rows] = hashes[rows] * _MULTIPLIER + points[starts[rows] + k]
    return fmix64(hashes)


def fmix64(hashes: Hashes) -> Hashes:
    """MurmurHash3's 64-bit finaliser in place: a bijection, so it adds no collisions."""
    shift1, multiply1, shift2, multiply2, shift3 = _FMIX
    hashes ^= hashes >> shift1
    hashes *= multiply1
    hashes ^= hashes >> shift2
    hashes *= multiply2
    hashes ^= hashes >> shift3
    return hashes
