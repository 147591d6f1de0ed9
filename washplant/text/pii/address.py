"""Addresses of homes: Chinese ones down to a house or a flat, and English ones with a street and its number.

What counts is the detail at the end (12号楼3单元501室) and a name before it (road, estate, village); where it begins is found
by going back to a province, a city, or a word like 住 and 地址. A road and a number alone, or one that a public office stands
at, is no one's home and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from washplant.text.pii import english_address
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind
from washplant.text.words import entries

_HAN = "\u4e00-\u9fff"
_NUMBER = r"(?:[0-9]{1,5}[A-Za-z]?|[A-Za-z]|[一二三四五六七八九十百]{1,4})"
_UNIT = r"(?:号院|号楼|号|栋|幢|座|弄|单元|组|层|楼|室|户|期|区|院|门)"
# 88号院3号楼2单元501室; 12栋1203; 3-2-501
_DETAIL = re.compile(
    rf"(?<![0-9A-Za-z.:/_-]){_NUMBER}{_UNIT}(?:[ -]?{_NUMBER}{_UNIT}){{0,6}}"
    r"(?:[ -]?[0-9]{3,4}(?:室|房|号房|户)?(?![0-9.年月日元块%]))?"
    r"|(?<![0-9A-Za-z.:/_-])[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}(?![0-9-])"
)
_FLAT = re.compile(r"室|单元|户|房|(?:栋|幢|座|楼)[ -]?[0-9]{3,4}|[0-9]-[0-9]{1,2}-[0-9]{3,4}|弄[0-9]|组[0-9]+号")
_PLACE = re.compile("[号栋幢座弄室楼]|单元|组|-")
_APART = re.compile("[与到至的停断及或修]|和(?![谐平睦])")
_BETWEEN = re.compile(rf"[{_HAN}]{{1,10}}$")
_NAMED = re.compile(
    "(?:路|道|街|巷|胡同|里|村|庄|屯|寨|湾|园|苑|庭|府|公寓|小区|社区|城|墅|坊|郡|轩|阁|居|邸|都|大厦|广场|镇|乡|宅|塘|号|院|期"
    "|[东西南北])$"
)
_ADMIN = re.compile(rf"[{_HAN}]{{1,8}}?(?:市|区|县|旗|镇|乡|街道)")
# Where an address begins behind: a verb or a label. 家 only where it is not the end or the start of a place's name.
_LEAD = re.compile(
    r"地址|住址|户址|居住|住|[送寄搬迁]至|[送寄]往|搬[进去]|位于|到了?|在|是|为|我家|给|的|从|[：:，,。；;！!？?、\s()]"
)
_AT_HOME = re.compile(r"(?:住|家|地址|户址|寄|送|搬|迁|收货|上门|派人|位于|到|在)[^，,。；;！!？?\n]{0,3}$")
_PUBLIC_BEHIND = re.compile(
    rf"[ ]?[{_HAN}]{{0,6}}?(?:营业厅|大厅|网点|服务中心|服务站|窗口|柜台|门店|专卖店|旗舰店|政务|派出所|医院|学校|银行)"
    "|[ ]?(?:线|口|站|公告|文件|令)"
)
_PUBLIC_BEFORE = re.compile(
    r"(?:营业厅|网点|门店|公司|单位|中心|大厅|办公|店铺|服务点)(?:的)?(?:地址|位于|在)(?:是|为)?[:：]?$"
)
_HEAD = 34  # characters looked at before the detail


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses in a folded text, in order."""
    spans = list(english_address.find(text))
    if not text.isascii():
        spans += _chinese(text)
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            yield start, stop
            end = stop


def _chinese(text: str) -> Iterator[tuple[int, int]]:
    """Details next to each other are one: 88号 阳光花园 12号楼."""
    end, chain = 0, (0, 0)
    for match in _DETAIL.finditer(text):
        joined = chain[1] and match.start() - chain[1] <= 10 and _BETWEEN.fullmatch(text, chain[1], match.start())
        if joined and not _APART.search(text, chain[1], match.start()):
            chain = chain[0], match.end()
            continue
        if chain[1]:
            start = _start(text, end, *chain)
            if start >= 0:
                end = chain[1]
                yield start, end
        chain = match.span()
    if chain[1]:
        start = _start(text, end, *chain)
        if start >= 0:
            yield start, chain[1]


def _start(text: str, end: int, detail: int, stop: int) -> int:
    """Where the address with a detail at detail:stop begins; -1 when it is none. Nothing before `end` counts."""
    begin = max(end, detail - _HEAD)
    head = text[begin:detail]
    cut = 0
    for lead in _LEAD.finditer(head):
        cut = lead.end()
    name = head[cut:]
    place = _places().search(name)
    if place:
        name = name[place.start() :]
    start = detail - len(name)
    if (
        len(name) < 2
        or not _PLACE.search(text, detail, stop)
        or not re.fullmatch(rf"[{_HAN}0-9A-Za-z·-]+", name)
        or "某" in name
    ):
        return -1
    flat, admin = bool(_FLAT.search(text, detail, stop)), bool(_ADMIN.match(name))
    at_home = bool(_AT_HOME.search(text, max(end, start - 8), start))
    if _PUBLIC_BEHIND.match(text, stop) or _PUBLIC_BEFORE.search(text, max(end, start - 12), start):
        return -1
    if flat:
        return start if _NAMED.search(name) or admin else -1
    if not _NAMED.search(name):
        return -1
    return start if at_home or (admin and place) else -1


@lru_cache(maxsize=1)
def _places() -> re.Pattern[str]:
    names = " ".join(entries("pii/provinces.txt")).split()
    return re.compile("|".join(sorted(names, key=len, reverse=True)))


def stand_in(found: str, draw: Draw) -> str:
    """A house in no place: 某市某区某路N号M室; in English at Nowhere Street."""
    if found.isascii():
        return f"Flat {1 + draw.below(9999)}, {1 + draw.below(9999)} Nowhere Street"
    return f"某市某区某路{1 + draw.below(9999)}号{1 + draw.below(9999)}室"


_HINT = (
    rf"\p{{Han}}(?:[0-9]{{1,5}}[A-Za-z]?|[A-Za-z]|[一二三四五六七八九十百]{{1,4}})(?:号|栋|幢|座|弄|单元|组|层|楼|室|户|期|区|院|门)"
    rf"|\p{{Han}}[0-9]{{1,3}}[\-－][0-9]{{1,2}}[\-－][0-9]{{3}}|{english_address.HINT}"
)
ADDRESS = Kind("address", "[地址]", {"form": _HINT}, find, stand_in)
