"""Where to cut a table so that parts hold about as many rows each, for any indexed key.

Why index dives. Min-max arithmetic makes a million empty parts of sparse snowflake keys (DataX#1181). An exact quantile
(`order by key limit 1 offset n`) and a random sample (`where rand() < p`) both walk the whole index: at 10^8 rows of
540 B that is a second read of 54 GB. MySQL and MariaDB have no TABLESAMPLE, and histograms need the right to write.
What is cheap at any size is the B-tree itself: "first key >= x", "last key < x" and the optimizer's row estimate for a
range (two dives, `explain`) touch a few pages each. So we keep closed ranges between two real keys and halve the
fullest one at a real key near its middle until all are small enough. A guess of the middle may be bad; the ranges then
snap to the keys that exist. Estimates are rough (InnoDB samples ten pages a level), so parts vary by a factor of two
or so; none can lose a row.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.mysql.sql import Value, compare, literal, name, select
from connectors.mysql.types import LiteralKind

Key = tuple[Value, ...]


class Server(Protocol):
    """What cutting asks of a connection (`connectors.mysql.session.Session`)."""

    def query(self, sql: str) -> Sequence[Sequence[Value | None]]: ...

    def guessed(self, sql: str) -> Sequence[Sequence[Value | None]]:
        """As `query`; nothing when the statement's text is not in the column's character set."""

    def estimate(self, sql: str) -> int: ...


_SLACK = 1.5  # halving a part of 1.5 targets gives parts of 0.75
_LOPSIDED = 16


@dataclass(frozen=True)
class Order:
    """The columns that a read is ordered and split by, with the index that serves them."""

    columns: tuple[str, ...]
    kinds: tuple[LiteralKind, ...]
    index: str
    unique: bool

    @property
    def names(self) -> list[str]:
        return [name(column) for column in self.columns]

    def literals(self, key: Sequence[Value]) -> list[str]:
        return [literal(value, kind) for value, kind in zip(key, self.kinds, strict=False)]

    def condition(self, operator: str, key: Sequence[Value]) -> str:
        return compare(self.names, operator, self.literals(key))


@dataclass
class _Part:
    first: Key
    last: Key
    rows: int
    whole: bool = False  # nothing left to cut


def cut(
    server: Server, table: str, order: Order, where: Sequence[str], target: int, known: int = 0
) -> list[tuple[Key, int]]:
    """The first key and the estimated rows of each part of the rows under `where`, in order; [] for no rows.

    `known`: how many rows there are by other means. InnoDB's estimate for a range is half of the table at most.
    """
    dive = _Dives(server, table, order, where)
    first, last = dive.one([], descending=False), dive.one([], descending=True)
    if first is None or last is None:
        return []
    parts = [_Part(first, last, max(dive.rows(first, last), known))]
    # A bound on the work for keys that resist: what is left uncut is merely large.
    budget = 200 + 8 * (parts[0].rows // target)
    while budget > 0:
        fullest = max(range(len(parts)), key=lambda i: -1 if parts[i].whole else parts[i].rows)
        part = parts[fullest]
        if part.whole or part.rows <= _SLACK * target:
            break
        parts[fullest : fullest + 1] = dive.halve(part, target)
        budget -= 1
    return _merge(parts, target)


def _merge(parts: list[_Part], target: int) -> list[tuple[Key, int]]:
    merged: list[tuple[Key, int]] = []
    for part in parts:
        if merged and merged[-1][1] + part.rows <= target:
            merged[-1] = (merged[-1][0], merged[-1][1] + part.rows)
        else:
            merged.append((part.first, part.rows))
    return merged


@dataclass(frozen=True)
class _Dives:
    server: Server
    table: str
    order: Order
    where: Sequence[str]

    def one(self, conditions: list[str], *, descending: bool, offset: int = 0, guess: bool = False) -> Key | None:
        """The first (or last) key under `conditions`; a `guess` among these may be text that the column cannot hold."""
        rows = (self.server.guessed if guess else self.server.query)(
            select(
                self.order.names,
                self.table,
                index=self.order.index,
                where=[*self.where, *conditions],
                order=self.order.names,
                descending=descending,
                limit=1,
            )
            + (f" offset {offset}" if offset else "")
        )
        return tuple(value for value in rows[0] if value is not None) if rows else None

    def rows(self, first: Key, last: Key) -> int:
        """The optimizer's estimate of the rows from `first` to `last`."""
        inside = [self.order.condition(">=", first), self.order.condition("<=", last)]
        # MySQL 8 makes no dives, and says 1 row, for an index that is forced.
        return self.server.estimate(select(["1"], self.table, index=self.order.index, hint="use", where=inside))

    def halve(self, part: _Part, target: int) -> list[_Part]:
        """`part` cut at a real key, or marked as one that cannot be cut."""
        inside = [self.order.condition(">", part.first), self.order.condition("<=", part.last)]
        probe = middle(part.first, part.last, self.order.kinds)
        second = self.one([*inside, self.order.condition(">=", probe)], descending=False, guess=True) if probe else None
        parts = self._at(second, part) if second else []
        # The guess fell outside or just inside, as the collation sorts otherwise than Unicode does: walk one target's
        # length of the index, no more. (Numbers sort as they should: a lopsided cut of sparse ones is a step on the way.)
        if not parts or ("text" in self.order.kinds and min(half.rows for half in parts) * _LOPSIDED < part.rows):
            second = self.one(inside, descending=False, offset=target)
            parts = self._at(second, part) if second else parts
        if not parts:
            part.whole = True
            return [part]
        return parts

    def _at(self, second: Key, part: _Part) -> list[_Part]:
        """`part` as the rows before the key `second` and the others."""
        end = self.one([self.order.condition(">=", part.first), self.order.condition("<", second)], descending=True)
        assert end is not None, "the first key lies below the second part"
        low, high = self.rows(part.first, end), self.rows(second, part.last)
        # Estimates of ranges can be twice the truth, or half of it; their proportion is better than they are.
        below = round(part.rows * low / max(low + high, 1))
        return [
            _Part(part.first, end, max(below, 1), whole=part.first == end),
            _Part(second, part.last, max(part.rows - below, 1), whole=second == part.last),
        ]


