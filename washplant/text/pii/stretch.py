"""Where in a folded text a number of eleven digits or more can be at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

# As long as possible, so that no number goes on beyond it.
_STRETCH = re.compile(r"[0-9(+][0-9 ().+-]{9,}[Xx]?")


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Spans of digits and what may stand between them."""
    for match in _STRETCH.finditer(text):
        yield match.span()
