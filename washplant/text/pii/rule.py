"""Personal data of a user's own: a regular expression from the YAML, run by RE2 so that no text can take it long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from washplant.errors import ConfigError

# Non-characters mark where a match begins and ends; a text has none of its own after `_without_marks`.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARKS = re.compile(f"[{_OPEN}{_CLOSE}]")


class Rule(NamedTuple):
    """`pattern`, where it stands behind `after` and before `before`: RE2 patterns that see the folded text."""

    name: str
    pattern: str
    after: str
    before: str
    placeholder: str

    @property
    def whole(self) -> str:
        """All three parts as one pattern."""
        return f"(?:{self.after})(?:{self.pattern})(?:{self.before})"


def check(rule: Rule) -> None:
    """Raises ConfigError when RE2 does not take the patterns (it has no look-around and no back-references)."""
    for pattern in (rule.after, rule.pattern, rule.before):
        try:
            pc.match_substring_regex(pa.array(["x"]), pattern)
            re.compile(pattern)
        except (pa.ArrowInvalid, re.error) as error:
            raise ConfigError(
                f"rule {rule.name}: {pattern!r} is not a regular expression that RE2 takes: {error}",
                next_step="leave out look-around and back-references; `after` and `before` say what stands around",
            ) from error
    if pc.match_substring_regex(pa.array([""]), f"^(?:{rule.pattern})$")[0].as_py():
        raise ConfigError(f"rule {rule.name}: {rule.pattern!r} matches nothing at all", next_step="make it match a character")


def spans(rule: Rule, folded: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Per folded text the spans of the rule's pattern, without what stands around it."""
    texts = pa.array([_MARKS.sub("\ufffd", text) for text in folded], pa.string())
    inner = 1 + re.compile(rule.after).groups + 1
    last = inner + re.compile(rule.pattern).groups + 1
    marked = pc.replace_substring_regex(
        texts,
        f"({rule.after})({rule.pattern})({rule.before})",
        rf"\1{_OPEN}\{inner}{_CLOSE}\{last}" if last < 10 else _too_many(rule),
    )
    return [_between_marks(text) for text in marked.to_pylist()]


def _between_marks(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for removed, mark in enumerate(_MARKS.finditer(text)):
        at = mark.start() - removed
        if mark[0] == _OPEN:
            start = at
        elif at > start:
            found.append((start, at))
    return found


def _too_many(rule: Rule) -> str:
    raise ConfigError(f"rule {rule.name} has more than seven groups", next_step="write (?:…) instead of (…)")
