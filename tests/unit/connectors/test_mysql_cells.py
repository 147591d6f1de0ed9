"""The compiled loops, numpy and Arrow's casts give the same arrays, for every kind of cell and for broken packets."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pymysql import err

from connectors.base import CellError
from connectors.mysql import cells as mysql_cells
from connectors.mysql import wire as mysql_wire
from connectors.mysql.options import MySQLOptions
from washplant.secret import EnvValue

OPTIONS = MySQLOptions(kind="mysql", host="h", user="u", password=EnvValue("p"), database="d", table="t")

NUMBERS = ("0", "-1", "42", "127", "-128", "9223372036854775807", "-9223372036854775808", "-9223372036854775807")
DECIMALS = ("0.00", "-0.01", "12345678.90", "-99999999.99", "0.10")
DATES = ("1970-01-01", "2024-02-29", "9999-12-31", "0001-01-01", "1900-03-01", "2000-02-29")
TIMES = (
    "2025-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.5", "0001-01-01 00:00:00.000001", "2025-06-07",
)  # fmt: skip
ODD_DATES = ("0000-00-00", "2025-02-31", "0000-01-01", "1900-02-29")


def packet(row: Sequence[str | bytes | None]) -> bytes:
    """A row of the text protocol, without its header."""
    return b"".join(_cell(cell.encode() if isinstance(cell, str) else cell) for cell in row)


def _cell(cell: bytes | None) -> bytes:
    if cell is None:
        return b"\xfb"
    size = len(cell)
    if size < 251:
        return bytes([size]) + cell
    mark, width = (0xFC, 2) if size < 1 << 16 else (0xFD, 3) if size < 1 << 24 else (0xFE, 8)
    return bytes([mark]) + size.to_bytes(width, "little") + cell


def batch_of(rows: Sequence[Sequence[str | bytes | None]], compiled: Any) -> mysql_cells.RawBatch:
    packets = [packet(row) for row in rows]
    data = np.frombuffer(b"".join(len(p).to_bytes(3, "little") + b"\0" + p for p in packets) + b"\0" * 8, dtype=np.uint8)
    starts, ends = np.empty((2, len(rows) + 1), dtype=np.int64)
    frame = compiled.frame if compiled else mysql_wire._frame
    stopped, _, count = frame(data, 0, len(data) - 8, starts, ends, 0, 1 << 40)
    assert (stopped, count) == (mysql_wire._MORE, len(rows))
    return mysql_cells.batch(data, starts[:count], ends[:count], len(rows[0]), compiled)


def both(cells: Sequence[str | bytes | None], decode: str, to: pa.DataType, options: MySQLOptions = OPTIONS) -> pa.Array:
    """What the engines agree on: an array, or the error's text and row."""
    pytest.importorskip("numba")
    results: list[Any] = []
    for compiled in (None, mysql_cells.kernels()):
        raw = batch_of([(cell, "x") for cell in cells], compiled)
        try:
            results.append(raw.decoded(0, decode, to, options))
            results[-1].validate(full=True)
        except CellError as error:
            results.append((error.row, error.reason))
        except pa.ArrowInvalid as error:
            results.append(str(error))
    assert type(results[0]) is type(results[1])
    assert results[0].equals(results[1]) if isinstance(results[0], pa.Array) else results[0] == results[1]
    return results[1]


