"""Fixed-line numbers of mainland China: an area code and seven or eight digits, or those alone where a word says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import DIGIT, LONG_NUMBER, Kind
from washplant.text.words import entries

_LOCAL = r"[2-8](?:\d{6,7}(?!\d)|\d{3}[ -]\d{4}(?!\d)|\d{2}[ -]\d{4}(?!\d))"
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_EXTENSION = r"(?:[ ]?(?:转|分机|ext\.?|x)[ ]?\d{1,6}(?!\d)|-\d{1,5}(?![\d-]))?"
_WITH_AREA = re.compile(
    rf"(?<![\dA-Za-z./=_])(?<!\d[ -])(?:(?:[(]?(?:[+]|00)86[)]?[ -]?)[(]?(?P<short>0?{_AREA})|(?P<long>[(]?0{_AREA}))"
    rf"(?P<gap>[)]?[ -]{{0,2}}){_LOCAL}{_EXTENSION}(?![A-Za-z]|-\d|\.\d)"
)
_ALONE_WORDS = "座机|固话|固定电话|家庭电话|办公电话|单位电话|传真|电话|(?i:fax|landline|tel|phone)"
_ALONE = re.compile(
    rf"(?:{_ALONE_WORDS})(?:号码?)?\.?[ ]?[:：是为]?[ ]?"
    rf"(?P<number>{_LOCAL}{_EXTENSION})(?![A-Za-z.-])",
    re.IGNORECASE,
)
# The number of a service, not of a person.
_PUBLIC = re.compile(
    r"(?:热线|客服(?:电话|中心)?|(?:服务|咨询|投诉|抢修|报修|监督|举报|值班|营业厅|大厅|中心|窗口|网点|报名|订餐)(?:电话|专线)"
    r"|(?:营业厅|前台|总机|物业|派出所|居委会|村委会|(?:自来水|供水|燃气|供电|水务)公司|供电所|服务站|维修部)的?(?:电话|座机)?"
    r"|hotline|customer (?:service|care)|switchboard|front desk|service (?:desk|cent(?:er|re)))"
    r"(?:号码?)?(?: is)?[ ]?[:：是为]?[ ]?[(]?$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:代码|编号|编码|单号?|流水号?|户号|表号|账号|批号|票号|code|number|no"
    r"|invoice|order|ticket|receipt|tracking|booking|reference|ref|account|case|serial)(?: is)?[ ]?[.:：#是为]?[ ]?$",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of fixed-line numbers in a folded text."""
    spans = [match.span() for match in _WITH_AREA.finditer(text) if _is_landline(match, text)]
    alone = (match for match in _ALONE.finditer(text) if not _is_public(text, match.start("number")))
    spans += [match.span("number") for match in alone]
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            yield start, stop
            end = stop


def _is_landline(match: re.Match[str], text: str) -> bool:
    area = (match["long"] or "0" + match["short"].lstrip("0")).lstrip("(")
    if area not in _areas():
        return False
    other = _OTHER.search(text, max(0, match.start() - 16), match.start())
    return not _is_public(text, match.start()) and (bool(match["gap"]) or not other)


def _is_public(text: str, start: int) -> bool:
    """Whether the words before `start` say that the number is a service's."""
    return bool(_PUBLIC.search(text, max(0, start - 16), start))


@lru_cache(maxsize=1)
def _areas() -> frozenset[str]:
    found: set[str] = set()
    for entry in entries("pii/area_codes.txt"):
        first, _, last = entry.partition("-")
        found.update(f"{code:0{len(first)}}" for code in range(int(first), int(last or first) + 1))
    return frozenset(found)


def stand_in(found: str, draw: Draw) -> str:
    """Another number with the same area code; no local number begins with 0."""
    plain = fold(found).text
    area = re.match(r"(?:[(]?(?:[+]|00)86[)]?[ -]?)?[(]?(?:0\d{2,3}[)]?[ -]{0,2}|[1-9]\d{1,2}[) -]{1,2})?", plain)
    head = area[0] if area else ""
    return head + "0" + draw.like(plain[len(head) + 1 :])


_HINT = rf"{LONG_NUMBER}|(?:{_ALONE_WORDS})[^0-9]{{0,5}}{DIGIT}{{3}}"
LANDLINE = Kind("landline", "[座机号]", {"number": _HINT}, find, stand_in)
