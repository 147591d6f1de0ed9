"""The marks of matching views: what in them turns the meaning, found for all of them in one pass of Arrow's RE2.

Python sees each distinct mark once, never a row.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.meaning.quantities import PATTERN, quantities
from washplant.text.meaning.words import Lexicon

NUMBER, DATE, NEGATION, OPPOSITE = range(4)
_EDGE = "\x01"  # matching views hold no control characters but the line break

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Marks:
    """The marks of many texts in their order. `row`: which text; `kind`; `value`: what must be equal; `measure`: must be
    equal as well, where neither is 0; `before`, `after`: the characters that the mark stands between, as codes."""

    row: Ints
    kind: Ints
    value: Ints
    measure: Ints
    before: Ints
    after: Ints

    def of(self, kinds: tuple[int, ...]) -> Marks:
        """Marks of some kinds."""
        return self.take(np.isin(self.kind, kinds))

    def take(self, chosen: npt.NDArray[np.bool_]) -> Marks:
        """The chosen marks, in their order."""
        return Marks(*(getattr(self, name)[chosen] for name in ("row", "kind", "value", "measure", "before", "after")))


def marks(views: pa.StringArray, lexicon: Lexicon) -> Marks:
    """The marks of every view."""
    # `march3` and `3days`: word boundaries are found where a space is.
    spaced = pc.replace_substring_regex(views, "([a-z])([0-9])", r"\1 \2")
    spaced = pc.replace_substring_regex(spaced, "([0-9])([a-z])", r"\1 \2")
    marked = pc.replace_substring_regex(spaced, f"{lexicon.pattern}|{PATTERN}", f"{_EDGE}\\0{_EDGE}")
    pieces = pc.split_pattern(marked, _EDGE)
    lengths = np.asarray(pc.fill_null(pc.list_value_length(pieces), 0), dtype=np.int64)
    texts = pieces.flatten()
    owner = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(texts)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at = np.flatnonzero(place % 2 == 1)  # text, mark, text, mark, text
    found = pc.dictionary_encode(texts.take(pa.array(at)))
    meant = [_meant(text, lexicon) for text in found.dictionary.to_pylist()]
    each = np.array([len(one) for one in meant], dtype=np.int64)
    flat = np.array([code for one in meant for code in one], dtype=np.int64).reshape(-1, 3)
    which = found.indices.to_numpy()
    repeats = each[which]
    start = np.cumsum(each) - each
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    rows = np.repeat(start[which], repeats) + within
    kind, value, measure = flat[rows].T if len(flat) else np.zeros((3, 0), dtype=np.int64)
    # Where two marks meet, the neighbour is the other mark.
    width = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    left = np.where((width[at - 1] == 0) & (place[at] > 1), at - 2, at - 1)
    right = np.where((width[at + 1] == 0) & (place[at] + 2 < lengths[owner[at]]), at + 2, at + 1)
    before = _codes(pc.utf8_slice_codeunits(texts.take(pa.array(left)), -1))
    after = _codes(pc.utf8_slice_codeunits(texts.take(pa.array(right)), 0, 1))
    return Marks(np.repeat(owner[at], repeats), kind, value, measure, np.repeat(before, repeats), np.repeat(after, repeats))


def _meant(text: str, lexicon: Lexicon) -> list[tuple[int, int, int]]:
    """(kind, value, measure) of what one mark says; nothing for words that only look like one."""
    turned = lexicon.meanings.get(text)
    if turned is not None:
        return [(OPPOSITE, one.group, one.side) if one.group else (NEGATION, 1, one.side) for one in turned]
    return [(DATE if one.date else NUMBER, _code(one.value), _code(one.kind) if one.kind else 0) for one in quantities(text)]


def _code(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")


def _codes(chars: pa.StringArray) -> Ints:
    """Single characters as code points; 0 for none."""
    coded = pc.dictionary_encode(chars)
    values = np.array([ord(char) if char else 0 for char in coded.dictionary.to_pylist()], dtype=np.int64)
    return values[coded.indices.to_numpy()] if len(values) else np.zeros(0, dtype=np.int64)


def named(view: str, lexicon: Lexicon) -> list[tuple[str, int]]:
    """(mark, kind) of one view, for people."""
    spaced = re.sub("(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])", " ", view)
    found = [match[0] for match in re.finditer(f"{lexicon.pattern}|{PATTERN}", spaced)]
    return [(text, kind) for text in found for kind in sorted({one[0] for one in _meant(text, lexicon)})]
