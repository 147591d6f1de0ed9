"""How much of a text says again what it has said: by character n-grams, and by whole sentences and lines."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings
from washplant.text.characters import kernels
from washplant.text.ngrams import Counts, blocks, char_ngram_hashes, code_point_counts, code_points, ngram_size

MIN_LENGTH = 12  # characters: in shorter texts one repeated word is half of all n-grams (谢谢谢谢, no no)
MIN_SENTENCE = 4  # characters: 好的。好的。 and the closing braces of code are no repeated sentences
_UNIT = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")

Shares = npt.NDArray[np.float64]


def repeated_ngrams(texts: Texts) -> Shares:
    """1 - distinct / all character n-grams of each text; 0 for texts under 12 characters and null.

    n is 3 under 50 characters and 5 from there on, as in deduplication: a long text repeats short words by nature.
    """
    array = as_strings(texts).fill_null("")
    shares = np.zeros(len(array))
    for start, stop in blocks(array):
        part = array.slice(start, stop - start)
        lengths = code_point_counts(part)
        long = np.flatnonzero(lengths >= MIN_LENGTH)
        if not len(long):
            continue
        part, lengths = part.take(pa.array(long)), lengths[long]
        sizes = ngram_size(lengths)
        shares[start + long] = 1.0 - distinct_ngrams(part, lengths, sizes) / (lengths - sizes + 1)
    return shares


def distinct_ngrams(array: pa.StringArray, lengths: Counts, sizes: Counts) -> Counts:
    """How many different n-grams each text has; `sizes` is n by row, at most its length."""
    compiled = kernels()
    if compiled is None:
        return _distinct(array, sizes)
    found = np.zeros(len(array), dtype=np.int64)
    compiled.distinct(code_points(array), lengths, sizes, found)
    return found


def _distinct(array: pa.StringArray, sizes: Counts) -> Counts:
    """`distinct_ngrams` by numpy: sorted by row and hash, a new one begins where either changes."""
    found = np.zeros(len(array), dtype=np.int64)
    for n in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == n)
        offsets, hashes = char_ngram_hashes(array.take(pa.array(rows)), n)
        owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
        order = np.lexsort((hashes, owner))
        owner, hashes = owner[order], hashes[order]
        new = np.r_[True, (owner[1:] != owner[:-1]) | (hashes[1:] != hashes[:-1])]
        found[rows] = np.bincount(owner[new], minlength=len(rows))
    return found


def repeated_sentences(texts: Texts, rows: npt.NDArray[np.int64]) -> Shares:
    """The share of characters in sentences and lines that stood before, of the given rows; 0 for all others.

    A repeated sentence repeats its n-grams: rows without repeated n-grams need no look.
    """
    array = as_strings(texts)
    shares = np.zeros(len(array))
    for row, text in zip(rows.tolist(), array.take(pa.array(rows, pa.int64())).to_pylist(), strict=True):
        shares[row] = _repeated(text or "")
    return shares


def _repeated(text: str) -> float:
    seen: set[str] = set()
    again = total = 0
    for unit in _UNIT.findall(text):
        key = unit.strip(" \t\n。！？!?；;").casefold()
        total += len(key)
        if len(key) >= MIN_SENTENCE and key in seen:
            again += len(key)
        seen.add(key)
    return again / total if total else 0.0


def is_one_character(texts: Texts) -> pa.BooleanArray:
    """Whether a text of 4 characters and more is one character over and over: 哈哈哈哈, 1111, ----."""
    array = as_strings(texts)
    once = pc.utf8_slice_codeunits(array, 0, 1)
    return pc.and_(pc.greater_equal(pc.utf8_length(array), 4), pc.equal(pc.binary_repeat(once, pc.utf8_length(array)), array))
