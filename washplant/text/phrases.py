"""Phrase lists as patterns on matching views: a whole text made of listed phrases, fillers around them allowed.

In a list, `+ ` begins a filler: it may stand around a phrase and is none itself. `~ ` begins an RE2 pattern for a text's
beginning (or, with `$` at its end, for a whole text). The views of the entries are compared with the views of the texts,
both without spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa

from washplant.text.view import matching_view, unspaced
from washplant.text.words import entries


class Phrases(NamedTuple):
    """RE2 patterns: `whole` on the views of whole texts, `beginning` on their starts (None: the list has none)."""

    whole: str
    beginning: str | None

    @property
    def either(self) -> str:
        """Both as one pattern."""
        return f"{self.whole}|{self.beginning}" if self.beginning else self.whole


@lru_cache(maxsize=8)
def phrases(name: str) -> Phrases:
    """The patterns of a list in `washplant/text/data`."""
    lines = entries(name)
    plain = _alternatives([line for line in lines if line[0] not in "+~"])
    fillers = _alternatives([line.removeprefix("+") for line in lines if line[0] == "+"])
    beginnings = [line.removeprefix("~").strip() for line in lines if line[0] == "~"]
    return Phrases(
        whole=f"^(?:{fillers})*(?:{plain})(?:{plain}|{fillers})*$" if fillers else f"^(?:{plain})+$",
        beginning=f"^(?:{'|'.join(beginnings)})" if beginnings else None,
    )


@lru_cache(maxsize=8)
def fillers(name: str) -> str:
    """The fillers of a list alone: a text that is made of nothing else, as an RE2 pattern on views."""
    return f"^(?:{_alternatives([line.removeprefix('+') for line in entries(name) if line[0] == '+'])})+$"


def _alternatives(lines: Sequence[str]) -> str:
    views = unspaced(matching_view(pa.array(list(lines), pa.string()))).to_pylist()
    return "|".join(sorted(set(map(re.escape, views)), key=lambda view: (-len(view), view)))
