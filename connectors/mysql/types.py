"""Type policies as data: what a MySQL column is read as, and the vectorised decoder of its cells.

The text protocol brings every cell as bytes. A `Cell` says which SQL to select, the Arrow type, and which decoder
turns a whole column of bytes into it. Arrow types are those that Spark can take: no unsigned integers, no decimal
beyond 38 digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import CellError

LiteralKind = Literal["number", "text", "time", "binary"]
"""How a key's cell is written back as an SQL literal; see `connectors.mysql.sql.literal`."""


class Policies(Protocol):
    """The choices that a source's options make (`MySQLOptions`)."""

    @property
    def zero_date(self) -> Literal["null", "fail", "string"]: ...
    @property
    def tinyint1(self) -> Literal["int", "bool"]: ...
    @property
    def bit(self) -> Literal["int", "binary"]: ...
    @property
    def time(self) -> Literal["string", "duration"]: ...
    @property
    def timezone(self) -> str: ...
    @property
    def utf8_in_latin1(self) -> tuple[str, ...]: ...


class Declared(NamedTuple):
    """A column as information_schema describes it."""

    name: str
    data_type: str
    column_type: str
    precision: int | None
    scale: int | None
    nullable: bool
    comment: str


@dataclass(frozen=True)
class Cell:
    """How one column is read. `sql` holds `{}` for the quoted column."""

    arrow: pa.DataType
    decode: str
    sql: str = "{}"


_MAX_SPARK_DIGITS = 38

# An unsigned integer needs the next wider signed type; BIGINT UNSIGNED a decimal (debezium PR #7568).
_INTEGERS = {
    "tinyint": (pa.int8(), pa.int16()),
    "smallint": (pa.int16(), pa.int32()),
    "mediumint": (pa.int32(), pa.int32()),
    "int": (pa.int32(), pa.int64()),
    "integer": (pa.int32(), pa.int64()),
    "bigint": (pa.int64(), pa.decimal128(20, 0)),
}

# Types that may order a read. ENUM sorts by index but compares as text; FLOAT compares with its rounded text; a long
# TEXT is indexed by a prefix only.
KEY_KINDS: dict[str, LiteralKind] = {
    **dict.fromkeys((*_INTEGERS, "decimal", "year"), "number"),
    **dict.fromkeys(("date", "datetime", "timestamp"), "time"),
    **dict.fromkeys(("char", "varchar", "uuid", "inet4", "inet6"), "text"),
    **dict.fromkeys(("binary", "varbinary"), "binary"),
}

_SIMPLE = {
    # The text protocol rounds a FLOAT to six digits; as a double all of them come.
    "float": Cell(pa.float32(), "number", "({} + 0e0)"),
    "double": Cell(pa.float64(), "number"),
    "year": Cell(pa.int16(), "number"),
    "enum": Cell(pa.string(), "text"),
    "set": Cell(pa.string(), "text"),
    "json": Cell(pa.string(), "text"),
    **dict.fromkeys(("char", "varchar", "uuid", "inet4", "inet6"), Cell(pa.string(), "text")),
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext"), Cell(pa.string(), "text")),
    **dict.fromkeys(("binary", "varbinary", "vector"), Cell(pa.binary(), "binary")),
    **dict.fromkeys(("tinyblob", "blob", "mediumblob", "longblob"), Cell(pa.binary(), "binary")),
    **dict.fromkeys(
        ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
        Cell(pa.binary(), "binary"),
    ),
    **dict.fromkeys(("geometrycollection", "geomcollection"), Cell(pa.binary(), "binary")),
}

_TIMES = {
    "date": Cell(pa.date32(), "date"),
    "datetime": Cell(pa.timestamp("us"), "date"),  # naive: what the clock on the wall said
    "timestamp": Cell(pa.timestamp("us", tz="UTC"), "instant"),
}


def cell_of(column: Declared, policies: Policies) -> Cell | None:
    """How `column` is read under `policies`; None for a type that we do not know."""
    kind = column.data_type.lower()
    if column.name in policies.utf8_in_latin1:
        # The stored bytes, not the server's conversion of them; checked to be UTF-8 by the decoder.
        return Cell(pa.string(), "text", "cast({} as binary)")
    if kind in _INTEGERS:
        return _integer(kind, column, policies)
    if kind == "decimal":
        digits, scale = column.precision or 10, column.scale or 0
        if digits > _MAX_SPARK_DIGITS:
            return Cell(pa.string(), "text")  # exact as text; DataX makes it a double
        return Cell(pa.decimal128(digits, scale), "number")
    if kind == "bit":
        return _bit(column, policies)
    if kind == "time":  # up to 838:59:59 and negative: no time of day can hold it
        return Cell(pa.duration("us"), "duration") if policies.time == "duration" else Cell(pa.string(), "text")
    if kind in _TIMES:
        return Cell(pa.string(), "text") if policies.zero_date == "string" else _TIMES[kind]
    return _SIMPLE.get(kind)


def _integer(kind: str, column: Declared, policies: Policies) -> Cell:
    if column.column_type.lower().startswith("tinyint(1)") and policies.tinyint1 == "bool":
        return Cell(pa.bool_(), "number", "({} <> 0)")
    signed, unsigned = _INTEGERS[kind]
    return Cell(unsigned if "unsigned" in column.column_type.lower() else signed, "number")


