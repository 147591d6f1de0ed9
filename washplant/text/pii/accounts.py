"""WeChat and QQ accounts: their form says nothing, so a word before must."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind

_WECHAT_WORD = r"(?:微信|薇信|威信|徽信|v信|加我?[ ]?v|(?<![a-z])(?:wechat|weixin|vx|wx)(?![a-z]))"
_SAYS_SO = r"(?:号码?|账号|帐号|[ ]?id)?[ ]?(?:[:：]|(?:是|为|(?<![a-z])is(?![a-z]))[:：]?)?[ ]?"
_HANDLE = r"(?=[a-z_-]{0,19}[0-9_])(?!io_)[a-z][a-z0-9_-]{5,19}"
# A letter, then 5 to 19 letters, digits, _ or -: what WeChat lets people choose, with a digit or _ among them.
_WECHAT = re.compile(rf"{_WECHAT_WORD}{_SAYS_SO}({_HANDLE})(?![a-z0-9_@.-]|/)", re.IGNORECASE)
# Letters alone only behind a colon or 号: without those they are words (微信pay, WeChat group).
_LETTERS = re.compile(
    rf"{_WECHAT_WORD}(?:号码?|账号|[ ]?id)?(?:是|为)?(?:[:：]|(?<=号)(?:是|为)?)[ ]?"
    r"((?!io_)[a-z]{6,20})(?![a-z0-9_@.-]|/|[ ][a-z])",
    re.IGNORECASE,
)
_WXID = re.compile(r"(?<![A-Za-z0-9_])wxid_[a-z0-9]{6,22}(?![A-Za-z0-9_])")
_QQ = re.compile(
    r"(?:(?<![a-z])qq(?:号码?|账号|帐号|[ ]?number)?|(?:扣扣|企鹅)(?:号码?)?|(?<![a-z])q号|加我?[ ]?q)[ ]?"
    r"(?:[:：]|(?:是|为|(?<![a-z])is(?![a-z]))[:：]?)?[ ]?"
    r"([1-9]\d{4,10})(?![0-9a-z@.-])",
    re.IGNORECASE,
)


def find_wechat(text: str) -> Iterator[tuple[int, int]]:
    """Spans of WeChat accounts in a folded text."""
    spans = [match.span(1) for pattern in (_WECHAT, _LETTERS) for match in pattern.finditer(text)]
    spans += [match.span() for match in _WXID.finditer(text)]
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            yield start, stop
            end = stop


def find_qq(text: str) -> Iterator[tuple[int, int]]:
    """Spans of QQ numbers in a folded text."""
    for match in _QQ.finditer(text):
        yield match.span(1)


def wechat_stand_in(_: str, draw: Draw) -> str:
    """An account that begins with io_."""
    return "io_" + "".join(draw.one("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(9))


def qq_stand_in(found: str, draw: Draw) -> str:
    """A number as long; none begins with 0."""
    return "0" + draw.digits(len(fold(found).text) - 1)


_HINT = r"(?i:微信|薇信|威信|徽信|v信|加我? ?v|wechat|weixin|vx|wx)[^\n]{0,8}[A-Za-z]"
WECHAT = Kind("wechat", "[微信号]", {"word": _HINT}, find_wechat, wechat_stand_in)
QQ = Kind("qq", "[QQ号]", {"word": r"(?i:qq|扣扣|企鹅|q号|加我? ?q)[^\n]{0,8}[0-9]{3}"}, find_qq, qq_stand_in)
