"""The meaning guard: which pairs of similar texts say something different.

Marks of a kind must be equal one by one. Where their order differs, they are still the same if every mark stands beside the
same character as before: a sentence moved. 从5元上调到8元 and 从8元上调到5元 have equal marks, but none beside its old
neighbours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from washplant.text.arrow import Texts, as_strings
from washplant.text.meaning.marks import DATE, NEGATION, NUMBER, OPPOSITE, Marks, marks, named
from washplant.text.meaning.words import Lexicon
from washplant.text.ngrams import fmix64

Part = Literal["numbers", "dates", "negations", "opposites"]
PARTS: tuple[Part, ...] = get_args(Part)

_KINDS = {"numbers": NUMBER, "dates": DATE, "negations": NEGATION, "opposites": OPPOSITE}
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Guard:
    """What is compared (`parts`), and the user's own sets of opposites beside the built-in ones."""

    parts: tuple[Part, ...] = PARTS
    opposites: tuple[str, ...] = ()

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words that it knows."""
        return Lexicon(self.opposites)

    def apart(self, left: Texts, right: Texts) -> npt.NDArray[np.int8]:
        """int8[pairs]: 0 where two matching views say the same, else 1 + the position in PARTS of the first part that differs.

        Null equals nothing: a pair with one differs in the first part.
        """
        a, b = as_strings(left), as_strings(right)
        result = np.zeros(len(a), dtype=np.int8)
        result[np.asarray(a.is_null()) | np.asarray(b.is_null())] = 1
        if not self.parts or not len(a):
            return result
        ones, twos = marks(a, self.lexicon), marks(b, self.lexicon)
        for number, part in reversed(list(enumerate(PARTS, 1))):
            if part in self.parts:
                kinds = (_KINDS[part],)
                differ = _replaced if part == "opposites" else _differ
                result[differ(ones.of(kinds), twos.of(kinds), len(a))] = number
        return result

    def why(self, left: str, right: str) -> list[tuple[Part, list[str], list[str]]]:
        """For people: by part, the marks that only the left and only the right view has."""
        found: list[tuple[Part, list[str], list[str]]] = []
        ones, twos = named(left, self.lexicon), named(right, self.lexicon)
        for part in self.parts:
            here, there = (Counter(text for text, kind in one if kind == _KINDS[part]) for one in (ones, twos))
            if here != there:
                found.append((part, sorted((here - there).elements()), sorted((there - here).elements())))
        return found


def _differ(left: Marks, right: Marks, rows: int) -> Flags:
    """Rows whose marks are not the same ones."""
    counts, others = (np.bincount(one.row, minlength=rows) for one in (left, right))
    different = counts != others
    ones, twos = left.take(~different[left.row]), right.take(~different[right.row])
    unlike = (ones.value != twos.value) | ((ones.measure != twos.measure) & (ones.measure != 0) & (twos.measure != 0))
    # A negation denies what stands beside it.
    moved = (ones.kind == NEGATION) & (ones.before != twos.before) & (ones.after != twos.after)
    suspect = np.bincount(ones.row[unlike | moved], minlength=rows) > 0
    differ: Flags = different | (suspect & ~_only_moved(left, right, rows))
    return differ


def _replaced(left: Marks, right: Marks, rows: int) -> Flags:
    """Rows in which one has more of a word, the other more of its opposite; or the same of both in another order."""
    row, group, side = (np.concatenate([getattr(left, name), getattr(right, name)]) for name in ("row", "value", "measure"))
    sign = np.concatenate([np.ones(len(left.row), dtype=np.int64), np.full(len(right.row), -1)])
    place, at = np.unique(np.column_stack([row, group, side]), axis=0, return_inverse=True)
    net = np.bincount(at.reshape(-1), weights=sign, minlength=len(place))
    sets, which = np.unique(place[:, :2], axis=0, return_inverse=True)
    which = which.reshape(-1)
    more = np.bincount(which[net > 0], minlength=len(sets)) > 0
    less = np.bincount(which[net < 0], minlength=len(sets)) > 0
    replaced = np.zeros(rows, dtype=bool)
    replaced[sets[more & less, 0].astype(np.int64)] = True
    unbalanced = np.zeros(rows, dtype=bool)
    unbalanced[place[net != 0, 0].astype(np.int64)] = True
    ones, twos = left.take(~unbalanced[left.row]), right.take(~unbalanced[right.row])
    swapped = np.bincount(ones.row[(ones.value == twos.value) & (ones.measure != twos.measure)], minlength=rows) > 0
    return replaced | (swapped & ~_only_moved(left, right, rows))


def _only_moved(left: Marks, right: Marks, rows: int) -> Flags:
    """Rows whose marks stand, in whatever order, all after the same characters, or all before the same ones."""
    same = np.zeros(rows, dtype=bool)
    for side in ("before", "after"):
        ones, twos = (_sums(one, getattr(one, side), rows) for one in (left, right))
        same |= ones == twos
    return same


def _sums(found: Marks, beside: npt.NDArray[np.int64], rows: int) -> npt.NDArray[np.uint64]:
    """A hash of each row's marks with their neighbours, whatever their order."""
    mixed = fmix64((found.value * 31 + found.measure).astype(np.uint64) * _MULTIPLIER + beside.astype(np.uint64))
    total = np.zeros(rows, dtype=np.uint64)
    np.add.at(total, found.row, mixed)
    return total
