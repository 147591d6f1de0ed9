"""The dictionary behind `chinese_name`: surnames, titles, introductions, and what only looks like a name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from washplant.text.words import entries, table

HAN = "\u3400-\u4dbf\u4e00-\u9fff"


class NameWords(NamedTuple):
    """`common` surnames count alone before a title, `rare` ones only with a given name; `none`: words that are no names;
    `left`, `right`: characters that stand right before and behind a name in a sentence."""

    common: frozenset[str]
    rare: frozenset[str]
    compound: frozenset[str]
    given: frozenset[str]
    none: frozenset[str]
    left: frozenset[str]
    right: frozenset[str]
    titles: str
    strong: str
    weak: str

    @property
    def initials(self) -> str:
        """Every character that a surname can begin with, as the inside of a class."""
        return "".join(sorted(self.common | self.rare | {name[0] for name in self.compound}))


@lru_cache(maxsize=1)
def name_words() -> NameWords:
    """The lists in washplant/text/data/pii, read once."""
    surnames, edges = table("pii/surnames.txt"), table("pii/name_boundaries.txt")
    introductions = table("pii/name_introductions.txt")
    titles = [entry.partition(" ") for entry in entries("pii/name_titles.txt")]
    return NameWords(
        frozenset("".join(surnames["common"])),
        frozenset("".join(surnames["rare"])),
        surnames["compound"],
        frozenset("".join(entries("pii/given.txt"))),
        frozenset(" ".join(entries("pii/name_not.txt")).split()),
        edges["left"],
        edges["right"],
        "|".join(f"{title}(?![{part_of}])" if part_of else title for title, _, part_of in titles),
        _any(introductions["strong"]),
        _any(introductions["weak"]),
    )


def title_hint() -> str:
    """The titles without what may not follow, for RE2, which looks at nothing around."""
    return re.sub(r"\(\?!\[[^]]*\]\)", "", name_words().titles)


def _any(words: frozenset[str]) -> str:
    """An alternation, longest first: 户主是 before 户主."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
