"""Rows as the server sent them, cut into columns: the cells' places in one buffer, then whole Arrow arrays.

Two engines give the same arrays. numpy cuts column by column, all rows advancing together, and Arrow parses the text of
numbers and dates. The compiled loops of `kernels` walk the rows once and parse most numbers and dates in place;
whatever they do not know goes through Arrow again. Loading them takes about a second and 70 MB, so a process does it only
once it has read enough to gain from it.

Protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from pymysql import err

from connectors.mysql.types import DECODERS, Policies, zone_offset_us

_NULL, _TWO, _THREE, _EIGHT = 0xFB, 0xFC, 0xFD, 0xFE
_DAY_US = 86_400_000_000


@cache
def kernels() -> Any:
    """The compiled loops; None without numba."""
    try:
        return importlib.import_module("connectors.mysql.kernels")
    except ImportError:
        return None


@dataclass(frozen=True)
class RawBatch:
    """`begin[column, row]` and `size[column, row]` say where a cell lies in `data`; the size of NULL is -1.

    `data` is the connection's own buffer: a batch is good only until the next one is asked for.
    """

    data: np.ndarray
    begin: np.ndarray
    size: np.ndarray
    compiled: Any

    def __len__(self) -> int:
        return int(self.begin.shape[1])

    def cells(self, column: int) -> pa.Array:
        """A column as the bytes that were sent."""
        begin, size = self.begin[column], self.size[column]
        null = size < 0
        if self.compiled is None:
            return _gather(self.data, begin, begin + np.maximum(size, 0), null)
        offsets = np.zeros(len(size) + 1, dtype=np.int32)
        np.cumsum(np.maximum(size, 0), out=offsets[1:])
        out = np.empty(offsets[-1], dtype=np.uint8)
        self.compiled.gather(self.data, begin, size, offsets, out)
        buffers = [_validity(null), pa.py_buffer(offsets), pa.py_buffer(out)]
        return pa.Array.from_buffers(pa.binary(), len(size), buffers)

    def decoded(self, column: int, decode: str, to: pa.DataType, policies: Policies) -> pa.Array:
        """A column as `to`. Raises what the decoder raises (`connectors.mysql.types`)."""
        if self.compiled is not None:
            parsed = self._parsed(column, decode, to, policies)
            if parsed is not None:
                return parsed
        return DECODERS[decode](self.cells(column), to, policies)

    def cell(self, column: int, row: int) -> bytes | None:
        begin, size = int(self.begin[column, row]), int(self.size[column, row])
        return None if size < 0 else self.data[begin : begin + size].tobytes()

    def _parsed(self, column: int, decode: str, to: pa.DataType, policies: Policies) -> pa.Array | None:
        """By the compiled loops; None when any cell is not in the plain form that they know."""
        begin, size = self.begin[column], self.size[column]
        values = np.empty(len(size), dtype=np.int64)
        if decode == "number" and (pa.types.is_integer(to) or pa.types.is_decimal(to)):
            scale = to.scale if pa.types.is_decimal(to) else 0
            if self.compiled.decimals(self.data, begin, size, scale, values) < len(size):
                return None
            return _integers(values, size < 0, to) if pa.types.is_integer(to) else _decimals(values, size < 0, to)
        if decode in ("date", "instant"):
            if self.compiled.times(self.data, begin, size, values) < len(size):
                return None
            if pa.types.is_date(to):
                days = (values // _DAY_US).astype(np.int32)
                return None if (size > len("2025-01-01")).any() else _array(days, size < 0, to)
            return _array(values - (zone_offset_us(policies) if decode == "instant" else 0), size < 0, to)
        return None


def batch(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, columns: int, compiled: Any) -> RawBatch:
    """Rows that lie from `starts` to `ends` in `data`. Raises `err.InternalError` when rows and columns do not fit."""
    begin = np.empty((columns, len(starts)), dtype=np.int64)
    size = np.empty((columns, len(starts)), dtype=np.int32)
    cut_ = _cut if compiled is None else compiled.cut
    if not cut_(data, starts, ends, begin, size):
        raise err.InternalError(f"rows do not have {columns} cells")
    return RawBatch(data, begin, size, compiled)


def _cut(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, begin: np.ndarray, size: np.ndarray) -> bool:
    """Fill in `begin` and `size`; whether every row ends with its last cell."""
    at = starts
    for column in range(len(begin)):
        if (at >= ends).any():
            return False
        lead = data[at]
        sizes = lead.astype(np.int64)
        begins = at + 1
        for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
            rows = np.flatnonzero(lead == mark)
            if len(rows):
                if (begins[rows] + width > ends[rows]).any():
                    return False
                sizes[rows] = sum(data[begins[rows] + i].astype(np.int64) << (8 * i) for i in range(width))
                begins[rows] += width
        null = lead == _NULL
        sizes[null] = 0
        at = begins + sizes
        if (sizes < 0).any() or (at > ends).any():
            return False
        begin[column], size[column] = begins, np.where(null, -1, sizes)
    return bool(np.array_equal(at, ends))


def _gather(data: np.ndarray, begin: np.ndarray, end: np.ndarray, null: np.ndarray) -> pa.Array:
    """A compact binary array of the slices. Over the shared buffer, cells and the gaps between them alternate as one
    Arrow array without a copy; `take` then copies the cells out in C++."""
    offsets = np.empty(2 * len(begin), dtype=np.int32)
    offsets[0::2], offsets[1::2] = begin, end
    mixed = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    wanted = pa.array(np.arange(0, len(offsets), 2, dtype=np.int64), mask=null if null.any() else None)
    return mixed.take(wanted)


def _integers(values: np.ndarray, null: np.ndarray, to: pa.DataType) -> pa.Array | None:
    kind = np.dtype(to.to_pandas_dtype())
    bounds = np.iinfo(kind)
    if len(values) and (values.min() < bounds.min or values.max() > bounds.max):
        return None
    return _array(values.astype(kind), null, to)


def _decimals(values: np.ndarray, null: np.ndarray, to: pa.DataType) -> pa.Array | None:
    if to.precision < 19 and len(values) and max(-int(values.min()), int(values.max())) >= 10**to.precision:
        return None
    wide = np.empty((len(values), 2), dtype="<i8")  # 128 bits, the low half first
    wide[:, 0], wide[:, 1] = values, values >> 63
    return _array(wide, null, to)


def _array(values: np.ndarray, null: np.ndarray, to: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(to, len(null), [_validity(null), pa.py_buffer(np.ascontiguousarray(values))])


def _validity(null: np.ndarray) -> pa.Buffer | None:
    return pa.py_buffer(np.packbits(~null, bitorder="little")) if null.any() else None
