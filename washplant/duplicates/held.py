"""What the meaning guard holds apart: pairs that are similar enough and do not say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.duplicates.views import Views
from washplant.text.meaning import PARTS, Guard
from washplant.text.view import matching_view

EXAMPLES = 3
"""Examples of each part; a hundred thousand pairs may differ in a number."""

_SHOWN = 80
_BYTES_AT_ONCE = 1 << 24


@dataclass(frozen=True)
class Meaning:
    """The guard, and whether the texts compared are matching views already, as it wants them."""

    guard: Guard
    matching: bool = True

    def differs(self, left: Views, rows: npt.NDArray[Any], right: Views, others: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
        """`Guard.apart` of pairs of one portion (`views.portions`), a few megabytes of text at a time."""
        result = np.zeros(len(rows), dtype=np.int8)
        if not len(rows):
            return result
        ones, i = left.batch(rows)
        twos, j = right.batch(others)
        bytes_ = np.diff(_ends(ones))[i].astype(np.int64) + np.diff(_ends(twos))[j]
        for chosen in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(np.cumsum(bytes_) // _BYTES_AT_ONCE)) + 1):
            result[chosen] = self.guard.apart(self._views(ones, i[chosen]), self._views(twos, j[chosen]))
        return result

    def _views(self, texts: pa.StringArray, rows: npt.NDArray[Any]) -> pa.StringArray:
        chosen = texts.take(pa.array(rows))
        return chosen if self.matching else matching_view(chosen)

    def why(self, left: str, right: str) -> list[tuple[str, list[str], list[str]]]:
        """`Guard.why` of two texts as they are compared."""
        ones, twos = (text if self.matching else matching_view(pa.array([text]))[0].as_py() for text in (left, right))
        return list(self.guard.why(ones, twos))


@dataclass(frozen=True)
class Held:
    """counts: held pairs by the first part in which they differ; examples: a few of each, for people."""

    counts: dict[str, int]
    examples: list[dict[str, Any]]


@dataclass(frozen=True)
class HeldPairs:
    """Pairs of new rows and rows of `others`; place: int64[pairs, 2], where both stand in the order of preference."""

    others: Views
    row: npt.NDArray[Any]
    other: npt.NDArray[Any]
    place: npt.NDArray[Any]
    similarity: npt.NDArray[Any]
    differs: npt.NDArray[np.int8]


def told(meaning: Meaning, views: Views, found: Sequence[HeldPairs]) -> Held:
    """Counts and examples. The examples are the same ones for any order of the input."""
    counts: dict[str, int] = {}
    examples: list[dict[str, Any]] = []
    for number, part in enumerate(PARTS, 1):
        chosen = [(pairs, np.flatnonzero(pairs.differs == number)) for pairs in found]
        if count := sum(len(at) for _, at in chosen):
            counts[part] = count
            shown = [one for pairs, at in chosen for one in _examples(meaning, part, views, pairs, at)]
            examples += shown[:EXAMPLES]
    return Held(counts, examples)


def _examples(meaning: Meaning, part: str, views: Views, pairs: HeldPairs, at: npt.NDArray[Any]) -> Iterator[dict[str, Any]]:
    """The first few by place."""
    places = np.sort(pairs.place[at], axis=1)
    for one in at[np.lexsort((places[:, 1], places[:, 0]))][:EXAMPLES].tolist():
        left, right = views.row(int(pairs.row[one])), pairs.others.row(int(pairs.other[one]))
        if pairs.place[one, 0] > pairs.place[one, 1]:
            left, right = right, left
        marks = next(((here, there) for name, here, there in meaning.why(left[1], right[1]) if name == part), ([], []))
        yield {
            "differ_in": part,
            "similarity": round(float(pairs.similarity[one]), 4),
            "ids": [left[0], right[0]],
            "marks": [*map(" ".join, marks)],
            "texts": [left[1][:_SHOWN], right[1][:_SHOWN]],
        }


def _ends(texts: pa.StringArray) -> npt.NDArray[np.int32]:
    return np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
