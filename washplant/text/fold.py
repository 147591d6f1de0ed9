"""A width-folded view of a text for matching numbers, and the way back to exact offsets in the original.

Every decimal digit becomes 0-9, every space ` `, every dash `-`, full-width letters and `+ . ( ) @ _` their ASCII
forms, Chinese numerals digits where seven or more make a number (一三八…, 幺 for 1), one code point for one. Code points that
show nothing (zero-width, variation selectors, keycaps, bidi marks) are left out: they would hide a number from a rule and not
from a reader. `Folded.span` maps offsets back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_INVISIBLE_RUN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff]+"
)
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_LETTERS = {chr(point): chr(point - 0xFEE0) for point in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_OTHERS = {"＋": "+", "．": ".", "﹒": ".", "（": "(", "）": ")", "﹙": "(", "﹚": ")", "＠": "@", "＿": "_"}
_FORMS = dict.fromkeys(_SPACES, " ") | dict.fromkeys(_DASHES, "-") | _LETTERS | _OTHERS
_FOLDABLE = re.compile(rf"[^\D0-9]|[{''.join(_FORMS)}]")  # \d without 0-9: the decimal digits of all other scripts
# Spoken digits; 洞 拐 勾 are how 0 7 9 are said on the radio. Written as a number only in a row of digits.
_SPOKEN = dict(zip("零〇一二三四五六七八九幺洞拐勾壹贰叁肆伍陆柒捌玖", "001234567891079123456789", strict=True))
_NUMERALS = "".join(_SPOKEN)
_SPOKEN_RUN = re.compile(rf"[0-9{_NUMERALS}](?:[ .-]?[0-9{_NUMERALS}]){{6,}}")
_HAS_NUMERAL = re.compile(rf"[{_NUMERALS}](?:[ .-]?[0-9{_NUMERALS}]){{3}}|(?:[0-9{_NUMERALS}][ .-]?){{3}}[{_NUMERALS}]")
_FEW = 2
_TO_DIGITS = str.maketrans(_SPOKEN)

_ANY_GAP = r"[ .\-\x{a0}\x{2000}-\x{200a}\x{2010}-\x{2015}\x{202f}\x{2212}\x{3000}\x{ff0d}．]?"
UNFOLDED = (
    r"[^\P{Nd}0-9]|[\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a}＠＿]|"
    r"[\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}"
    r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{20e3}\x{fe00}-\x{fe0f}\x{feff}]|"
    rf"[{_NUMERALS}](?:{_ANY_GAP}[0-9{_NUMERALS}]){{3}}|(?:[0-9{_NUMERALS}]{_ANY_GAP}){{3}}[{_NUMERALS}]"
)
"""RE2: whether a text may hold letters or digits that only the folded view shows."""


class Folded(NamedTuple):
    """`text` to match on; `origin[i]` is where its i-th code point stands in the original, None: at i."""

    text: str
    origin: Sequence[int] | None
    length: int  # of the original

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets of text[start:end] (end > start), with the invisible code points that follow."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end] if end < len(self.origin) else self.length


def fold(text: str) -> Folded:
    """The folded view of `text`."""
    folded = text
    if not text.isascii():
        folded = _FOLDABLE.sub(_folded, text)
        if _HAS_NUMERAL.search(folded):
            folded = _SPOKEN_RUN.sub(_in_digits, folded)
    if folded.isascii() or not _INVISIBLE_RUN.search(folded):
        return Folded(folded, None, len(text))
    origin: list[int] = []
    begin = 0
    for gap in _INVISIBLE_RUN.finditer(folded):
        origin.extend(range(begin, gap.start()))
        begin = gap.end()
    origin.extend(range(begin, len(folded)))
    return Folded(_INVISIBLE_RUN.sub("", folded), origin, len(text))


def _in_digits(run: re.Match[str]) -> str:
    """A run with its numerals as digits; one or two among digits are words beside a number (张三 138…, 周一 …)."""
    made = run[0].translate(_TO_DIGITS)
    return made if sum(map(str.__ne__, made, run[0])) > _FEW else run[0]


def _folded(match: re.Match[str]) -> str:
    char = match[0]
    return _FORMS.get(char) or str(unicodedata.decimal(char))
