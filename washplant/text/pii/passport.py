"""Passports: China's (E, EA to EZ, G, D, S, P and digits, nine characters), others behind the words "passport no"."""

from __future__ import annotations

from collections.abc import Iterator

from washplant.text.pii.kind import Kind
from washplant.text.pii.papers import behind, spans, stand_in

_WORDS = "护照|passport|出入境证件"
_CHINESE = behind(_WORDS, r"(?:[EGDSP]|E[A-HJ-NP-Z]|[DSP]E)[ ]?(?:\d{8}|(?<=[A-Za-z]{2})\d{7}|(?<=[A-Za-z]{2} )\d{7})")
_FOREIGN = behind(
    r"护照(?:号码?)[ ]?[:：是为]?|passport (?:no|number)\.?[ ]?(?:is)?[:：]?",
    r"(?=[A-Z]{0,2}\d)[A-HJ-NP-Z1-9][A-Z0-9]\d{5,7}",
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of passport numbers in a folded text."""
    end = 0
    for start, stop in sorted({*spans(_CHINESE, text), *spans(_FOREIGN, text)}):
        if start >= end:
            yield start, stop
            end = stop


PASSPORT = Kind("passport", "[护照号]", {"word": f"(?i:{_WORDS})"}, find, stand_in)