def _bit(column: Declared, policies: Policies) -> Cell:
    if policies.bit == "binary":
        return Cell(pa.binary(), "binary")
    bits = int(re.sub(r"\D", "", column.column_type) or 1)
    return Cell(pa.int64() if bits < 64 else pa.decimal128(20, 0), "number", "({} + 0)")


# ------------------------------------------------------------------------------------------------ decoders


def decode_number(cells: pa.Array, to: pa.DataType, _: Policies) -> pa.Array:
    """Digits to integers, decimals, floats and 0/1 to booleans."""
    return _ascii(cells).cast(to)


def decode_binary(cells: pa.Array, _to: pa.DataType, _: Policies) -> pa.Array:
    """Bytes as they are."""
    return cells


def decode_text(cells: pa.Array, to: pa.DataType, _: Policies) -> pa.Array:
    """Checked UTF-8."""
    try:
        return cells.cast(to)
    except pa.ArrowInvalid:
        row = next(i for i, cell in enumerate(cells) if cell.is_valid and not _is_utf8(cell.as_py()))
        raise CellError(
            row,
            "the text is not valid UTF-8",
            "correct the row; `utf8_in_latin1` is only for columns whose bytes are UTF-8",
        ) from None


def decode_time(cells: pa.Array, to: pa.DataType, policies: Policies) -> pa.Array:
    """DATE and DATETIME. A date that the calendar does not have becomes null or an error, by policy; no row is lost."""
    text = _ascii(cells)
    try:
        times = text.cast(to)
        if not _before_year_one(times):
            return times
    except pa.ArrowInvalid:
        pass
    impossible = _impossible_dates(text)
    if policies.zero_date == "fail" and impossible.any():
        row = int(impossible.argmax())
        raise CellError(row, f"the date {text[row]} does not exist", "correct the row, or set `zero_date: null` or `string`")
    return pc.if_else(pa.array(~impossible), text, pa.scalar(None, pa.string())).cast(to)


def decode_instant(cells: pa.Array, to: pa.DataType, policies: Policies) -> pa.Array:
    """TIMESTAMP, which the server shows in the session's zone, as UTC (8-hour shifts: SeaTunnel PR #10122)."""
    local = decode_time(cells, pa.timestamp("us"), policies)
    return pc.subtract(local, pa.scalar(zone_offset_us(policies), pa.duration("us"))).cast(to)


def zone_offset_us(policies: Policies) -> int:
    """How far the session's clock is ahead of UTC, in microseconds."""
    sign, hours, minutes = policies.timezone[0], int(policies.timezone[1:3]), int(policies.timezone[4:])
    return (hours * 60 + minutes) * 60_000_000 * (-1 if sign == "-" else 1)


def decode_duration(cells: pa.Array, to: pa.DataType, _: Policies) -> pa.Array:
    """TIME, `[-]hhh:mm:ss[.ffffff]`, as microseconds."""
    parts = pc.extract_regex(_ascii(cells), r"^(?P<sign>-?)(?P<h>\d+):(?P<m>\d+):(?P<s>\d+)(?P<us>(?:\.\d+)?)$")
    hours, minutes, seconds = (pc.struct_field(parts, name).cast(pa.int64()) for name in ("h", "m", "s"))
    fraction = pc.if_else(pc.equal(pc.struct_field(parts, "us"), ""), "0", pc.struct_field(parts, "us"))
    micros = pc.multiply(fraction.cast(pa.float64()), 1e6)
    micros = pc.round(micros).cast(pa.int64())
    total = pc.multiply(pc.add(pc.multiply(pc.add(pc.multiply(hours, 60), minutes), 60), seconds), 1_000_000)
    sign = pc.if_else(pc.equal(pc.struct_field(parts, "sign"), "-"), -1, 1)
    return pc.multiply(pc.add(total, micros), sign).cast(to)


Decoder = Callable[[pa.Array, pa.DataType, Policies], pa.Array]

DECODERS: dict[str, Decoder] = {
    "number": decode_number,
    "binary": decode_binary,
    "text": decode_text,
    "date": decode_time,
    "instant": decode_instant,
    "duration": decode_duration,
}


def _ascii(cells: pa.Array) -> pa.Array:
    """The same bytes as text, unchecked: numbers and dates are ASCII by the protocol."""
    return pa.Array.from_buffers(pa.string(), len(cells), cells.buffers(), cells.null_count, cells.offset)


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _before_year_one(times: pa.Array) -> bool:
    # Arrow has a year 0, Python and Spark have not: '0000-01-01' counts as impossible.
    first = pc.min(times)
    if not first.is_valid:
        return False
    return bool(pc.less(first, pa.scalar("0001-01-01").cast(pa.timestamp("us")).cast(times.type)).as_py())


def _impossible_dates(text: pa.Array) -> np.ndarray:
    """Which rows hold a date that is not in the calendar; nulls do not."""
    filled = pc.fill_null(text, "2000-01-01")
    year, month, day = (
        pc.utf8_slice_codeunits(filled, start, stop).cast(pa.int32()).to_numpy() for start, stop in ((0, 4), (5, 7), (8, 10))
    )
    days = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)[np.clip(month, 0, 12)]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = days + ((month == 2) & leap)
    return (year < 1) | (month < 1) | (month > 12) | (day < 1) | (day > days)
