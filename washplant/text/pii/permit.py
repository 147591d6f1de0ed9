"""Papers of Hong Kong, Macau and Taiwan: travel permits either way, and Hong Kong and Taiwan identity cards by their check."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.pii.kind import Kind
from washplant.text.pii.papers import behind, spans, stand_in

_WORDS = "通行证|回乡证|台胞证|返乡证|来往内地|居住证|permit"
# H and M: to the mainland (eight digits, once ten); C, CA.., W, T, L, K: from it; Taiwan's to the mainland: eight digits.
_PERMIT = behind(_WORDS, r"[HMCWTLK][ ]?\d{8}(?:\d{2})?|C[A-HJ-NP-Z][ ]?\d{7}")
_TAIWAN_PERMIT = behind(r"台胞证(?:号码?)?[ ]?[:：是为]?[ ]?|台湾居民来往大陆通行证(?:号码?)?[ ]?[:：是为]?[ ]?", r"[1-9]\d{7}")
_HONG_KONG = re.compile(r"(?<![0-9A-Za-z])([A-Z]{1,2})(\d{6})[ ]?[(]([0-9A])[)]")
_TAIWAN = re.compile(r"(?<![0-9A-Za-z_./=-])([A-Z])([12]\d{8})(?![0-9A-Za-z])")
_REGIONS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # Taiwan's letters in the order of their numbers, from 10 on


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of permits and identity cards in a folded text."""
    found = {*spans(_PERMIT, text), *spans(_TAIWAN_PERMIT, text)}
    found |= {match.span() for match in _HONG_KONG.finditer(text) if is_hong_kong(*match.groups())}
    found |= {match.span() for match in _TAIWAN.finditer(text) if is_taiwan(match[1], match[2]) and _named(text, match.start())}
    end = 0
    for start, stop in sorted(found):
        if start >= end:
            yield start, stop
            end = stop


def is_hong_kong(letters: str, digits: str, check: str) -> bool:
    """Whether it is a Hong Kong identity card: letters A = 10 …, a blank 36, weights 9 to 1, mod 11, with A for 10."""
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters] + [int(digit) for digit in digits]
    values.append(10 if check == "A" else int(check))
    return sum(weight * value for weight, value in zip(range(9, 0, -1), values, strict=True)) % 11 == 0


def is_taiwan(letter: str, digits: str) -> bool:
    """Whether it is a Taiwanese identity card: the letter's number and nine digits, weights 1 9 8 … 1 1, mod 10."""
    number = _REGIONS.index(letter) + 10
    values = [number // 10, number % 10, *map(int, digits)]
    return sum(weight * value for weight, value in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), values, strict=True)) % 10 == 0


def _named(text: str, start: int) -> bool:
    """Whether a word before it says that it is a person's paper: one code in ten passes the check by chance."""
    return bool(re.search(r"身份证|证件|台湾|台胞|ID (?:card|no|number)", text[max(0, start - 20) : start]))


_HINT = rf"(?i:{_WORDS})|[A-Za-z][0-9]{{6}} ?[(（][0-9A]|[A-Z][12][0-9]{{8}}"
PERMIT = Kind("permit", "[通行证号]", {"word": _HINT}, find, stand_in)
