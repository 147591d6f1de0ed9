"""What to say about a name that nobody knows: the close ones, or what there is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def close_names(wrong: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that look like `wrong`, letter case aside, the closest first."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[match] for match in difflib.get_close_matches(wrong.lower(), by_lower, n=3)]


def did_you_mean(wrong: str, known: Iterable[str], *, nothing: str) -> str:
    """The next step of an error: the close names, or else the first twenty; `nothing` where there are none."""
    names = list(known)
    if close := close_names(wrong, names):
        return f"did you mean {' or '.join(close)}?"
    return f"there are: {', '.join(names[:20])}{' …' if len(names) > 20 else ''}" if names else nothing
