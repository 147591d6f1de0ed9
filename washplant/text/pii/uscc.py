"""Unified social credit codes of organisations (统一社会信用代码, GB 32100-2015): 18 characters, check character mod 31."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CHARACTER = r"[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]"
# The registering authority, its class, six digits of the place: written in one piece or in groups.
_CODE = re.compile(
    rf"(?<![0-9A-Za-z])(?=([1-9A-GNYa-gny][1-9A-Ga-g][ -]?\d{{6}}[ -]?{_CHARACTER}{{8}}[ -]?{_CHARACTER}[ -]?{_CHARACTER})"
    r"(?![0-9A-Za-z]))"
)
_SEPARATORS = str.maketrans("", "", " -")
_VALUE = {char: at for at, char in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, at, 31) for at in range(17))


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of credit codes in a folded text."""
    end = 0
    for match in _CODE.finditer(text):
        if match.start() >= end and is_uscc(match[1].translate(_SEPARATORS)):
            end = match.end(1)
            yield match.start(), end


def is_uscc(code: str) -> bool:
    """Whether 18 characters are a credit code."""
    values = [_VALUE[char] for char in code.upper()]
    return -sum(map(int.__mul__, values, _WEIGHTS)) % 31 == values[17]


def stand_in(found: str, draw: Draw) -> str:
    """Another code of the same spelling that begins with 0, as none does."""
    return "0" + draw.like(fold(found).text[1:])


_HINT = r"[1-9A-Ya-y][1-9A-Ga-g][ \-－]?[0-9]{6}[ \-－]?[0-9A-Ya-y]{8}"
USCC = Kind("uscc", "[统一社会信用代码]", {"number": _HINT}, find, stand_in)
