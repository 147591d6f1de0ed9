"""What differs between two texts, character by character: Chinese has no words to compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from washplant.report.data import Pair

SAME, DIFFERS, SKIPPED = "same", "differs", "skipped"
MIN_EQUAL = 2  # a single equal character between two differences is chance
CONTEXT = 40  # equal characters shown on either side of a difference


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: the same in both, different, or the same and `count` characters long but not shown."""

    kind: str
    text: str = ""
    count: int = 0


@dataclass(frozen=True)
class Row:
    """Turns that lie side by side; a role is None where a sample has no such turn."""

    removed_role: str | None
    removed: tuple[Piece, ...]
    kept_role: str | None
    kept: tuple[Piece, ...]


def side_by_side(pair: Pair) -> list[Row]:
    """The pair's turns in their order, with the differences of each."""
    rows = []
    for removed, kept in zip_longest(pair.removed.turns, pair.kept.turns):
        left, right = differing(removed.text if removed else "", kept.text if kept else "")
        rows.append(Row(removed.role if removed else None, left, kept.role if kept else None, right))
    return rows


def differing(left: str, right: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces, long equal stretches cut to what lies beside a difference."""
    lefts: list[Piece] = []
    rights: list[Piece] = []
    spans = _spans(left, right)
    for number, (equal, a, b, c, d) in enumerate(spans):
        if equal:
            pieces = list(_shortened(left[a:b], first=number == 0, last=number == len(spans) - 1))
            lefts += pieces
            rights += pieces
        else:
            lefts += [Piece(DIFFERS, left[a:b])] if b > a else []
            rights += [Piece(DIFFERS, right[c:d])] if d > c else []
    return tuple(lefts), tuple(rights)


def _spans(left: str, right: str) -> list[tuple[bool, int, int, int, int]]:
    """(equal, start and end in left, start and end in right); equal and differing spans alternate."""
    merged: list[tuple[bool, int, int, int, int]] = []
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for number, (tag, a, b, c, d) in enumerate(codes):
        inner = 0 < number < len(codes) - 1
        equal = tag == "equal" and not (inner and b - a < MIN_EQUAL)
        if merged and merged[-1][0] == equal:
            _, start, _, other, _ = merged.pop()
            merged.append((equal, start, b, other, d))
        else:
            merged.append((equal, a, b, c, d))
    return merged


def _shortened(text: str, *, first: bool, last: bool) -> Iterator[Piece]:
    """Equal text; where it is long, its middle (its start and end at the text's own ends) is left out."""
    head = CONTEXT if first == last else 0 if first else CONTEXT
    tail = CONTEXT if first == last else 0 if last else CONTEXT
    skipped = len(text) - head - tail
    if skipped <= CONTEXT:
        yield Piece(SAME, text)
        return
    if head:
        yield Piece(SAME, text[:head])
    yield Piece(SKIPPED, count=skipped)
    if tail:
        yield Piece(SAME, text[len(text) - tail :])
