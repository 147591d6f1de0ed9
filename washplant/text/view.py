"""The form in which two texts are compared; what is exported keeps its own punctuation (FIELD-NOTES §6)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings, put_rows, rows_where
from washplant.text.ngrams import blocks, code_point_counts, code_points

# Punctuation, symbols, spaces, controls, format characters; variation selectors and the keycap, which modify a symbol.
# Private-use characters stay: they are somebody's Chinese characters or emoji.
_NOISE = r"[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\x{FE00}-\x{FE0F}\x{20E3}\x{E0100}-\x{E01EF}]+"
_SPACE = r"[\p{Z}\p{Cc}\p{Cf}]+"

# 50% is not 50, nor $5 ¥5; these say so alone, wherever they stand.
_MEANT = "%‰¥$€£≤≥"

# Code points whose view depends on their neighbours (combining marks, conjoining and half-width Hangul) or has several
# code points (㎏), and all beyond the table: rows with one of them take the long way.
_TABLE_SIZE = 0x20000
_LONG_WAY = 0xFFFFFFFF
_CONTEXTUAL = r"^(?:\p{M}|[\x{1100}-\x{11FF}\x{A960}-\x{A97F}\x{D7B0}-\x{D7FF}\x{FFA0}-\x{FFDC}])$"
_MODIFIERS = ((0xFE00, 0xFE10), (0x20E3, 0x20E4), (0xE0001, 0xE0080), (0xE0100, 0xE01F0))

# What stands between two digits is part of what they say: 1.5, 10:30, 3-5 and 1、3 are four things, and none is 15.
_BETWEEN_DIGITS = {".": "点", "．": "点", ":": "时", "：": "时"} | dict.fromkeys("/-~～–—－−〜至", "至")
_THOUSANDS = (ord(","), ord("，"))
_JOINERS = tuple(map(ord, "'’‘`´\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # can't is cant; what is not seen parts no word
_COMPARED = tuple(map(ord, "<>＜＞"))
_MINUS = tuple(map(ord, "-−－"))
_BEFORE_MINUS = tuple(map(ord, " \u3000\t(（:：=＝"))

Points = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


def matching_view(texts: Texts) -> pa.StringArray:
    """NFKC, lower case, without punctuation, symbols and white space; digits and letters stay; nulls stay null.

    What parts two words in Latin letters, or two numbers, leaves one space: `can tell` is not `cant ell`. Signs inside
    numbers stay as 点, 时 and 至, thousands separators do not; of symbols `%‰¥$€£≤≥` stay, and `<`, `>`, `-` before a digit.
    A text of nothing but punctuation or emoji keeps its NFKC form, so `？？？` and `👍` do not become equal; the view
    is empty only where the text is (white space, control and zero-width characters apart).
    """
    array = as_strings(texts)
    views = pa.chunked_array([_block(array.slice(a, b - a)) for a, b in blocks(array)], pa.string()).combine_chunks()
    emptied = rows_where(pc.and_(pc.equal(pc.binary_length(views), 0), pc.greater(pc.binary_length(array), 0)))
    if not len(emptied):
        return views
    kept = pc.utf8_normalize(array.take(pa.array(emptied)), "NFKC")
    return put_rows(views, emptied, pc.replace_substring_regex(kept, _SPACE, ""))


def unspaced(views: pa.StringArray) -> pa.StringArray:
    """Views without the spaces between words, for lists of phrases that are written in any way."""
    return pc.replace_substring(views, " ", "")


def _block(array: pa.StringArray) -> pa.StringArray:
    """Views by table: one look-up per code point over the whole block, about four times as fast as the long way."""
    points = code_points(array)
    ends = _ends(array)
    mapped = _table()[np.minimum(points, _TABLE_SIZE - 1)]
    hard = np.flatnonzero(mapped == _LONG_WAY)
    if len(hard):
        mapped[hard] = 0
    _part_words(points, mapped, ends)
    views = _from_points(mapped, ends, array)
    if not len(hard):
        return views
    rows = np.unique(np.searchsorted(ends, hard, side="right") - 1)
    return put_rows(views, rows, _long_way(array.take(pa.array(rows))))


def _ends(array: pa.StringArray) -> npt.NDArray[np.int64]:
    ends = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(code_point_counts(array), out=ends[1:])
    return ends


def _part_words(points: Points, mapped: Points, ends: npt.NDArray[np.int64]) -> None:
    """Put into `mapped`, in place of dropped code points, what parts two words or numbers."""
    latin = _latin(mapped)
    kept = np.flatnonzero(latin)  # between any others nothing is put
    if not len(kept):
        return
    digit = (mapped[kept] >= 0x30) & (mapped[kept] <= 0x39)
    at = np.flatnonzero((kept[1:] - kept[:-1] > 1) & (digit[1:] == digit[:-1]))
    left, right = kept[at], kept[at + 1]
    # Only noise lies between them, in one row; sums tell how many code points of a stretch are kept.
    total = np.concatenate([[0], np.cumsum(mapped > 0)])
    alone = (total[right] == total[left + 1]) & (np.searchsorted(ends, left, "right") == np.searchsorted(ends, right, "right"))
    at, left, right = at[alone], left[alone], right[alone]
    sign = points[left + 1]
    sign = np.where(np.isin(sign, _BEFORE_MINUS[:3]), points[right - 1], sign)
    single, digits = right - left == 2, digit[at]
    joined = single & np.isin(sign, _JOINERS)
    joined |= single & digits & np.isin(sign, _THOUSANDS) & _three_digits(mapped, right)
    put = np.full(len(at), ord(" "), dtype=np.uint32)
    for char, word in _BETWEEN_DIGITS.items():
        put[digits & (sign == ord(char))] = ord(word)
    mapped[left[~joined] + 1] = put[~joined]
    _sign_numbers(points, mapped, ends, kept[digit])


def _sign_numbers(points: Points, mapped: Points, ends: npt.NDArray[np.int64], digits: npt.NDArray[np.int64]) -> None:
    """Keep <, > and a minus before a number; a dash after a word, and one that begins a line, is no minus."""
    inside = digits[(digits > 0) & ~np.isin(digits, ends)]
    before = inside[np.isin(points[inside - 1], _COMPARED + _MINUS)] - 1
    sign = points[before]
    compares = np.isin(sign, _COMPARED)
    after = np.isin(points[np.maximum(before - 1, 0)], _BEFORE_MINUS) & ~np.isin(before, ends) & (before > 0)
    mapped[before[compares]] = np.where(np.isin(sign[compares], _COMPARED[::2]), ord("<"), ord(">"))
    mapped[before[~compares & after]] = ord("-")


def _latin(mapped: Points) -> Flags:
    """Digits and Latin letters, as they stand in a view."""
    small = (mapped >= 0x61) & (mapped <= 0x7A) | (mapped >= 0x30) & (mapped <= 0x39)
    return small | (mapped >= 0xC0) & (mapped <= 0x24F)


def _three_digits(mapped: Points, start: npt.NDArray[np.int64]) -> Flags:
    """Whether exactly three digits begin there."""
    found = np.ones(len(start), dtype=bool)
    for step in range(4):
        place = start + step
        char = np.where(place < len(mapped), mapped[np.minimum(place, len(mapped) - 1)], 0)
        found &= ((char >= 0x30) & (char <= 0x39)) == (step < 3)
    return found


def _from_points(mapped: Points, ends: npt.NDArray[np.int64], like: pa.StringArray) -> pa.StringArray:
    """The code points other than 0, row by row, as text; null where `like` is."""
    size = (mapped > 0).astype(np.int8)
    for limit in (0x7F, 0x7FF, 0xFFFF):
        size += mapped > limit
    total = np.zeros(len(mapped) + 1, dtype=np.int32)
    np.cumsum(size, out=total[1:])
    text = mapped[mapped > 0].tobytes().decode("utf-32-le").encode()
    validity = pc.is_valid(like).buffers()[1] if like.null_count else None
    return pa.Array.from_buffers(pa.string(), len(like), [validity, pa.py_buffer(total[ends]), pa.py_buffer(text)])


def _composed(array: pa.StringArray) -> pa.StringArray:
    return pc.utf8_normalize(pc.utf8_lower(pc.utf8_normalize(array, "NFKC")), "NFKC")


def _long_way(array: pa.StringArray) -> pa.StringArray:
    """Views of rows whose code points have to be composed first; then each is kept as it is, or noise."""
    composed = _composed(array)
    points, ends = code_points(composed), _ends(composed)
    mapped = np.where(points < _TABLE_SIZE, _table()[np.minimum(points, _TABLE_SIZE - 1)], points)
    mapped = np.where(mapped == _LONG_WAY, points, mapped).astype(np.uint32)
    for first, end in _MODIFIERS:
        mapped[(points >= first) & (points < end)] = 0
    _part_words(points, mapped, ends)
    return _from_points(mapped, ends, composed)


@lru_cache(maxsize=1)
def _table() -> Points:
    """The view of each code point alone, as a code point: 0 for nothing, _LONG_WAY where that is not enough."""
    points = [point for point in range(_TABLE_SIZE) if not 0xD800 <= point < 0xE000]
    alone = pa.array([chr(point) for point in points])
    composed = _composed(alone)
    meant = pc.is_in(composed, pa.array(list(_MEANT)))
    views = pc.if_else(meant, composed, pc.replace_substring_regex(composed, _NOISE, ""))
    contextual = np.asarray(pc.match_substring_regex(alone, _CONTEXTUAL))
    sizes = code_point_counts(views)
    values = np.zeros(len(points), dtype=np.uint32)
    values[sizes == 1] = code_points(pc.if_else(pa.array(sizes == 1), views, ""))
    values[contextual | (sizes > 1)] = _LONG_WAY
    table = np.full(_TABLE_SIZE, _LONG_WAY, dtype=np.uint32)
    table[points] = values
    return table
