"""Exact Jaccard similarity of pairs: the check behind every removal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.text.arrow import Texts, as_strings, compiled_loops, utf8
from washplant.text.ngrams import Counts, Hashes, Ngrams, char_ngram_hashes, code_point_counts

# One row per pair: the n-grams of both texts as 63 bits of hash and one bit for the side. Sorting the row puts repeats
# and the two copies of a shared n-gram next to each other. Rows of like length share a matrix, to need little padding.
_PADDING = np.uint64(0xFFFFFFFFFFFFFFFF)
_SIDE = np.uint64(1)
_MATRIX_WORDS = 1 << 17  # 1 MiB
_MATRIX_ROWS = 4096

Similarity = npt.NDArray[np.float64]


def jaccard(left: Texts, right: Texts, n: int) -> Similarity:
    """|A ∩ B| / |A ∪ B| of the sets of character n-grams of left[i] and right[i]; float64[pairs].

    A text shorter than n has one element, itself, so it equals only its like. Two empty texts give 1.0; a null on
    either side gives NaN. Raises ValueError when the lengths differ.
    """
    a, b = as_strings(left), as_strings(right)
    if len(a) != len(b):
        raise ValueError(f"jaccard compares pair by pair: {len(a)} texts on the left, {len(b)} on the right")
    rows = np.arange(len(a))
    return similarity_at(a, rows, b, rows, np.full(len(a), n))


def similarity_at(left: pa.StringArray, rows: Counts, right: pa.StringArray, others: Counts, sizes: Counts) -> Similarity:
    """Exact similarity of left[rows[i]] and right[others[i]] by n-grams of sizes[i] characters; float64[pairs].

    Pairs with the same left row are compared fastest next to each other. A null on either side gives NaN.
    """
    loops = compiled_loops("jaccard_kernel")
    result = np.empty(len(rows), dtype=np.float64)
    if loops is None:
        for n in np.unique(sizes).tolist():
            chosen = np.flatnonzero(sizes == n)
            result[chosen] = _numpy(left.take(pa.array(rows[chosen])), right.take(pa.array(others[chosen])), n)
    else:
        loops.similarities(*utf8(left), _words(rows), *utf8(right), _words(others), _words(sizes), result)
    for array, at in ((left, rows), (right, others)):
        if array.null_count:
            result[np.asarray(array.is_null())[at]] = np.nan
    return result


def _words(numbers: Counts) -> Counts:
    return np.ascontiguousarray(numbers, dtype=np.int64)


def _numpy(a: pa.StringArray, b: pa.StringArray, n: int) -> Similarity:
    """By sorting the n-grams of both texts of a pair together."""
    result = np.empty(len(a), dtype=np.float64)
    sizes = code_point_counts(a) + code_point_counts(b)
    order = np.argsort(sizes, kind="stable")
    start = 0
    while start < len(order):
        widths = sizes[order[start : start + _MATRIX_ROWS]]
        fits = int(np.searchsorted(widths * np.arange(1, len(widths) + 1), _MATRIX_WORDS, side="right"))
        chosen = order[start : start + max(fits, 1)]
        rows = pa.array(chosen)
        result[chosen] = _compare(a.take(rows), b.take(rows), n)
        start += len(chosen)
    return result


def _compare(left: pa.StringArray, right: pa.StringArray, n: int) -> npt.NDArray[np.float64]:
    ones, twos = char_ngram_hashes(left, n), char_ngram_hashes(right, n)
    first, second = np.diff(ones.offsets), np.diff(twos.offsets)
    width = int((first + second).max()) + 1  # every row ends in padding, which makes it easy to count
    words = np.full((len(left), width), _PADDING)
    _fill(words, ones, np.zeros_like(first), np.uint64(0))
    _fill(words, twos, first, _SIDE)
    words.sort(axis=1)
    changed = words[:, 1:] != words[:, :-1]
    elements = words >> _SIDE
    new = elements[:, 1:] != elements[:, :-1]
    union = new.sum(axis=1)
    shared = changed.sum(axis=1) - union  # another word, the same n-gram: it is on both sides
    return np.where(union == 0, 1.0, shared / np.maximum(union, 1))


def _fill(words: Hashes, ngrams: Ngrams, columns: Counts, side: np.uint64) -> None:
    """Write the n-grams of row i into `words[i]`, from column `columns[i]` on."""
    counts = np.diff(ngrams.offsets)
    places = np.arange(len(counts)) * words.shape[1] + columns - ngrams.offsets[:-1]
    flat = words.reshape(-1)
    flat[np.repeat(places, counts) + np.arange(len(ngrams.hashes))] = (ngrams.hashes & ~_SIDE) | side
