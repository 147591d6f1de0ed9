"""Bytes of HBase cells as Arrow columns: text, HBase's `Bytes.toBytes` and Phoenix's order-preserving encodings.

Sources: org.apache.hadoop.hbase.util.Bytes; the types of org.apache.phoenix.schema.types (PInteger, PLong, PDouble …).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.types import CellError

Bits = npt.NDArray[Any]


@dataclass(frozen=True)
class Codec:
    """The Arrow type of a column, and how its cells (binary, nulls where a row has none) become one."""

    arrow: pa.DataType
    decode: Callable[[pa.Array], pa.Array]


def _text(cells: pa.Array) -> pa.Array:
    try:
        return cells.cast(pa.string())
    except pa.ArrowInvalid:
        for row, cell in enumerate(cells.to_pylist()):
            try:
                _ = cell is None or cell.decode()
            except UnicodeDecodeError as error:
                step = "choose another codec for it, such as binary or long"
                raise CellError(row, f"a cell is not UTF-8 ({error.reason} at byte {error.start})", step) from None
        raise


def _json(cells: pa.Array) -> pa.Array:
    for row, cell in enumerate(cells.to_pylist()):
        try:
            _ = cell is None or json.loads(cell)
        except ValueError as error:
            raise CellError(row, f"a cell is not JSON: {error}", "choose the codec utf8 to take it as it is") from None
    return _text(cells)


def _fixed(dtype: str, arrow: pa.DataType, mend: Callable[[Bits], Bits] = lambda bits: bits) -> Codec:
    """Numbers of one width; `dtype` is numpy's of the bytes, `mend` what an order-preserving encoding needs."""
    width = np.dtype(dtype).itemsize

    def decode(cells: pa.Array) -> pa.Array:
        valid = np.asarray(cells.is_valid())
        present = cells.drop_null()
        lengths = np.diff(np.frombuffer(present.buffers()[1], np.int32, len(present) + 1, 4 * present.offset))
        wrong = np.flatnonzero(lengths != width)
        if len(wrong):
            row = int(np.flatnonzero(valid)[wrong[0]])
            raise CellError(row, f"a cell has {lengths[wrong[0]]} bytes, not {width}", "choose the codec it was written with")
        data = b"".join(present.to_pylist()) if len(present) else b""
        values = mend(np.frombuffer(data, dtype))
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


CODECS: dict[str, Codec] = {
    "utf8": Codec(pa.string(), _text),
    "binary": Codec(pa.binary(), lambda cells: cells),
    "json": Codec(pa.string(), _json),
    "short": _fixed(">i2", pa.int16()),
    "int": _fixed(">i4", pa.int32()),
    "long": _fixed(">i8", pa.int64()),
    "float": _fixed(">f4", pa.float32()),
    "double": _fixed(">f8", pa.float64()),
    "boolean": _fixed("u1", pa.bool_(), lambda bits: bits != 0),
    "timestamp_ms": _fixed(">i8", pa.timestamp("ms", "UTC")),
    "phoenix_int": _fixed(">i4", pa.int32(), _flipped),
    "phoenix_long": _fixed(">i8", pa.int64(), _flipped),
    "phoenix_float": _fixed(">i4", pa.float32(), _phoenix_float),
    "phoenix_double": _fixed(">i8", pa.float64(), _phoenix_float),
}
"""By the name that the YAML says."""
