"""What gives access in a URL: user and password before its host, and tokens and passwords among its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import Kind

_USER = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/@:\[\]<>\"'`{}\u3000-\u9fff]{0,64}:[^\s/@\[\]<>\"'`{}\u3000-\u9fff]{1,128})@"
)
_NAMES = (
    "access_token|refresh_token|auth_token|id_token|token|password|passwd|pwd|secret|client_secret|api_key|apikey|signature"
)
_PARAMETER = re.compile(rf"[?&;](?:{_NAMES})=([^\s&#;,<>\"'`\[\]{{}}$\u3000-\u9fff]{{4,4096}})", re.IGNORECASE)
_STAND_IN = "io-"  # pseudonyms begin with it


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of user:password and of tokens in a folded text."""
    spans = [match.span(1) for match in _USER.finditer(text)] + [match.span(1) for match in _PARAMETER.finditer(text)]
    end = 0
    for start, stop in sorted(spans):
        if start >= end and not text.startswith(_STAND_IN, start):
            yield start, stop
            end = stop


def stand_in(found: str, draw: Draw) -> str:
    """Something as long that opens nothing; a colon stays."""
    return _STAND_IN + ":".join("x" + draw.digits(8) for _ in found.split(":", 1))


_HINT = rf"://[^ /@]{{0,64}}:[^ /@]{{1,128}}@|[?&;](?i:{_NAMES})="
URL_CREDENTIALS = Kind("url_credentials", "[访问凭据]", {"form": _HINT}, find, stand_in)