def middle(first: Key, last: Key, kinds: Sequence[LiteralKind]) -> Key | None:
    """A guess between two keys, above the first; shorter than a whole key where a prefix says enough."""
    for i, (low, high, kind) in enumerate(zip(first, last, kinds, strict=True)):
        if low != high:
            between = _MIDDLES[kind](low, high)
            return None if between is None else (*first[:i], between)
    return None


def _middle_number(low: Value, high: Value) -> Value | None:
    a, b = decimal.Decimal(_text(low)), decimal.Decimal(_text(high))
    with decimal.localcontext(prec=80):
        half = (a + b) / 2
        exponent = min(int(a.as_tuple().exponent), int(b.as_tuple().exponent), 0)
        # Rounded up, so that of two neighbours the upper one is the guess.
        return f"{half.quantize(decimal.Decimal(1).scaleb(exponent), rounding=decimal.ROUND_CEILING):f}"


def _middle_time(low: Value, high: Value) -> Value | None:
    try:
        a, b = (datetime.datetime.fromisoformat(_text(value)) for value in (low, high))
    except ValueError:  # a zero date at an end
        return high
    half = a + (b - a) / 2
    if len(_text(low)) > len("2025-01-01"):
        return str(half)
    return str(half.date()) if half.date() > a.date() else high


def _middle_text(low: Value, high: Value) -> Value | None:
    a, b = _text(low), _text(high)
    top = max(0x7E, *map(ord, a + b))
    guess = _middle_of([ord(c) for c in a], [ord(c) for c in b], 0x20, top)
    # Surrogates are no characters; a collation may sort otherwise, which only costs balance.
    return "".join(chr(c) if not 0xD800 <= c <= 0xDFFF else "\ud7ff" for c in guess)


def _middle_binary(low: Value, high: Value) -> Value | None:
    return bytes(_middle_of(list(_bytes(low)), list(_bytes(high)), 0, 255))


def _middle_of(a: list[int], b: list[int], bottom: int, top: int) -> list[int]:
    """Halfway between two sequences of digits of the base `top - bottom + 1`, a few digits beyond what they share."""
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    base, width = top - bottom + 1, 6

    def number(digits: list[int]) -> int:
        total = 0
        for i in range(shared, shared + width):
            total = total * base + (min(max(digits[i], bottom), top) - bottom if i < len(digits) else 0)
        return total

    half = (number(a) + number(b) + 1) // 2
    tail = []
    for _ in range(width):
        half, digit = divmod(half, base)
        tail.append(bottom + digit)
    return [*a[:shared], *reversed(tail)]


_MIDDLES: dict[LiteralKind, Callable[[Value, Value], Value | None]] = {
    "number": _middle_number,
    "time": _middle_time,
    "text": _middle_text,
    "binary": _middle_binary,
}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else value.decode()


def _bytes(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else value
