"""Where to cut a region so that parts hold about as many rows each, for any keys.

A region is one split until it has more than `split_rows` rows; HBase has no cheap count and Thrift 1 tells no sizes. What is
cheap is a look at a few keys from any point, forwards or backwards. So we keep closed ranges between two real keys, judge
their rows by how dense the keys are at both ends, and halve the fullest at a real key near its middle until all are small
enough; before that all are halved a few times, so that a large tenant among small ones is met. Keys are taken as numbers
digit by digit: a place where digits were seen counts by ten, letters by 26, other bytes by 256, or a counter written as text
would look like a handful of rows in an ocean of gaps. A wrong judgement costs balance (a crowd of keys that no look happens
to meet stays in one part); no row can be lost, since parts join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

LOOK = 64
"""Keys per look: enough to judge how dense they are, one small answer."""

_PLACES = 16  # of a key, beyond what all keys of a part share
_SLACK = 1.5  # halving a part of 1.5 targets gives parts of 0.75
_CLASSES = (b"0123456789", b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MOST_PARTS = 4096


class Keys(Protocol):
    """Looks at the keys of a table."""

    def ascending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        """The first keys with start <= key < stop (b"": open)."""

    def descending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        """The last keys with start <= key < stop, the last one first."""


@dataclass
class _Part:
    """`head` are its first keys, `tail` its last ones, the last one first."""

    head: list[bytes]
    tail: list[bytes]
    depth: int = 0
    whole: bool = False  # nothing left to cut

    def __post_init__(self) -> None:
        self.first, self.last = self.head[0], self.tail[0]
        self.places = _Places([*self.head, *self.tail])
        self.rows = self._rows()

    def urgency(self, explored: int) -> tuple[int, int]:
        """The larger, the sooner it is halved: shallow parts first, then full ones."""
        return (-1, 0) if self.whole else (max(0, explored - self.depth), self.rows)

    def _rows(self) -> int:
        within = sum(1 for key in self.head if key <= self.last)
        if within < len(self.head) or len(self.head) < LOOK or self.head[-1] == self.last:
            self.whole = True  # known to the last row, and few
            return within
        first, last, number = self.places.number(self.first), self.places.number(self.last), self.places.number
        ends = ((len(self.head) - 1, number(self.head[-1]) - first), (len(self.tail) - 1, last - number(self.tail[-1])))
        # The mean of both ends: where one is crowded and the other is not, it is worth another look.
        return sum(looked + looked * (last - first) // max(seen, 1) for looked, seen in ends) // 2


def cut(keys: Keys, start: bytes, stop: bytes, target: int, most: int = _MOST_PARTS) -> list[tuple[bytes, bytes, int]]:
    """Parts (start, stop, rows) that cover [start, stop) exactly, each of about `target` rows; at most `most`."""
    explored = min(most // 8, 32).bit_length() - 1
    head = keys.ascending(start, stop, LOOK)
    if len(head) < LOOK:
        return [(start, stop, len(head))]
    parts = [_Part(head, keys.descending(start, stop, LOOK) or head[:1])]
    while len(parts) < most:
        fullest = max(range(len(parts)), key=lambda i: parts[i].urgency(explored))
        part = parts[fullest]
        if part.whole or (part.depth >= explored and part.rows <= _SLACK * target):
            break
        parts[fullest : fullest + 1] = _halve(keys, part)
    merged: list[tuple[bytes, int]] = []
    for part in parts:
        if merged and merged[-1][1] + part.rows <= target:
            merged[-1] = (merged[-1][0], merged[-1][1] + part.rows)
        else:
            merged.append((part.first, part.rows))
    starts = [start, *(first for first, _ in merged[1:])]
    return [(low, high, rows) for low, high, (_, rows) in zip(starts, [*starts[1:], stop], merged, strict=True)]


def most_parts(regions: int) -> int:
    """Into how many parts one of `regions` regions may be cut: planning must not take longer than reading."""
    return max(1, _MOST_PARTS // (8 * max(regions, 1)))


def _halve(keys: Keys, part: _Part) -> list[_Part]:
    beyond = part.last + b"\0"
    probe = part.places.middle(part.first, part.last)
    head = keys.ascending(probe, beyond, LOOK) if part.first < probe <= part.last else []
    if not head or head[0] == part.first:
        head = keys.ascending(part.head[-1], beyond, LOOK)  # the guess fell outside: go one look further
    if not head or head[0] <= part.first:
        part.whole = True
        return [part]
    tail = keys.descending(part.first, head[0], LOOK) or [part.first]
    depth = part.depth + 1
    return [_Part([key for key in part.head if key < head[0]], tail, depth), _Part(head, part.tail, depth)]


class _Places:
    """The bytes that keys have at each place after what they share, as digits of a number."""

    def __init__(self, keys: list[bytes]) -> None:
        low, high = min(keys), max(keys)
        self.shared = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
        seen = [{key[i] for key in keys if i < len(key)} for i in range(self.shared, self.shared + _PLACES)]
        binary = any(not all(map(_printable, bytes_)) for bytes_ in seen)
        self.digits = [_class(bytes_, binary=binary) for bytes_ in seen]
        self.prefix = low[: self.shared]

    def number(self, key: bytes) -> int:
        total = 0
        for i, digits in enumerate(self.digits, self.shared):
            # Nothing sorts before the least byte: a key that ends here has digit 0.
            digit = 0 if i >= len(key) else sum(1 for byte in digits if byte <= key[i])
            total = total * (len(digits) + 1) + digit
        return total

    def middle(self, first: bytes, last: bytes) -> bytes:
        """A key halfway between two, which need not exist."""
        half, found = (self.number(first) + self.number(last) + 1) // 2, bytearray()
        for digits in reversed(self.digits):
            half, digit = divmod(half, len(digits) + 1)
            if digit:
                found.append(digits[digit - 1])
            else:
                found.clear()  # the key ends before this place
        return self.prefix + bytes(reversed(found))


def _class(seen: set[int], *, binary: bool) -> bytes:
    """The bytes that may stand where these were seen: whole classes of them; any byte where several classes meet in keys that
    are `binary` elsewhere."""
    classes = {next((kind for kind in _CLASSES if byte in kind), bytes([byte])) for byte in seen}
    if not all(map(_printable, seen)) or (binary and len(classes) > 1):
        return bytes(range(256))
    return bytes(sorted(b"".join(classes)))


def _printable(byte: int) -> bool:
    return 0x20 <= byte < 0x7F
