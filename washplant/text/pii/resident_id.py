"""Chinese resident identity numbers (居民身份证号码, GB 11643-1999): 18 digits with a check digit, or the old 15."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import LONG_NUMBER, Kind
from washplant.text.pii.stretch import stretches

# GB/T 2260 provinces; 83: Taiwan's residence permit; 9x: a foreigner's permanent residence card.
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123]|9\d")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_YEARS = range(1880, 2035)  # fixed, not "until today": the same text is masked alike in every run

_GAP = "[ .-]{0,3}"
# Candidates are read in a look-ahead, so that a failed one does not swallow the start of the next; century, month and
# day are narrowed here already, to keep long runs of spaced digits cheap.
_LONG = re.compile(
    r"(?<!\d)(?=([1-9](?:G\d){5}G(?:1G[89]|2G0)(?:G\d){2}G[01]G\dG[0-3](?:G\d){4}G[\dXx])(?!\d))".replace("G", _GAP)
)
_SHORT = re.compile(r"(?<!\d)(?=(\d{6}[ -]?\d{6}[ -]?\d{3})(?!\d))(?<!\d[.-])")
_SEPARATORS = str.maketrans("", "", " .-")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of resident numbers in a folded text, in order, not overlapping."""
    for begin, stop in stretches(text):
        spans = [m.span(1) for m in _LONG.finditer(text, begin, stop) if is_long(m[1].translate(_SEPARATORS))]
        spans += [m.span(1) for m in _SHORT.finditer(text, begin, stop) if is_short(m[1].translate(_SEPARATORS))]
        last = 0
        for first, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if first >= last:
                yield first, end
                last = end


def is_long(number: str) -> bool:
    """Whether 17 digits and a digit or X are a resident number: province, birthday, and check digit (mod 11-2)."""
    if not (_PROVINCE.match(number) and _is_date(int(number[6:10]), number[10:14])):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _CHECK[total % 11] == number[17].upper()


def is_short(number: str) -> bool:
    """Whether 15 digits are an old resident number: province, county, a birthday in 19YY; they had no check digit."""
    county = number[2:4] != "00" and number[4:6] != "00"
    return bool(_PROVINCE.match(number)) and county and _is_date(1900 + int(number[6:8]), number[8:12])


def _is_date(year: int, month_day: str) -> bool:
    if year not in _YEARS:
        return False
    try:
        datetime.date(year, int(month_day[:2]), int(month_day[2:]))
    except ValueError:
        return False
    return True


def stand_in(found: str, draw: Draw) -> str:
    """Another number of the same spelling; no province begins with 0, and a last X stays an X."""
    made = draw.like(fold(found).text[1:].rstrip("Xx"))
    return "0" + made + found[len(made) + 1 :] if found[-1] in "Xx" else "0" + made


RESIDENT_ID = Kind("resident_id", "[身份证号]", {"number": LONG_NUMBER}, find, stand_in)
