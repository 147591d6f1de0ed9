"""Papers that have no check digit: their form counts only behind a word that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw

WINDOW = 18  # characters between the word and the number at the most
_OPENING = r"(?:[^\n。！？!?;；]{{0,{window}}}?(?<![0-9A-Za-z]))"


def behind(words: str, form: str) -> re.Pattern[str]:
    """A pattern whose group 1 is `form`, behind one of `words` in the same clause."""
    opening = _OPENING.format(window=WINDOW)
    return re.compile(rf"(?:{words}){opening}({form})(?![0-9A-Za-z])", re.IGNORECASE)


def spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where group 1 of the pattern is."""
    for match in pattern.finditer(text):
        yield match.span(1)


def stand_in(found: str, draw: Draw) -> str:
    """Another number of the same spelling; I and O begin none, they look like 1 and 0."""
    plain = fold(found).text
    return ("I" if plain[0].isalpha() else "0") + draw.like(plain[1:])
