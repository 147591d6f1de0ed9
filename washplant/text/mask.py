"""Personal data out of the text, before anything writes it anywhere: mobile numbers and resident identity numbers."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from washplant.errors import ConfigError
from washplant.text import mobile, resident_id
from washplant.text.arrow import Texts, as_strings, put_rows, rows_where
from washplant.text.fold import fold

PLACEHOLDERS = {"mobile": "[手机号]", "resident_id": "[身份证号]"}

# Identity numbers first: eleven of their digits may look like a mobile number.
_FINDERS: dict[str, Callable[[str, int, int], Iterator[tuple[int, int]]]] = {
    "resident_id": resident_id.find,
    "mobile": mobile.find,
}

# Both kinds hold eleven digits with at most separators and invisible characters between them: a cheap necessary
# condition that RE2 checks on whole columns, so that only rows with a long number reach Python.
_MAY_MATCH = r"(?:\p{Nd}[^\p{L}\p{Nd}\n,，。、;；:：!?！？]*){10}\p{Nd}"

# Where in a folded text a number can be at all; as long as possible, so no number goes on beyond it.
_STRETCH = re.compile(r"[0-9(+][0-9 ().+-]{10,}[Xx]?")

Span = tuple[int, int, str]


class Masked(NamedTuple):
    """The masked texts, and per kind how many were masked in each row (int32, 0 for null rows)."""

    texts: pa.StringArray
    counts: dict[str, pa.Int32Array]


def mask(texts: Texts, kinds: Sequence[str] = ("mobile", "resident_id")) -> Masked:
    """Replace personal numbers by `PLACEHOLDERS`; idempotent; nulls stay null.

    Numbers are found on a width-folded view and replaced at exact offsets, so the rest of the text stays as it is.
    Raises ConfigError for an unknown kind.
    """
    unknown = sorted(set(kinds) - set(PLACEHOLDERS))
    if unknown:
        raise ConfigError(f"unknown personal data: {', '.join(unknown)}", next_step=f"use {', '.join(PLACEHOLDERS)}")
    array = as_strings(texts)
    rows = rows_where(pc.match_substring_regex(array, _MAY_MATCH))
    counts = {kind: np.zeros(len(array), dtype=np.int32) for kind in kinds}
    changed: dict[int, str] = {}
    for row, text in zip(rows.tolist(), array.take(pa.array(rows, pa.int64())).to_pylist(), strict=True):
        masked, found = mask_text(text, kinds)
        if found:
            changed[row] = masked
        for kind in found:
            counts[kind][row] += 1
    if changed:
        array = put_rows(array, np.fromiter(changed, dtype=np.int64), pa.array(list(changed.values()), pa.string()))
    return Masked(array, {kind: pa.array(count) for kind, count in counts.items()})


def mask_text(text: str, kinds: Sequence[str]) -> tuple[str, list[str]]:
    """One text masked, and the kind of each replacement.

    Repeated until nothing is found: a replaced number no longer makes its neighbour part of a longer one.
    """
    found: list[str] = []
    while spans := _spans(text, kinds):
        pieces, end = [], 0
        for start, stop, kind in spans:
            pieces += [text[end:start], PLACEHOLDERS[kind]]
            end = stop
            found.append(kind)
        text = "".join(pieces) + text[end:]
    return text, found


def _spans(text: str, kinds: Sequence[str]) -> list[Span]:
    """(start, end, kind) in the original text, in order; where two overlap the kind named first in _FINDERS wins."""
    folded = fold(text)
    found: list[Span] = []
    for stretch in _STRETCH.finditer(folded.text):
        taken: list[Span] = []
        for kind, find in _FINDERS.items():
            if kind in kinds:
                spans = find(folded.text, *stretch.span())
                taken = sorted(taken + [(*span, kind) for span in (_free(taken, spans) if taken else spans)])
        found += taken
    return [(*folded.span(start, stop), kind) for start, stop, kind in found]


def _free(taken: list[Span], spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those of `spans` that overlap none of `taken`; both in order."""
    for start, stop in spans:
        after = bisect.bisect_left(taken, (stop,))  # the first taken span that begins at or behind stop
        if not after or taken[after - 1][1] <= start:
            yield start, stop
