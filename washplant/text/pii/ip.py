"""Public IP addresses: private, reserved and well-known ones (192.168.1.1, 8.8.8.8) are no one's, and versions are none."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind

_FOUR = re.compile(r"(?<![0-9A-Za-z_.。-])(\d{1,3})([.。])(\d{1,3})\2(\d{1,3})\2(\d{1,3})(?![0-9A-Za-z_]|[.。]\d|-\d)")
_SIX = re.compile(r"(?<![0-9A-Za-z:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![0-9A-Za-z:])")
_VERSION = re.compile(
    r"(?:版本号?|版|固件|升级到?|内核|ver(?:sion)?|v|release|upgrade to|update to|build|=|@|/|§|条|节|章)[ ]?[:：是为]?[ ]?$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    "ip|地址|登录|访问|异地|攻击|日志|请求|服务器|主机|host|server|login|address|client|from|block|ping", re.IGNORECASE
)
# Name servers and the like that instructions tell everyone to enter.
_KNOWN = frozenset(
    [
        *("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "114.114.114.114", "114.114.115.115"),
        *("223.5.5.5", "223.6.6.6", "119.29.29.29", "180.76.76.76"),
    ]
)
_CONTEXT = 20


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of public addresses in a folded text."""
    spans = [match.span() for match in _FOUR.finditer(text) if _is_public(match, text)]
    spans += [match.span() for match in _SIX.finditer(text) if _is_six(match[0])]
    yield from sorted(spans)


def _is_public(match: re.Match[str], text: str) -> bool:
    parts = [int(match[at]) for at in (1, 3, 4, 5)]
    if max(parts) > 255 or any(match[at][0] == "0" and len(match[at]) > 1 for at in (1, 3, 4, 5)):
        return False
    plain = ".".join(map(str, parts))
    if plain in _KNOWN or not ipaddress.IPv4Address(plain).is_global:
        return False
    before = text[max(0, match.start() - _CONTEXT) : match.start()]
    if _VERSION.search(before):
        return False
    return bool(_ADDRESS.search(before)) or sum(part > 31 for part in parts) >= 2  # versions count in small numbers


def _is_six(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).is_global
    except ValueError:
        return False


def stand_in(found: str, draw: Draw) -> str:
    """An address of the ranges that are reserved for ever: 240.0.0.0/4, or 2001:db8::/32 for documentation (RFC 3849)."""
    if ":" in found:
        return "2001:db8:" + ":".join(f"{draw.below(65536):x}" for _ in range(6))
    return f"{240 + draw.below(15)}.{draw.below(256)}.{draw.below(256)}.{draw.below(256)}"


_HINT = r"[0-9][.。．](?:[0-9]{1,3}[.。．]){2}[0-9]|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:"
IP = Kind("ip", "[IP地址]", {"form": _HINT}, find, stand_in)
