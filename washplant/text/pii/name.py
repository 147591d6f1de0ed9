"""Names of persons, where the words around say so.

A dictionary of surnames, titles and introductions (washplant/text/data/pii) instead of a model: no download, the same answer
everywhere, and every hit can be explained. Names that nothing introduces are not found.
"""

from __future__ import annotations

from collections.abc import Iterator

from washplant.text.pii import chinese_name, english_name
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import LONG_NUMBER, Kind
from washplant.text.pii.name_words import name_words, title_hint

# No surname begins with one of these, so a pseudonym is not taken for a name again.
_SYLLABLES = ("ba", "do", "fi", "ge", "lu", "mo", "na", "pe", "ri", "su", "ta", "vo")
_NOBODYS = "春秋朝夕雪露霜虹松竹梧藤蒲荷菊茶稻麦禾穗"


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text."""
    spans = set(english_name.find(text))
    if not text.isascii():
        spans.update(chinese_name.find(text))
    end = 0
    for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop
            end = stop


def stand_in(found: str, draw: Draw) -> str:
    """Three characters that look like a name and begin with no surname; Xy… for a name in Latin letters."""
    if found.isascii():
        return "Xy" + "".join(draw.one(_SYLLABLES) for _ in range(4))
    given = sorted(name_words().given)
    return draw.one(_NOBODYS) + draw.one(given) + draw.one(given)


def _hint() -> str:
    words = name_words()
    said = rf"(?:{words.strong}|{words.weak}) ?(?:[(（][^()（）\n]{{1,6}}[)）])?[:：是为叫]? ?"
    return f"{title_hint()}|(?:{said}|姓)[{words.initials}]|{english_name.HINT}"


NAME = Kind("name", "[姓名]", {"word": _hint(), "number": LONG_NUMBER}, find, stand_in)
