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

# 1.5 and 15, 3-5 and 35, 10:30 and 1030 are different numbers, 1,000 and 1000 are not.
_THOUSANDS = r"([0-9０-９])[,，]([0-9０-９]{3})"
_BETWEEN_DIGITS = r"([0-9０-９])[.．:：/\-~～–—]+([0-9０-９])"
_APART = r"\1点\2"

# Code points whose view depends on their neighbours (combining marks, conjoining and half-width Hangul) or has several
# code points (㎏), and all beyond the table: rows with one of them take the long way.
_TABLE_SIZE = 0x20000
_LONG_WAY = 0xFFFFFFFF
_CONTEXTUAL = r"^(?:\p{M}|[\x{1100}-\x{11FF}\x{A960}-\x{A97F}\x{D7B0}-\x{D7FF}\x{FFA0}-\x{FFDC}])$"

Points = npt.NDArray[np.uint32]


def matching_view(texts: Texts) -> pa.StringArray:
    """NFKC, lower case, without punctuation, symbols and white space; digits and letters stay; nulls stay null.

    A text of nothing but punctuation or emoji keeps its NFKC form, so `？？？` and `👍` do not become equal; the view
    is empty only where the text is (white space, control and zero-width characters apart).
    """
    array = _numbers_apart(as_strings(texts))
    views = pa.chunked_array([_block(array.slice(a, b - a)) for a, b in blocks(array)], pa.string()).combine_chunks()
    emptied = rows_where(pc.and_(pc.equal(pc.binary_length(views), 0), pc.greater(pc.binary_length(array), 0)))
    if not len(emptied):
        return views
    kept = pc.utf8_normalize(array.take(pa.array(emptied)), "NFKC")
    return put_rows(views, emptied, pc.replace_substring_regex(kept, _SPACE, ""))


def _numbers_apart(array: pa.StringArray) -> pa.StringArray:
    """A character in place of punctuation inside numbers, which would vanish with all other punctuation."""
    array = pc.replace_substring_regex(array, _THOUSANDS, r"\1\2")
    # Twice: in 1.2.3 the second match begins where the first has ended.
    for _ in range(2):
        array = pc.replace_substring_regex(array, _BETWEEN_DIGITS, _APART)
    return array


def _block(array: pa.StringArray) -> pa.StringArray:
    """Views by table: one look-up per code point over the whole block, about four times as fast as the long way."""
    points = code_points(array)
    ends = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(code_point_counts(array), out=ends[1:])
    mapped = _table()[np.minimum(points, _TABLE_SIZE - 1)]
    hard = np.flatnonzero(mapped == _LONG_WAY)
    if len(hard):
        mapped[hard] = 0
    views = _from_points(mapped, ends, array)
    if not len(hard):
        return views
    rows = np.unique(np.searchsorted(ends, hard, side="right") - 1)
    return put_rows(views, rows, _long_way(array.take(pa.array(rows))))


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


def _long_way(array: pa.StringArray) -> pa.StringArray:
    composed = pc.utf8_normalize(pc.utf8_lower(pc.utf8_normalize(array, "NFKC")), "NFKC")
    return pc.replace_substring_regex(composed, _NOISE, "")


@lru_cache(maxsize=1)
def _table() -> Points:
    """The view of each code point alone, as a code point: 0 for nothing, _LONG_WAY where that is not enough."""
    points = [point for point in range(_TABLE_SIZE) if not 0xD800 <= point < 0xE000]
    alone = pa.array([chr(point) for point in points])
    views = _long_way(alone)
    contextual = np.asarray(pc.match_substring_regex(alone, _CONTEXTUAL))
    sizes = code_point_counts(views)
    values = np.zeros(len(points), dtype=np.uint32)
    values[sizes == 1] = code_points(pc.if_else(pa.array(sizes == 1), views, ""))
    values[contextual | (sizes > 1)] = _LONG_WAY
    table = np.full(_TABLE_SIZE, _LONG_WAY, dtype=np.uint32)
    table[points] = values
    return table
