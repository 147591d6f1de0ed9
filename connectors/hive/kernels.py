"""The inner loops of `wire`, compiled by numba (the extra `fast`); without it `thrift` gives the same arrays."""

from __future__ import annotations

import numpy as np

from washplant.compiled import compiled

_BYTES, _LONGS = "uint8[::1]", "int64[::1]"


@compiled(f"UniTuple(int64, 2)({_BYTES}, int64, int64, int64, {_LONGS}, {_LONGS})")
def walk(data, at, end, row, begins, offsets):  # type: ignore[no-untyped-def]
    """From string `row` on: where each begins and where it will end, for those wholly before `end`. Next row and place."""
    while row < len(begins) and at + 4 <= end:
        size = np.int64(0)
        for i in range(4):
            size = size << 8 | np.int64(data[at + i])
        if at + 4 + size > end:
            break
        begins[row] = at + 4
        offsets[row + 1] = offsets[row] + size
        at += 4 + size
        row += 1
    return row, at


@compiled(f"void({_BYTES}, {_LONGS}, {_LONGS}, {_BYTES})")
def gather(data, begins, offsets, out):  # type: ignore[no-untyped-def]
    """The strings one behind the other."""
    for row in range(len(begins)):
        begin, first = begins[row], offsets[row]
        for i in range(offsets[row + 1] - first):
            out[first + i] = data[begin + i]
