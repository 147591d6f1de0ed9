"""English names by the words around them: behind Mr and Ms, "my name is", "Name:", and "I'm" or "this is" with two parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.words import entries

_PART = r"(?!Xy)[A-Z](?:[a-z]+|'[A-Z][a-z]+|[a-z]+[A-Z][a-z]+)(?:-[A-Z][a-z]+)?"
_NAME = rf"{_PART}(?:[ ](?:[A-Z]\.[ ])?{_PART}){{0,2}}"
_END = r"(?![A-Za-z0-9])"
_TITLE = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam)\b\.?[ ]({_NAME}){_END}")
_SAID = re.compile(
    rf"\b(?:[Mm]y (?:full )?name(?: is|'s)|[Nn]ame[ ]?[:：]|[Cc]ontact person[ ]?[:：]|[Cc]all me)[ ]?({_NAME}){_END}"
)
_FULL = re.compile(rf"\b(?:I'm|I am|[Tt]his is)[ ]({_PART}[ ](?:[A-Z]\.[ ])?{_PART}){_END}")
_CLUES = ("Mr", "Ms", "Miss", "Dr", "Prof", "Sir", "Madam", "ame", "person", "all me", "I'm", "I am", "his is")
# Capital words that are no names behind a title or an introduction.
_WORDS = frozenset(entries("pii/english_no_names.txt"))


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text, not in order."""
    if not any(clue in text for clue in _CLUES):
        return
    for pattern in (_TITLE, _SAID, _FULL):
        for match in pattern.finditer(text):
            if match[1].split()[0] not in _WORDS:
                yield match.span(1)


HINT = (
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam)\b\.? [A-Z]"
    r"|\b(?:[Nn]ame(?: is|'s| ?[:：])|[Pp]erson ?[:：]|[Cc]all me|I'm|I am|[Tt]his is) ?[A-Z][a-z']"
)
