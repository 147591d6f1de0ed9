"""E-mail addresses of persons; mailboxes of a role (service@, info@) and made-up domains stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind
from washplant.text.words import entries

_MAILERS = "qq|163|126|gmail|outlook|hotmail|foxmail|sina|sohu|aliyun|yahoo"
_AT = rf"(?:@|[(\[{{]at[)\]}}]|#(?=(?:{_MAILERS})\.))"
_DOMAIN = re.compile(
    rf"[ ]?{_AT}[ ]?((?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}})\.){{1,4}}([A-Za-z]{{2,18}}))(?![A-Za-z0-9-]|\.[A-Za-z0-9])",
    re.IGNORECASE,
)
_LOCAL_MAX = 64  # RFC 5321, 4.5.3.1.1
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
# RFC 2606: never anyone's; pseudonyms live there.
_NOBODY = re.compile(r"(?:^|\.)(?:invalid|test|localhost|example)$", re.IGNORECASE)
# What follows an @ in code and ends like a domain.
_FILE = frozenset(["py", "js", "ts", "java", "json", "xml", "html", "css", "png", "jpg", "md", "txt", "sh", "yml", "yaml"])


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses in a folded text."""
    end = 0
    for match in _DOMAIN.finditer(text):
        start = match.start()
        while start > end and match.start() - start < _LOCAL_MAX and text[start - 1] in _LOCAL:
            start -= 1
        while start < match.start() and text[start] in ".-%+":
            start += 1
        local = text[start : match.start()].lower()
        if local and local not in _roles() and not _NOBODY.search(match[1]) and match[2].lower() not in _FILE:
            yield start, match.end()
        end = match.end()


@lru_cache(maxsize=1)
def _roles() -> frozenset[str]:
    return frozenset(entries("pii/role_mailboxes.txt"))


def stand_in(_: str, draw: Draw) -> str:
    """An address at example.invalid, which no mail reaches."""
    return f"u{''.join(draw.one('abcdefghjkmnpqrstuvwxyz23456789') for _ in range(9))}@example.invalid"


_HINT = rf"[A-Za-z0-9] ?(?:[@＠]|[(（\[{{](?i:at)[)）\]}}]|#(?i:{_MAILERS})\.)"
EMAIL = Kind("email", "[邮箱]", {"form": _HINT}, find, stand_in)
