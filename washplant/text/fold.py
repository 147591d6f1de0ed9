"""A width-folded view of a text for matching numbers, and the way back to exact offsets in the original.

Every decimal digit becomes 0-9, every space ` `, every dash `-`, full-width letters, `+ . ( )` their ASCII forms, one code
point for one. Code points that show nothing (zero-width, variation selectors, keycaps, bidi marks) are left out, because
they would hide a number from a rule and not from a reader; `Folded.span` maps offsets back.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

INVISIBLE = r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u20e3"
_INVISIBLE_RUN = re.compile(f"[{INVISIBLE}]+")
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_ASCII_FORMS = {"＋": "+", "．": ".", "﹒": ".", "（": "(", "）": ")", "﹙": "(", "﹚": ")"}


class Folded(NamedTuple):
    """`text` to match on; `origin[i]` is where its i-th code point stands in the original, None when they are the same."""

    text: str
    origin: Sequence[int] | None
    length: int  # of the original

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets of text[start:end] (end > start), with the invisible code points that follow."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end] if end < len(self.origin) else self.length


def fold(text: str) -> Folded:
    """The folded view of `text`."""
    folded = text if text.isascii() else text.translate(_table())
    if folded.isascii() or not _INVISIBLE_RUN.search(folded):
        return Folded(folded, None, len(text))
    origin: list[int] = []
    begin = 0
    for gap in _INVISIBLE_RUN.finditer(folded):
        origin.extend(range(begin, gap.start()))
        begin = gap.end()
    origin.extend(range(begin, len(folded)))
    return Folded(_INVISIBLE_RUN.sub("", folded), origin, len(text))


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Code point to its folded form; 0.1 s to make, once per process."""
    table = {ord(char): form for char, form in _ASCII_FORMS.items()}
    table.update((ord(char), " ") for char in _SPACES)
    table.update((ord(char), "-") for char in _DASHES)
    for point in range(0x80, sys.maxunicode + 1):
        digit = unicodedata.decimal(chr(point), None)
        if digit is not None:
            table[point] = str(digit)
    for offset in range(26):
        table[0xFF21 + offset] = chr(0x41 + offset)
        table[0xFF41 + offset] = chr(0x61 + offset)
    return table
