"""Bytes of HBase cells as Arrow columns: text, HBase's `Bytes.toBytes` and Phoenix's order-preserving encodings.

Sources: org.apache.hadoop.hbase.util.Bytes; the types of org.apache.phoenix.schema.types (PInteger, PLong, PDouble …).
Phoenix's VARCHAR is utf8, its BOOLEAN is boolean, and its UNSIGNED_ types are what `Bytes.toBytes` writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.base import CellError
from connectors.hbase.avro import AVRO, avro_decoder
from connectors.hbase.decimal import DECIMAL, decimal_decoder

Bits = npt.NDArray[Any]


@dataclass(frozen=True)
class Codec:
    """The Arrow type of a column, and how its cells (binary, nulls where a row has none) become one."""

    arrow: pa.DataType
    decode: Callable[[pa.Array], pa.Array]


def codec(name: str) -> Codec:
    """The codec that the YAML calls `name`. Raises KeyError."""
    decimal = DECIMAL.fullmatch(name)
    if decimal:
        arrow = pa.decimal128(int(decimal[1]), int(decimal[2]))
        return Codec(arrow, decimal_decoder(arrow))
    avro = AVRO.fullmatch(name)
    if avro:
        return Codec(pa.string(), avro_decoder(avro[1]))
    return CODECS[name]


def known(name: str) -> str:
    """`name` itself. Raises ValueError with the names there are."""
    decimal = DECIMAL.fullmatch(name)
    if decimal and not (0 < int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1])):
        raise ValueError(f"{name}: write decimal(digits,decimals) with at most 38 digits")
    if not decimal and not AVRO.fullmatch(name) and name not in CODECS:
        raise ValueError(f"unknown codec {name!r}; known: {', '.join(CODECS)}, decimal(18,2), avro(schema.avsc)")
    return name


def _text(cells: pa.Array) -> pa.Array:
    try:
        return cells.cast(pa.string())
    except pa.ArrowInvalid:
        for row, cell in enumerate(cells.to_pylist()):
            try:
                _ = cell is None or cell.decode()
            except UnicodeDecodeError as error:
                step = "choose another codec for it, such as binary, hex or long"
                raise CellError(row, f"a cell is not UTF-8 ({error.reason} at byte {error.start})", step) from None
        raise


def _json(cells: pa.Array) -> pa.Array:
    for row, cell in enumerate(cells.to_pylist()):  # the parser is compiled; there is none for a whole column
        try:
            _ = cell is None or json.loads(cell)
        except ValueError as error:
            raise CellError(row, f"a cell is not JSON: {error}", "choose the codec utf8 to take it as it is") from None
    return _text(cells)


_HEX = np.array([list(b"%02x" % byte) for byte in range(256)], dtype=np.uint8)


def _hex(cells: pa.Array) -> pa.Array:
    offsets = np.frombuffer(cells.buffers()[1], np.int32, len(cells) + 1, 4 * cells.offset)
    data = np.frombuffer(cells.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    buffers = [pa.py_buffer(2 * (offsets - offsets[0])), pa.py_buffer(_HEX[data])]
    text = pa.Array.from_buffers(pa.string(), len(cells), [None, *buffers])
    return text if not cells.null_count else text.take(pa.array(np.arange(len(cells)), mask=np.asarray(cells.is_null())))


def _fixed(dtype: Any, arrow: pa.DataType, mend: Callable[[Bits], Bits] = lambda bits: bits) -> Codec:
    """Numbers of one width; `dtype` is numpy's of the bytes, `mend` what an order-preserving encoding needs."""
    width = np.dtype(dtype).itemsize

    def decode(cells: pa.Array) -> pa.Array:
        valid = np.asarray(cells.is_valid())
        present = cells.drop_null()
        offsets = np.frombuffer(present.buffers()[1], np.int32, len(present) + 1, 4 * present.offset)
        lengths = np.diff(offsets)
        wrong = np.flatnonzero(lengths != width)
        if len(wrong):
            row = int(np.flatnonzero(valid)[wrong[0]])
            raise CellError(row, f"a cell has {lengths[wrong[0]]} bytes, not {width}", "choose the codec it was written with")
        values = mend(np.frombuffer(present.buffers()[2] or b"", dtype, len(present), offsets[0]))
        full = np.zeros(len(cells), values.dtype.newbyteorder("="))
        full[valid] = values
        return pa.array(full, mask=~valid).cast(arrow)

    return Codec(arrow, decode)


def _flipped(bits: Bits) -> Bits:
    """Phoenix's integers: the sign bit is turned over, so that bytes sort as numbers."""
    signed = bits.astype(bits.dtype.newbyteorder("="))
    return signed ^ np.iinfo(signed.dtype).min


def _phoenix_float(bits: Bits) -> Bits:
    """Phoenix's floats: negative ones are turned over entirely, and one is added."""
    signed = bits.astype(bits.dtype.newbyteorder("=")) - 1
    lowest, last = np.iinfo(signed.dtype).min, signed.dtype.itemsize * 8 - 1
    turned = signed ^ ((~signed >> last) | lowest)
    return turned.view(np.float64 if signed.dtype.itemsize == 8 else np.float32)


def _micros(millis: Bits) -> Bits:
    return millis.astype(np.int64) * 1000


_INSTANT = pa.timestamp("us", tz="UTC")

CODECS: dict[str, Codec] = {
    "utf8": Codec(pa.string(), _text),
    "binary": Codec(pa.binary(), lambda cells: cells),
    "hex": Codec(pa.string(), _hex),
    "json": Codec(pa.string(), _json),
    "byte": _fixed("i1", pa.int8()),
    "short": _fixed(">i2", pa.int16()),
    "int": _fixed(">i4", pa.int32()),
    "long": _fixed(">i8", pa.int64()),
    "float": _fixed(">f4", pa.float32()),
    "double": _fixed(">f8", pa.float64()),
    "boolean": _fixed("u1", pa.bool_(), lambda bits: bits != 0),
    "timestamp_ms": _fixed(">i8", _INSTANT, _micros),
    "phoenix_tinyint": _fixed("i1", pa.int8(), _flipped),
    "phoenix_smallint": _fixed(">i2", pa.int16(), _flipped),
    "phoenix_int": _fixed(">i4", pa.int32(), _flipped),
    "phoenix_long": _fixed(">i8", pa.int64(), _flipped),
    "phoenix_float": _fixed(">i4", pa.float32(), _phoenix_float),
    "phoenix_double": _fixed(">i8", pa.float64(), _phoenix_float),
    "phoenix_date": _fixed(">i8", _INSTANT, lambda bits: _micros(_flipped(bits))),
    "phoenix_timestamp": _fixed(
        [("ms", ">i8"), ("ns", ">i4")], _INSTANT, lambda bits: _micros(_flipped(bits["ms"])) + bits["ns"] // 1000
    ),
}
"""By the name that the YAML says; `decimal(18,2)` and `avro(schema.avsc)` come beside them."""
