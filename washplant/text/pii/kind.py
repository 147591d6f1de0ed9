"""What every kind of personal data is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from washplant.text.pii.draw import Draw

# Hints of one family are asked together: one automaton for all of them would outgrow RE2's memory and crawl.
Family = Literal["number", "form", "word"]
Find = Callable[[str], Iterator[tuple[int, int]]]

# Parts of hints. A hint is an RE2 pattern that matches wherever the kind can be found: on the folded view, and on the text as
# it stands unless that holds code points which only the folded view shows (`fold.UNFOLDED`).
DIGIT = "[0-9零〇一二三四五六七八九幺洞拐勾壹贰叁肆伍陆柒捌玖]"
GAP = r"[ .()（）+＋．\-\x{a0}\x{2000}-\x{200a}\x{2010}-\x{2015}\x{202f}\x{2212}\x{3000}\x{fe58}\x{fe63}\x{ff0d}]{0,3}"


class Kind(NamedTuple):
    """One kind of personal data.

    `find` gives the spans in a folded text, in order, not overlapping; no text may take it more than linear time.
    `stand_in` makes of a found text (original spelling) and draws of its owner a pseudonym of the same form, which `find`
    does not find again.
    """

    name: str
    placeholder: str
    hints: Mapping[Family, str]
    find: Find
    stand_in: Callable[[str, Draw], str]


LONG_NUMBER = f"(?:{DIGIT}{GAP}){{9}}{DIGIT}"
"""The hint of numbers of ten digits or more."""
