"""The form in which two texts are compared. Only compared: what is exported keeps its own punctuation (FIELD-NOTES §6)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings, put_rows, rows_where

# Punctuation, symbols, spaces, controls and format characters; variation selectors and the keycap, which modify a symbol.
# Private-use characters stay: they are somebody's Chinese characters or emoji.
_NOISE = r"[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\x{FE00}-\x{FE0F}\x{20E3}\x{E0100}-\x{E01EF}]+"
_SPACE = r"[\p{Z}\p{Cc}\p{Cf}]+"

# NFKC leaves these alone or makes of them only what _NOISE removes anyway, so most Chinese rows need no NFKC at all.
_NEEDS_NFKC = (
    r"[^\x00-\x{7F}\x{4E00}-\x{9FFF}\x{2010}-\x{2016}\x{2018}-\x{201F}\x{2025}\x{2026}\x{3000}-\x{3020}"
    r"\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF20}\x{FF3B}-\x{FF40}\x{FF5B}-\x{FF65}]"
)


def matching_view(texts: Texts) -> pa.StringArray:
    """NFKC, lower case, without punctuation, symbols and white space; digits and letters stay; nulls stay null.

    A text of nothing but punctuation or emoji keeps its NFKC form, so `？？？` and `👍` do not become equal; the view is
    empty only where the text is (white space, control and zero-width characters apart).
    """
    array = as_strings(texts)
    composed = _nfkc(pc.utf8_lower(_nfkc(array)))
    views = pc.replace_substring_regex(composed, _NOISE, "")
    emptied = rows_where(pc.equal(pc.binary_length(views), 0))
    if not len(emptied):
        return views
    rows = pa.array(emptied)
    kept = pc.replace_substring_regex(pc.utf8_normalize(array.take(rows), "NFKC"), _SPACE, "")
    return put_rows(views, emptied, kept)


def _nfkc(array: pa.StringArray) -> pa.StringArray:
    rows = rows_where(pc.match_substring_regex(array, _NEEDS_NFKC))
    if len(rows) == len(array):
        return pc.utf8_normalize(array, "NFKC")
    if not len(rows):
        return array
    return put_rows(array, rows, pc.utf8_normalize(array.take(pa.array(rows)), "NFKC"))

