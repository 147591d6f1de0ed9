"""Bytes of cells as columns, and what the YAML may say of cells."""

from __future__ import annotations

import math
import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import CellError
from connectors.hbase.codecs import CODECS
from connectors.hbase.options import HBaseOptions


def decoded(codec: str, *cells: bytes | None) -> list[object]:
    column = CODECS[codec].decode(pa.array(cells, pa.binary()))
    column.validate(full=True)
    assert column.type == CODECS[codec].arrow
    return column.to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("codec", "form"), [("short", ">h"), ("int", ">i"), ("long", ">q"), ("float", ">f"), ("double", ">d")])
def test_what_bytes_to_bytes_writes(codec: str, form: str) -> None:
    values = [0, 1, -1, 1.5 if form in (">f", ">d") else 77]
    assert decoded(codec, None, *(struct.pack(form, value) for value in values), None) == [None, *values, None]
    assert decoded(codec) == [] and decoded(codec, None) == [None]


def test_booleans_and_milliseconds() -> None:
    assert decoded("boolean", b"\xff", b"\x00", None, b"\x01") == [True, False, None, True]
    (moment,) = decoded("timestamp_ms", struct.pack(">q", 1_735_689_600_123))
    assert str(moment) == "2025-01-01 00:00:00.123000+00:00"


@given(st.integers(-(2**63), 2**63 - 1))
def test_phoenix_longs_sort_as_their_bytes_do(value: int) -> None:
    assert decoded("phoenix_long", (value + 2**63).to_bytes(8, "big")) == [value]


@given(st.floats(allow_nan=False))
def test_phoenix_doubles(value: float) -> None:
    """Encoded as PDouble does: (bits ^ (bits >> 63 | MIN)) + 1."""
    (bits,) = struct.unpack(">q", struct.pack(">d", value))
    turned = (bits ^ ((bits >> 63) | -(2**63))) + 1
    (found,) = decoded("phoenix_double", (turned % 2**64).to_bytes(8, "big"))
    assert found == value and math.copysign(1, found) == math.copysign(1, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codec", "cell", "said"),
    [
        ("long", b"123", "3 bytes, not 8"),
        ("utf8", b"\xff", "not UTF-8"),
        ("json", b"{", "not JSON"),
        ("boolean", b"", "0 bytes"),
    ],
)
def test_a_cell_that_does_not_fit_names_its_row(codec: str, cell: bytes, said: str) -> None:
    with pytest.raises(CellError, match=said) as caught:
        decoded(codec, None, cell)
    assert caught.value.row == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": {"v": "v"}}, "write a cell as family:qualifier"),
        ({"cells": {"v": {"cell": "cf:v", "codec": "utf-8"}}}, "unknown codec 'utf-8'; known: utf8, binary"),
        ({"cells": {"v": {"cell": "cf:*", "codec": "long"}}}, "a map of all cells is read as utf8 or binary"),
        ({"thrift": "node1"}, "write a Thrift server as host:port"),
        ({"row_key": "v"}, "rename one"),
        ({"watermark": {"column": "v"}}, "goes by the cells. timestamps"),
    ],
)
def test_options_that_cannot_be(change: dict[str, object], said: str) -> None:
    good = {"kind": "hbase", "thrift": "h:9090", "table": "t", "cells": {"v": "cf:v"}}
    assert HBaseOptions.model_validate(good).cells["v"].codec == "utf8"
    with pytest.raises(ValidationError, match=said):
        HBaseOptions.model_validate(good | change)
