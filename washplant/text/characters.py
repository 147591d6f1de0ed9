"""What characters a text is made of: one look-up per code point over whole columns, the base of every quality score."""

from __future__ import annotations

import importlib
import unicodedata
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.text.arrow import Texts, as_strings
from washplant.text.ngrams import blocks, code_point_counts, code_points
from washplant.text.words import entries

Counts = npt.NDArray[np.int32]


class Kind(IntEnum):
    """The columns of `character_counts`. Every code point has one kind; the pairs are counted beside them."""

    OTHER = 0  # letters of further scripts, marks
    SPACE = 1
    BREAK = 2
    DIGIT = 3
    PUNCTUATION = 4
    SYMBOL = 5
    EMOJI = 6
    LATIN = 7
    HAN_FREQUENT = 8  # data/common_han.txt: half of running text and more
    HAN_COMMON = 9  # the first level of GB 2312 or of Big5
    HAN_RARE = 10
    KANA = 11
    HANGUL = 12
    CYRILLIC = 13
    ARABIC = 14
    BROKEN = 15  # controls, unassigned, private use, U+FFFD
    PAIRS = 16  # two ASCII letters side by side, capitals apart
    USUAL_PAIRS = 17  # those of them in data/letter_pairs.txt


COLUMNS = len(Kind)
_TABLE_SIZE = 0x20000
_RANGES = (
    (0x0400, 0x0530, Kind.CYRILLIC),
    (0x0590, 0x0780, Kind.ARABIC),
    (0x1100, 0x1200, Kind.HANGUL),
    (0x3040, 0x3100, Kind.KANA),
    (0x3130, 0x3190, Kind.HANGUL),
    (0xAC00, 0xD7B0, Kind.HANGUL),
    (0x3400, 0x4DC0, Kind.HAN_RARE),
    (0x4E00, 0xA000, Kind.HAN_RARE),
    (0xF900, 0xFB00, Kind.HAN_RARE),
    (0x2600, 0x27C0, Kind.EMOJI),
    (0x1F000, 0x1FB00, Kind.EMOJI),
)
_CATEGORIES = {
    "Nd": Kind.DIGIT,
    "Nl": Kind.DIGIT,
    "No": Kind.DIGIT,
    "Zs": Kind.SPACE,
    "Zl": Kind.BREAK,
    "Zp": Kind.BREAK,
    "Cc": Kind.BROKEN,
    "Cn": Kind.BROKEN,
    "Co": Kind.BROKEN,
    "Cs": Kind.BROKEN,
    "Cf": Kind.SPACE,
}


def character_counts(texts: Texts) -> Counts:
    """int32[rows, COLUMNS]: how many characters of each kind a text has; 0 everywhere for null."""
    array = as_strings(texts)
    if array.null_count:
        array = array.fill_null("")
    counts = np.zeros((len(array), COLUMNS), dtype=np.int32)
    compiled = kernels()
    for start, stop in blocks(array):
        part = array.slice(start, stop - start)
        if compiled is not None:
            lengths = code_point_counts(part)
            compiled.character_counts(code_points(part), lengths, _table(), _usual_pairs(), counts[start:stop])
        else:
            counts[start:stop] = _counted(part)
    return counts


@cache
def kernels() -> Any:
    """The compiled loops; None without numba (the extra `fast`): numpy gives the same output, slower."""
    try:
        return importlib.import_module("washplant.text.kernels")
    except ImportError:
        return None


def _counted(array: pa.StringArray) -> npt.NDArray[np.int32]:
    """`character_counts` by numpy."""
    points = np.minimum(code_points(array), _TABLE_SIZE - 1)
    lengths = code_point_counts(array)
    owner = np.repeat(np.arange(len(array), dtype=np.int64), lengths)
    counts = np.bincount(owner * COLUMNS + _table()[points], minlength=len(array) * COLUMNS)
    table: Counts = counts.reshape(len(array), COLUMNS).astype(np.int32)
    if len(points) > 1:
        letters = np.where(points < 128, points, 0)
        first, second = letters[:-1], letters[1:]
        pairs = _usual_pairs()[first, second]
        pairs[owner[:-1] != owner[1:]] = 0
        table[:, Kind.PAIRS] = np.bincount(owner[:-1][pairs > 0], minlength=len(array))
        table[:, Kind.USUAL_PAIRS] = np.bincount(owner[:-1][pairs > 1], minlength=len(array))
    return table


@lru_cache(maxsize=1)
def _table() -> npt.NDArray[np.uint8]:
    """The kind of each code point; the planes beyond the table hold rare Han."""
    table = np.zeros(_TABLE_SIZE, dtype=np.uint8)
    for point in range(_TABLE_SIZE):
        category = unicodedata.category(chr(point))
        if category in _CATEGORIES:
            table[point] = _CATEGORIES[category]
        elif category[0] in "PS":
            table[point] = Kind.PUNCTUATION if category[0] == "P" else Kind.SYMBOL
    for first, end, kind in _RANGES:
        where = slice(first, end)
        keep = (table[where] == Kind.BROKEN) | (table[where] == Kind.PUNCTUATION)
        table[where] = np.where(keep & (kind != Kind.EMOJI), table[where], kind)
    for point in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        if table[point] == Kind.OTHER:
            table[point] = Kind.LATIN
    for char in _first_levels():
        table[ord(char)] = Kind.HAN_COMMON
    for char in "".join(entries("common_han.txt")):
        table[ord(char)] = Kind.HAN_FREQUENT
    table[[0x0A, 0x0D]] = Kind.BREAK
    table[0x09] = Kind.SPACE
    table[0xFFFD] = Kind.BROKEN
    table[-1] = Kind.HAN_RARE
    return table


def _first_levels() -> str:
    """The characters in common use: GB 2312 rows 16-55, Big5 A440-C67E."""
    simplified = bytes(byte for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    cells = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    traditional = bytes(byte for row in range(0xA4, 0xC7) for cell in cells for byte in (row, cell))
    return simplified.decode("gb2312", "ignore") + traditional.decode("big5", "ignore")[:5401]


@lru_cache(maxsize=1)
def _usual_pairs() -> npt.NDArray[np.uint8]:
    """uint8[128, 128]: 2 for a usual pair of letters, 1 for another, 0 for what is no pair or has a capital behind it."""
    table = np.zeros((128, 128), dtype=np.uint8)
    small = [*range(ord("a"), ord("z") + 1)]
    large = [*range(ord("A"), ord("Z") + 1)]
    table[np.ix_(small + large, small)] = 1
    for pair in " ".join(entries("letter_pairs.txt")).split():
        for first in (pair[0], pair[0].upper()):
            table[ord(first), ord(pair[1])] = 2
    return table
