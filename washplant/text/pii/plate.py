"""Vehicle plates of mainland China (GA 36): a province's character, an authority's letter, five or six characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind

PROVINCES = "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青蒙桂宁新藏"
_SERIES = r"[0-9A-HJ-NP-Z]"
_GAP = " ·•・‧∙⋅.-"  # the dot of the plate as people write it; the last one is a dash, so that it stands for itself in a class
# I and O are never used (they look like 1 and 0); new-energy plates have a sixth character, which may stand before a gap.
_PLATE = re.compile(
    rf"[{PROVINCES}][ ]{{0,2}}[A-HJ-NP-Z][{_GAP}]{{0,3}}"
    rf"(?P<number>{_SERIES}{{4}}(?:{_SERIES}{{1,2}}|(?P<use>[学警挂港澳使领试超]))|{_SERIES}(?:[ ]{_SERIES}){{4,5}}"
    rf"|[A-HJ-NP-Z][{_GAP}]\d{{5}})"
    r"(?![0-9A-Za-z]|[.-]\d)",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of plates in a folded text: of five or six characters three are digits at least, of four two."""
    for match in _PLATE.finditer(text):
        if sum(map(str.isdigit, match["number"])) >= (2 if match["use"] else 3):
            yield match.span()


def stand_in(found: str, draw: Draw) -> str:
    """Another plate of the same spelling, of the authority I, which there is not."""
    plain = fold(found).text
    letter = next(at for at, char in enumerate(plain[1:], 1) if char != " ")
    return draw.one(PROVINCES) + plain[1:letter] + "I" + draw.like(plain[letter + 1 :])


_ANY = f"．－\\x{{3000}}{_GAP}"  # before folding
_HINT = rf"[{PROVINCES}][ \x{{3000}}]{{0,2}}[A-Za-z][{_ANY}]{{0,3}}[0-9A-Za-z][{_ANY}]?[0-9A-Za-z][ \x{{3000}}]?[0-9A-Za-z]"
PLATE = Kind("plate", "[车牌号]", {"form": _HINT}, find, stand_in)
