"""Listed words in texts, in spite of evasions: one pass of an Aho–Corasick automaton over a folded view of whole columns.

The view has neither case nor width, traditional characters as simplified, and no symbols, so 法～輪, ｄｒｕｇ and d-r-u-g
are found; every view character knows where it stands in the original. Needs the extra `text` (ahocorasick-rs, OpenCC).

ahocorasick-rs was chosen over pyahocorasick: 227 k against 10 k texts of 55 characters a second with 5,000 words, both with
wheels for Linux, macOS and Windows; pyahocorasick must be asked text by text.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.errors import SetupError
from washplant.text.arrow import Texts, as_strings, map_rows
from washplant.text.ngrams import blocks, code_point_counts, code_points
from washplant.text.policy import simplified_point

MASK = "█"
_TABLE_SIZE = 0x20000
_BARRIERS = "\n。！？!?；" + MASK  # a word does not go on behind the end of a sentence
_MAX_GAP = 3  # symbols between two characters of a word

Positions = npt.NDArray[np.int64]


class Found(NamedTuple):
    """One entry a match, ordered by row and place: its row, first and last + 1 character in the original, its category."""

    row: Positions
    start: Positions
    end: Positions
    category: Positions  # index into `Lexicon.categories`


class Lexicon:
    """Word lists by category. Raises SetupError without the extra `text`."""

    def __init__(self, lists: Mapping[str, tuple[str, ...]]) -> None:
        self.categories = tuple(lists)
        owner: dict[str, int] = {}
        spaced: dict[str, bool] = {}
        for number, words in enumerate(lists.values()):
            for word in words:
                view = _view(word)
                if view.strip():
                    owner.setdefault(view, number)
                    spaced[view] = " " in word.strip()
        self._owner = np.array(list(owner.values()), dtype=np.int64)
        self._latin = np.array([view.isascii() for view in owner], dtype=bool)
        self._spaced = np.array([spaced[view] for view in owner], dtype=bool)
        self._automaton = _automaton(list(owner))

    def find(self, texts: Texts) -> Found:
        """All matches, the leftmost and longest where several overlap; null texts have none."""
        array = as_strings(texts)
        found = [_moved(self._block(array.slice(a, b - a)), a) for a, b in blocks(array)]
        if not found:
            return Found(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
        return Found(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def counts(self, texts: Texts) -> npt.NDArray[np.int64]:
        """int64[rows, categories]: how often words of each category stand in each text."""
        found, rows = self.find(texts), len(texts)
        flat = np.bincount(found.row * len(self.categories) + found.category, minlength=rows * len(self.categories))
        return flat.reshape(rows, len(self.categories)).astype(np.int64)

    def mask(self, texts: Texts) -> pa.StringArray:
        """The texts with `█` in place of every character of a match; as long as before; idempotent."""
        array = as_strings(texts)
        found = self.find(array)
        spans: dict[int, list[tuple[int, int]]] = {}
        for row, start, end in zip(found.row.tolist(), found.start.tolist(), found.end.tolist(), strict=True):
            spans.setdefault(row, []).append((start, end))
        ordered = iter(sorted(spans))
        return map_rows(array, np.array(sorted(spans), dtype=np.int64), lambda text: _masked(text, spans[next(ordered)]))

    def _block(self, array: pa.StringArray) -> Found:
        lines = pc.binary_join_element_wise(array.fill_null(""), "\n", "")  # no word goes on in the next row
        mapped = _table()[np.minimum(code_points(lines), _TABLE_SIZE - 1)]
        origin = np.flatnonzero(mapped)
        view = mapped[origin].tobytes().decode("utf-32-le")
        matches = np.array(self._automaton.find_matches_as_indexes(view), dtype=np.int64).reshape(-1, 3)
        which, begin, stop = matches.T
        start, last = origin[begin], origin[stop - 1]
        ends = np.cumsum(code_point_counts(lines))
        row = np.searchsorted(ends, start, side="right")
        size, width = stop - begin, last - start + 1
        fits = width - size <= _MAX_GAP * (size - 1)
        latin = np.flatnonzero(self._latin[which])
        fits[latin] &= _stand_alone(mapped, start[latin], last[latin])
        one_word = latin[~self._spaced[which[latin]]]
        fits[one_word] &= _unbroken(code_points(lines), start[one_word], last[one_word], size[one_word])
        first = np.concatenate([[0], ends[:-1]])[row]
        return Found(row[fits], (start - first)[fits], (last + 1 - first)[fits], self._owner[which][fits])


def _stand_alone(mapped: npt.NDArray[np.uint32], start: Positions, last: Positions) -> npt.NDArray[np.bool_]:
    """Whether no letter or digit stands beside the match: ass, but not in class."""
    wordy = (mapped >= ord("0")) & (mapped < 128) & (mapped != ord("?"))
    before = (start > 0) & wordy[np.maximum(start - 1, 0)]
    behind = (last + 1 < len(mapped)) & wordy[np.minimum(last + 1, len(mapped) - 1)]
    result: npt.NDArray[np.bool_] = ~before & ~behind
    return result


def _unbroken(points: npt.NDArray[np.uint32], start: Positions, last: Positions, size: Positions) -> npt.NDArray[np.bool_]:
    """Whether there is no space within the match, or one between all its letters: a s s, but not as set."""
    spaces = np.concatenate([[0], np.cumsum(points == ord(" "))])
    inside = spaces[last + 1] - spaces[start]
    result: npt.NDArray[np.bool_] = (inside == 0) | (inside == size - 1)
    return result


def _moved(found: Found, rows: int) -> Found:
    return found._replace(row=found.row + rows)


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + MASK * (end - start) + text[end:]
    return text


def _view(word: str) -> str:
    points = np.frombuffer(word.encode("utf-32-le", "ignore"), dtype=np.uint32)
    mapped = _table()[np.minimum(points, _TABLE_SIZE - 1)]
    return str(mapped[mapped > 0].tobytes(), "utf-32-le")


@lru_cache(maxsize=1)
def _table() -> npt.NDArray[np.uint32]:
    """What each code point is in the view, 0 where it is nothing. One for one: offsets lead back."""
    table = np.zeros(_TABLE_SIZE, dtype=np.uint32)
    for point in range(_TABLE_SIZE - 1):
        if 0xD800 <= point < 0xE000:
            continue
        folded = unicodedata.normalize("NFKC", chr(point)).lower()
        char = folded if len(folded) == 1 else chr(point)
        if char.isalnum():
            table[point] = simplified_point(ord(char))
    for barrier in _BARRIERS:
        table[ord(barrier)] = ord(barrier)
    return table


def _automaton(words: list[str]) -> Any:
    try:
        library = importlib.import_module("ahocorasick_rs")
    except ImportError as error:
        raise SetupError(
            "sensitive words need ahocorasick-rs, which is not installed",
            where="clean.sensitive",
            next_step="pip install 'washplant[text]', or leave `sensitive` out",
        ) from error
    return library.AhoCorasick(words, matchkind=library.MatchKind.LeftmostLongest)
