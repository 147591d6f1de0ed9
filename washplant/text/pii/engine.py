"""Find personal data on the folded view, and replace it in the original at exact offsets."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings, put_rows
from washplant.text.fold import fold
from washplant.text.pii import rule as rules
from washplant.text.pii.draw import Draw
from washplant.text.pii.kinds import KINDS
from washplant.text.pii.policy import Policy, may_hold

PLACEHOLDERS = {name: kind.placeholder for name, kind in KINDS.items()}

# A text that has not settled by then, which takes one built for it (numbers glued to numbers without end), loses what is
# glued together at once: time stays linear. Pseudonyms give way to placeholders.
_ROUNDS = 12
_CUT = re.compile(r"[^\x00-\u2fff\uff00-\uffff零〇一二三四五六七八九幺]|[\[\]\n]")


class Span(NamedTuple):
    """text[start:end] is personal data of that kind (or rule)."""

    start: int
    end: int
    kind: str


class Masked(NamedTuple):
    """The texts without personal data, and per kind how many were replaced in each row (int32, 0 for null rows)."""

    texts: pa.StringArray
    counts: dict[str, pa.Int32Array]


def mask(texts: Texts, policy: Policy | Sequence[str] = Policy()) -> Masked:  # noqa: B008 - frozen
    """Replace personal data as the policy says, by placeholders if it is a list of kinds; nulls stay null.

    Idempotent: rows are worked on until nothing is found in them, because a replaced number no longer makes its neighbour
    part of a longer one. `drop` masks, too: who drops rows by the counts still has to write them to the rejects.
    Raises ConfigError for an unknown kind.
    """
    policy = policy if isinstance(policy, Policy) else Policy(tuple(policy))
    array = as_strings(texts)
    counts = {name: np.zeros(len(array), dtype=np.int32) for name in policy.names}
    rows = _candidates(array, policy)
    now = array.take(pa.array(rows, pa.int64())).to_pylist()
    changed: dict[int, str] = {}
    for turn in range(len(max(now, key=len, default="")) + 1):
        found = _find_all(now, policy)
        hit = [at for at, spans in enumerate(found) if spans]
        if not hit:
            break
        for at in hit:
            spans = found[at] if turn < _ROUNDS else _extended(now[at], found[at])
            changed[int(rows[at])] = _replaced(now[at], spans, policy, settle=turn >= _ROUNDS)
            for span in found[at]:
                counts[span.kind][rows[at]] += 1
        rows = rows[hit]
        now = [changed[row] for row in rows.tolist()]
    if changed:
        order = sorted(changed)
        array = put_rows(array, np.array(order, dtype=np.int64), pa.array([changed[row] for row in order], pa.string()))
    return Masked(array, {name: pa.array(count) for name, count in counts.items()})


def _candidates(array: pa.StringArray, policy: Policy) -> npt.NDArray[np.int64]:
    """The rows that may hold any of it."""
    found = np.zeros(len(array), dtype=bool)
    for condition in may_hold(policy):
        found |= np.asarray(pc.match_substring_regex(array, condition).fill_null(False).to_numpy(zero_copy_only=False))
    return np.flatnonzero(found)


def find(text: str, policy: Policy = Policy()) -> list[Span]:  # noqa: B008 - frozen
    """What is found in one text at once, in order; offsets are code points of the text."""
    return _find_all([text], policy)[0]


def _find_all(texts: list[str], policy: Policy) -> list[list[Span]]:
    """Per text its spans, in order, not overlapping; where two kinds overlap the one named first in the policy wins."""
    folded = [fold(text) for text in texts]
    views = [view.text for view in folded]
    array = pa.array(views, pa.string())
    own = {rule.name: rules.spans(rule, views) for rule in policy.rules}
    keep = [rules.spans(kept, views) for kept in policy.kept]
    looked_for = _looked_for(array, policy)
    found: list[list[Span]] = [[] for _ in texts]
    for at, view in enumerate(folded):
        mine = {name: spans[at] for name, spans in own.items() if spans[at]}
        if not looked_for[at] and not mine:
            continue
        taken = [Span(*span, "") for spans in keep for span in spans[at]] + _placeholders(view.text, policy)
        taken.sort()
        for name in (*mine, *looked_for[at]):
            spans = mine[name] if name in mine else list(KINDS[name].find(view.text))
            fresh = [Span(*span, name) for span in _free(taken, spans)] if spans else None
            if fresh:
                taken = sorted(taken + fresh)
        found[at] = [Span(*view.span(span.start, span.end), span.kind) for span in taken if span.kind]
    return found


def _looked_for(array: pa.StringArray, policy: Policy) -> list[list[str]]:
    """Per folded text the kinds whose hints it has, in the policy's order."""
    asked = {hint: _flags(array, hint) for kind in policy.built_in for hint in kind.hints.values()}
    looked_for: list[list[str]] = [[] for _ in range(len(array))]
    for kind in policy.built_in:
        for at in np.flatnonzero(np.logical_or.reduce([asked[hint] for hint in kind.hints.values()])).tolist():
            looked_for[at].append(kind.name)
    return looked_for


def _flags(array: pa.StringArray, hint: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(array, hint).to_numpy(zero_copy_only=False))


def _free(taken: list[Span], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those of `spans` that overlap none of `taken`; both in order."""
    for start, stop in spans:
        after = bisect.bisect_left(taken, (stop,))  # the first taken span that begins at or behind stop
        if not after or taken[after - 1].end <= start:
            yield start, stop


def _placeholders(text: str, policy: Policy) -> list[Span]:
    """Where earlier replacements stand: nothing is found in them."""
    if "[" not in text:
        return []
    return [Span(*match.span(), "") for match in _placeholder_pattern(policy).finditer(text)]


@lru_cache(maxsize=32)
def _placeholder_pattern(policy: Policy) -> re.Pattern[str]:
    inner = {text.strip("[]") for text in (*PLACEHOLDERS.values(), *policy.placeholders.values())}
    return re.compile(rf"\[(?:{'|'.join(sorted(map(re.escape, inner)))})(?: [0-9a-f]{{8}})?\]")


def _extended(text: str, spans: list[Span]) -> list[Span]:
    """Spans with everything around them up to the next Chinese character, bracket or line's end."""
    cuts = [match.start() for match in _CUT.finditer(text)]
    made: list[Span] = []
    for span in spans:
        if made and span.start < made[-1].end:
            continue  # swallowed by the one before
        before, behind = bisect.bisect_left(cuts, span.start), bisect.bisect_left(cuts, span.end)
        start = max(cuts[before - 1] + 1 if before else 0, made[-1].end if made else 0)
        end = cuts[behind] if behind < len(cuts) else len(text)
        made.append(Span(start, max(end, span.end), span.kind))
    return made


def _replaced(text: str, spans: list[Span], policy: Policy, *, settle: bool) -> str:
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], _stand_in(text[span.start : span.end], span.kind, policy, settle=settle)]
        end = span.end
    return "".join(pieces) + text[end:]


def _stand_in(found: str, name: str, policy: Policy, *, settle: bool) -> str:
    placeholder = policy.placeholders[name]
    if settle or policy.action(name) != "pseudonym":
        return placeholder
    draw = Draw(policy.key, name, found)
    if name in KINDS:
        return KINDS[name].stand_in(found, draw)
    return f"{placeholder.rstrip(']')} {draw.below(1 << 32):08x}]"  # the form of a rule's own text is not known
