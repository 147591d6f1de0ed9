"""What `Bytes.toBytes(BigDecimal)` writes: four bytes of scale, then the unscaled value in two's complement."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from connectors.base import CellError

DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_HEAD, _WORD = 4, 16


def decimal_decoder(arrow: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Cells to `arrow`, a decimal128; a value that it cannot hold exactly is an error, never rounded."""

    def decode(cells: pa.Array) -> pa.Array:
        rows = np.flatnonzero(np.asarray(cells.is_valid()))
        present = cells.drop_null()
        offsets = np.frombuffer(present.buffers()[1], np.int32, len(present) + 1, 4 * present.offset)
        data, sizes = np.frombuffer(present.buffers()[2] or b"", np.uint8), np.diff(offsets) - _HEAD
        wrong = np.flatnonzero((sizes < 1) | (sizes > _WORD))
        if len(wrong):
            step = "choose the codec it was written with; numbers beyond 38 digits can be read as binary"
            raise CellError(int(rows[wrong[0]]), f"a cell of {sizes[wrong[0]] + _HEAD} bytes is no decimal", step)
        scales = sum(data[offsets[:-1] + i].astype(np.int64) << (24 - 8 * i) for i in range(_HEAD)) if len(rows) else rows
        words, parts, order = _words(data, offsets[1:], sizes), [], []
        for scale in np.unique(scales):
            members = np.flatnonzero(scales == scale)
            parts.append(_cast(words[members], int(np.int32(scale)), arrow, rows[members]))
            order.append(rows[members])
        places = np.full(len(cells), -1, np.int64)
        if order:
            places[np.concatenate(order)] = np.arange(len(rows))
        return pa.chunked_array(parts, arrow).combine_chunks().take(pa.array(places, mask=places < 0))

    return decode


def _words(data: np.ndarray, ends: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The unscaled values as little-endian words of 16 bytes, their signs extended."""
    words = np.zeros((len(ends), _WORD), np.uint8)
    if len(ends):
        sign = np.where(data[ends - sizes] & 0x80, 0xFF, 0).astype(np.uint8)
        for i in range(_WORD):
            words[:, i] = np.where(i < sizes, data[np.maximum(ends - 1 - i, 0)], sign)
    return words


def _cast(words: np.ndarray, scale: int, arrow: pa.DataType, rows: np.ndarray) -> pa.Array:
    exact = pa.Array.from_buffers(pa.decimal128(38, scale), len(words), [None, pa.py_buffer(np.ascontiguousarray(words))])
    try:
        return exact.cast(arrow)
    except pa.ArrowInvalid:
        for row, value in zip(rows, exact, strict=True):
            try:
                value.cast(arrow)
            except pa.ArrowInvalid:
                raise CellError(int(row), f"{value} does not fit {arrow}", "write a decimal with more digits") from None
        raise