@pytest.mark.parametrize(
    ("decode", "to", "cells"),
    [
        ("number", pa.int64(), NUMBERS),
        ("number", pa.int8(), NUMBERS[:5]),
        ("number", pa.int8(), ("1", "128")),
        ("number", pa.int64(), ("1", "9223372036854775808")),
        ("number", pa.int32(), ("1", "1x", "")),
        ("number", pa.decimal128(10, 2), DECIMALS),
        ("number", pa.decimal128(3, 2), ("9.99", "10.00")),
        ("number", pa.decimal128(20, 0), ("18446744073709551615", "9223372036854775808", "0", "-7")),
        ("number", pa.decimal128(38, 10), ("9999999999999999999999999999.0123456789", "-0.0000000001")),
        ("number", pa.decimal128(10, 2), ("1", "1.2")),
        ("number", pa.float64(), ("0.1", "-1.7976931348623157e308")),
        ("number", pa.bool_(), ("0", "1")),
        ("date", pa.date32(), DATES),
        ("date", pa.date32(), (*DATES, *ODD_DATES)),
        ("date", pa.timestamp("us"), TIMES),
        ("date", pa.timestamp("us"), (*TIMES, "0000-00-00 12:00:00", "2025-00-15 01:02:03.000004")),
        ("instant", pa.timestamp("us", tz="UTC"), TIMES[:3]),
        ("text", pa.string(), ("", "中文 😀", "x" * 70_000)),
        ("text", pa.string(), ("ok", b"\xc3\x28")),
        ("binary", pa.binary(), (b"\x00\xff", b"", b"y" * 300)),
        ("duration", pa.duration("us"), ("838:59:59", "-00:00:00.000001")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("nulls", [False, True])
def test_both_engines_agree(decode: str, to: pa.DataType, cells: tuple[str | bytes, ...], nulls: bool) -> None:
    given: list[str | bytes | None] = [*cells, None, None] if nulls else list(cells)
    both(given, decode, to)


def test_zero_dates_by_policy_in_both_engines() -> None:
    assert both(("2025-01-01", *ODD_DATES), "date", pa.date32()).null_count == len(ODD_DATES)
    failing = OPTIONS.model_copy(update={"zero_date": "fail"})
    assert both(("2025-01-01", "0000-00-00"), "date", pa.date32(), failing)[0] == 1


def test_the_session_zone_in_both_engines() -> None:
    shanghai = OPTIONS.model_copy(update={"timezone": "+08:00"})
    found = both(("2025-01-01 08:00:00",), "instant", pa.timestamp("us", tz="UTC"), shanghai)
    assert str(found[0].as_py()) == "2025-01-01 00:00:00+00:00"


def test_random_rows_of_every_width() -> None:
    pytest.importorskip("numba")
    dice = random.Random(7)
    widths = (0, 1, 250, 251, 255, 256, 65535, 65536)
    rows = [
        tuple(None if dice.random() < 0.2 else bytes(dice.choices(range(256), k=dice.choice(widths))) for _ in range(5))
        for _ in range(60)
    ]
    for compiled in (None, mysql_cells.kernels()):
        raw = batch_of(rows, compiled)
        assert [raw.cells(i).to_pylist() for i in range(5)] == [list(column) for column in zip(*rows, strict=True)]
        assert raw.cell(3, 9) == rows[9][3]


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize(
    "row", [b"", b"\x01a", b"\x01a\x01b\x01c", b"\x05ab\x01", b"\x01a\xfc\xff", b"\x01a\xfe" + b"\xff" * 8, b"\x01a\xfd\x01\0"]
)
def test_a_broken_row_is_an_error_and_no_read_beyond_it(engine: str, row: bytes) -> None:
    compiled = None if engine == "numpy" else pytest.importorskip("connectors.mysql.kernels")
    data = np.frombuffer(row + b"\x01" * 4096, dtype=np.uint8)
    with pytest.raises(err.InternalError, match="2 cells"):
        mysql_cells.batch(data, np.zeros(1, np.int64), np.array([len(row)]), 2, compiled)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_framing_stops_where_it_should(engine: str) -> None:
    frame: Any = mysql_wire._frame if engine == "numpy" else pytest.importorskip("connectors.mysql.kernels").frame
    row, eof, error, long = b"\x02\0\0\0\x01a", b"\x05\0\0\0\xfe\0\0\0\0", b"\x09\0\0\0\xff\x15\x04#HY000", b"\xff\xff\xff\0ab"
    wide = (9).to_bytes(3, "little") + b"\0\xfe" + b"\0" * 8  # a cell with a length of eight bytes, not the end

    def stopped(data: bytes, filled: int, limit: int = 1 << 30) -> tuple[int, int, int]:
        starts, ends = np.empty((2, 3), dtype=np.int64)
        return tuple(frame(np.frombuffer(data, dtype=np.uint8), 0, filled, starts, ends, 0, limit))  # type: ignore[return-value]

    assert stopped(row + row, 12) == (mysql_wire._MORE, 12, 2)
    assert [stopped(row + row, filled)[2] for filled in range(6, 12)] == [1] * 6
    assert stopped(row * 4, 24) == (mysql_wire._FULL, 18, 3)
    assert stopped(row * 4, 24, limit=5) == (mysql_wire._FULL, 6, 1)
    assert stopped(row + eof, 15) == (mysql_wire._END, 6, 1)
    assert stopped(row + eof, 14) == (mysql_wire._MORE, 6, 1)  # the end is known only when it is there
    assert stopped(row + error, 19) == (mysql_wire._END, 6, 1)
    assert stopped(row + long, 12) == (mysql_wire._LONG, 6, 1)
    assert stopped(wide + row, 19) == (mysql_wire._MORE, 19, 2)


def test_nothing_is_compiled_or_loaded_by_importing_the_connector() -> None:
    # The driver plans; only a process that reads much loads numba.
    code = "import sys, connectors.mysql, connectors.mysql.wire; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
