"""Words that turn a text's meaning: negations, and sets of words that exclude one another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from washplant.errors import ConfigError
from washplant.text import words


@dataclass(frozen=True)
class Turned:
    """What a word says: its set, and which side of it; 0 goes with every side. The set of negations is 0."""

    group: int
    side: int


@dataclass(frozen=True)
class Lexicon:
    """The lists of `washplant/text/data/meaning`, and sets of the user's own (`升级 / 降级`)."""

    own: tuple[str, ...] = ()

    @cached_property
    def meanings(self) -> dict[str, tuple[Turned, ...]]:
        """Word to what it says; nothing for a word that only looks like a negation or a number."""
        found: dict[str, list[Turned]] = {}
        for line in words.entries("meaning/neutral.txt"):
            found.update((word, []) for word in line.split())
        for side, line in enumerate(words.entries("meaning/negations.txt"), 1):
            heading, *denials = line.split()
            for word in denials:
                found.setdefault(word, []).append(Turned(0, 0 if heading == "not" else side))
        for group, line in enumerate([*words.entries("meaning/opposites.txt"), *self.own], 1):
            sides = line.lower().split("/")
            if len(sides) < 2 or not all(side.split() for side in sides):
                raise ConfigError(
                    f"no words that exclude one another: {line!r}", where="dedup.guard.opposites", next_step="write 升级 / 降级"
                )
            for side, alike in enumerate(sides, 1):
                for word in alike.split():
                    found.setdefault(word, []).append(Turned(group, side))
        return {word: tuple(meant) for word, meant in found.items()}

    @cached_property
    def pattern(self) -> str:
        """RE2: any of the words, the longest first; Latin ones as whole words."""
        by_length = sorted(self.meanings, key=lambda word: (-len(word), word))
        chinese = [word for word in by_length if not word.isascii()]
        latin = [word for word in by_length if word.isascii()]
        return f"(?:{'|'.join(chinese)})|\\b(?:{'|'.join(latin)})\\b"
