"""Chinese resident identity numbers (居民身份证号码, GB 11643-1999): 18 digits with a check digit, or the old 15."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

# GB/T 2260 provinces; 83 is Taiwan's residence permit; 9x begins a foreigner's permanent residence card (since 2017/2023).
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_YEARS = range(1880, 2035)  # fixed, not "until today": the same text is masked alike in every run

_GAP = "[ .-]{0,3}"
# Candidates are read in a look-ahead, so that a failed one does not swallow the start of the next; century, month and day
# are narrowed here already, to keep long runs of spaced digits cheap.
_LONG = re.compile(
    rf"(?<!\d)(?=([1-9](?:G\d){{5}}G(?:1G[89]|2G0)(?:G\d){{2}}G[01]G\dG[0-3](?:G\d){{4}}G[\dXx])(?!\d))".replace("G", _GAP)
)
_SHORT = re.compile(r"(?<!\d)(?=(\d{6}[ -]?\d{6}[ -]?\d{3})(?!\d))(?<!\d[.-])")
_SEPARATORS = str.maketrans("", "", " .-")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of resident numbers in a folded text, in order, not overlapping."""
    end = 0
    spans = [(m.start(1), m.end(1)) for m in _LONG.finditer(text) if is_long(m[1].translate(_SEPARATORS))]
    spans += [(m.start(1), m.end(1)) for m in _SHORT.finditer(text) if is_short(m[1].translate(_SEPARATORS))]
    for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop
            end = stop


def is_long(number: str) -> bool:
    """Whether 17 digits and a digit or X are a resident number: province, birthday, and check digit (mod 11-2)."""
    return (
        _is_province(number)
        and _is_date(int(number[6:10]), number[10:14])
        and _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, number, strict=False)) % 11] == number[17].upper()
    )


def is_short(number: str) -> bool:
    """Whether 15 digits are an old resident number: province, county and a birthday in 19YY; they had no check digit."""
    return number[:2] in _PROVINCES and number[2:6] > "0100" and number[4:6] != "00" and _is_date(1900 + int(number[6:8]), number[8:12])


def _is_province(number: str) -> bool:
    return number[:2] in _PROVINCES or number[0] == "9"


def _is_date(year: int, month_day: str) -> bool:
    if year not in _YEARS:
        return False
    try:
        datetime.date(year, int(month_day[:2]), int(month_day[2:]))
    except ValueError:
        return False
    return True
