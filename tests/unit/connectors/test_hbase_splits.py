"""Parts of a region cover it exactly and hold about as many rows each, for the keys that people use."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import random
import struct
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hbase.splits import cut


class SortedKeys:
    """Looks into a sorted list, counted."""

    def __init__(self, keys: list[bytes]) -> None:
        self.keys, self.looks = sorted(set(keys)), 0

    def _between(self, start: bytes, stop: bytes) -> tuple[int, int]:
        self.looks += 1
        return bisect.bisect_left(self.keys, start), bisect.bisect_left(self.keys, stop) if stop else len(self.keys)

    def ascending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        low, high = self._between(start, stop)
        return self.keys[low : min(low + count, high)]

    def descending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        low, high = self._between(start, stop)
        return self.keys[max(low, high - count) : high][::-1] if low < high else []


def sizes(keys: list[bytes], target: int) -> tuple[list[int], int]:
    """Rows of each part, which must join from open end to open end; and how many looks it took."""
    known = SortedKeys(keys)
    parts = cut(known, b"", b"", target)
    assert parts[0][0] == b"" and parts[-1][1] == b""
    assert all(left[1] == right[0] for left, right in itertools.pairwise(parts))
    looks, found = known.looks, []
    for start, stop, _ in parts:
        low, high = known._between(start, stop)
        found.append(high - low)
    assert sum(found) == len(known.keys)
    return found, looks


def _snowflakes(n: int) -> list[bytes]:
    chance = random.Random(3)
    return [str((1_500_000_000_000 + i * 977 << 22) + chance.randrange(1 << 12)).encode() for i in range(n)]


KINDS: dict[str, Callable[[int], list[bytes]]] = {
    "counter as text": lambda n: [b"%010d" % i for i in range(n)],
    "long": lambda n: [struct.pack(">q", i * 1_000_003) for i in range(n)],
    "salted": lambda n: [bytes([i % 16]) + b"%08d" % i for i in range(n)],
    "salted text": lambda n: [b"%02d|user%06d" % (i % 20, i) for i in range(n)],
    "hash": lambda n: [hashlib.md5(b"%d" % i).digest() for i in range(n)],
    "hex hash": lambda n: [hashlib.md5(b"%d" % i).hexdigest().encode() for i in range(n)],
    "uuid": lambda n: [str(uuid.UUID(int=hash((i, "u")) ** 2 % 2**128)).encode() for i in range(n)],
    "snowflake": _snowflakes,
    "day and number": lambda n: [b"2025-%02d-%02d/%06d" % (i % 12 + 1, i % 28 + 1, i) for i in range(n)],
    "two clusters": lambda n: [b"a%06d" % i for i in range(n // 2)] + [b"zzzz%09d" % i for i in range(n // 2)],
    "one large tenant": lambda n: [b"t%02d-%04d" % (i % 50, i) for i in range(n // 10)] + [b"t07-%07d" % i for i in range(n)],
    "chinese": lambda n: [f"客户{i:06}".encode() for i in range(n)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_parts_are_about_even(kind: str) -> None:
    rows, target = 50_000, 5_000
    found, looks = sizes(KINDS[kind](rows), target)
    assert 5 <= len(found) <= 40, found
    assert max(found) <= 3 * target, found
    assert looks < 250


def test_a_small_region_is_one_part() -> None:
    assert len(sizes([b"%d" % i for i in range(60)], 1)[0]) == 1
    assert sizes([], 10)[0] == [0]
    assert len(sizes([b"%05d" % i for i in range(1000)], 1000)[0]) == 1


def test_the_number_of_parts_is_bounded() -> None:
    keys = SortedKeys([struct.pack(">q", i**3) for i in range(20_000)])
    assert len(cut(keys, b"", b"", 10, most=16)) == 16
    assert keys.looks < 60


@given(st.lists(st.binary(max_size=6), max_size=300), st.integers(1, 50))
def test_any_keys_are_covered(keys: list[bytes], target: int) -> None:
    sizes(keys, target)
