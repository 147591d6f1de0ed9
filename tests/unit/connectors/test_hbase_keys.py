"""Row keys: written, shown, bounded, cut into parts; decimals as `Bytes.toBytes` writes them."""

from __future__ import annotations

import decimal
import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import CellError
from connectors.hbase.codecs import codec
from connectors.hbase.keys import after_prefix, bounds, key_bytes, shown, split_keys
from connectors.hbase.options import HBaseOptions, KeyPart
from sandbox.seed_hbase import to_bytes


def test_keys_are_written_as_in_the_shell() -> None:
    assert key_bytes(r"\x00a水\xFF") == b"\x00a" + "水".encode() + b"\xff"
    assert shown(b"\x00a" + "水".encode() + b"\xff") == r"\x00a水\xff"


@given(st.binary(min_size=1, max_size=5), st.binary(max_size=5))
def test_a_prefix_ends_where_it_should(prefix: bytes, key: bytes) -> None:
    end = after_prefix(prefix)
    assert key.startswith(prefix) == (prefix <= key and (not end or key < end))


def test_all_limits_hold() -> None:
    assert bounds("b", "d", None) == (b"b", b"d")
    assert bounds(None, None, "ab") == (b"ab", b"ac")
    assert bounds("abc", None, "ab") == (b"abc", b"ac")
    assert bounds("a", "abz", "ab") == (b"ab", b"abz")
    assert bounds(None, None, r"\xff") == (b"\xff", b"")


def test_a_salted_key_in_parts() -> None:
    parts = (
        KeyPart(name="salt", bytes=1, codec="byte"),
        KeyPart(name="user", bytes=8, codec="long"),
        KeyPart(name="tenant", until="|"),
        KeyPart(name="day"),
    )
    keys = pa.array([b"\x03" + struct.pack(">q", 7) + b"t1|2025-01-07", b"\x7f" + struct.pack(">q", -1) + b"|"], pa.binary())
    for array in (keys, pa.concat_arrays([keys[:1], keys])[1:]):  # a slice has an offset
        split = zip(parts, split_keys(array, parts), strict=True)
        found = [codec(part.codec).decode(cells).to_pylist() for part, cells in split]
        assert found == [[3, 127], [7, -1], ["t1", ""], ["2025-01-07", ""]]


@pytest.mark.parametrize("part", [KeyPart(name="p", bytes=3), KeyPart(name="p", until="|")])
def test_a_key_without_the_part_is_told(part: KeyPart) -> None:
    with pytest.raises(CellError, match="before its part 'p'") as caught:
        list(split_keys(pa.array([b"abc|", b"ab"], pa.binary()), (part,)))
    assert caught.value.row == 1


@given(st.lists(st.none() | st.decimals(min_value=-(10**15), max_value=10**15, places=3) | st.integers(-(10**15), 10**15)))
def test_decimals_of_any_scale(values: list[decimal.Decimal | int | None]) -> None:
    cells = [None if value is None else to_bytes(decimal.Decimal(value)) for value in values]
    found = codec("decimal(38,3)").decode(pa.array(cells, pa.binary()))
    found.validate(full=True)
    assert found.to_pylist() == values


@pytest.mark.parametrize(
    ("cell", "said"),
    [(to_bytes(decimal.Decimal("1.234")), "does not fit"), (b"\0\0\0\0", "no decimal"), (b"\0" * 21, "no decimal")],
)
def test_a_decimal_that_does_not_fit_is_never_rounded(cell: bytes, said: str) -> None:
    with pytest.raises(CellError, match=said) as caught:
        codec("decimal(10,2)").decode(pa.array([None, to_bytes(decimal.Decimal("1.2")), cell], pa.binary()))
    assert caught.value.row == 2


def test_hex_and_phoenix_timestamps() -> None:
    assert codec("hex").decode(pa.array([b"\x00\xff", None, b"", b"a"], pa.binary())[1:]).to_pylist() == [None, "", "61"]
    stamp = struct.pack(">Q", 1_735_689_600_123 + 2**63) + struct.pack(">i", 456_789)
    (moment,) = codec("phoenix_timestamp").decode(pa.array([stamp], pa.binary())).to_pylist()
    assert str(moment) == "2025-01-01 00:00:00.123456+00:00"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row_key_parts": [{"name": "a"}, {"name": "b"}]}, "needs `bytes` or `until`"),
        ({"row_key_parts": [{"name": "a", "bytes": 1, "until": "|"}]}, "not both"),
        ({"row_key_parts": [{"name": "v"}]}, "two columns are named 'v'"),
        ({"timestamp": "v"}, "two columns are named 'v'"),
        ({"cells": {"v": {"cell": "cf:*", "versions": 2}}}, "name a cell to read several"),
        ({"cells": {"v": {"cell": "cf:v", "codec": "decimal(39,2)"}}}, "at most 38 digits"),
        ({"watermark": {"column": "at"}}, "write `timestamp: at`"),
        ({"splits_per_region": 4}, "Extra inputs"),
    ],
)
def test_options_that_cannot_be(change: dict[str, object], said: str) -> None:
    good = {"kind": "hbase", "thrift": "h:9090", "table": "t", "cells": {"v": "cf:v"}}
    with pytest.raises(ValidationError, match=said):
        HBaseOptions.model_validate(good | change)
