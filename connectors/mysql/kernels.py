"""The inner loops of `wire`, compiled by numba (the extra `fast`).

Each function has a twin in numpy or in Arrow that gives the same result: `wire` and `cells` have those of the
first three, `connectors.mysql.types.DECODERS` those of the others, which stop at the first cell that is not in the one plain
form that servers write. Compiled on first use on a machine, then loaded from numba's cache in milliseconds. No loop
holds the GIL.
"""

from __future__ import annotations

import numba
import numpy as np

from washplant.compiled import compiled

_FULL_PACKET = 0xFFFFFF
_NULL, _TWO, _THREE, _EIGHT, _ERROR = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_EOF_BELOW = 9
_MINUS, _POINT, _ZERO, _NINE = 0x2D, 0x2E, 0x30, 0x39
_MOST = np.uint64(2**63 - 1)
_DAY_US = 86_400_000_000

_int, _flag = numba.int64, numba.boolean
_BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
"""What was received: read-only or not (an array that may be written to is taken, too)."""
_OUT, _LONGS, _INTS = numba.uint8[::1], numba.int64[::1], numba.int32[::1]


@compiled(numba.types.UniTuple(_int, 3)(_BYTES, _int, _int, _LONGS, _LONGS, _int, _int))
def frame(data, at, filled, starts, ends, rows, limit):  # type: ignore[no-untyped-def]
    """See `wire.frame`."""
    most = len(starts)
    while True:
        if rows == most or at > limit:
            return 1, at, rows
        if at + 4 > filled:
            return 0, at, rows
        size = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16)
        if size == _FULL_PACKET:
            return 3, at, rows
        if at + 4 + size > filled:
            return 0, at, rows
        lead = data[at + 4] if size > 0 else 0
        if lead == _ERROR or (lead == _EIGHT and size < _EOF_BELOW):
            return 2, at, rows
        starts[rows] = at + 4
        at += 4 + size
        ends[rows] = at
        rows += 1


@compiled(_flag(_BYTES, _LONGS, _LONGS, numba.int64[:, ::1], numba.int32[:, ::1]))
def cut(data, starts, ends, begin, size):  # type: ignore[no-untyped-def]
    """See `cells`."""
    columns = begin.shape[0]
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        for column in range(columns):
            if at >= end:
                return False
            lead = data[at]
            at += 1
            length = np.int64(lead)
            if lead == _NULL:
                begin[column, row] = at
                size[column, row] = -1
                continue
            if lead > _NULL:
                width = 2 if lead == _TWO else 3 if lead == _THREE else 8
                if at + width > end:
                    return False
                length = np.int64(0)
                for i in range(width):
                    length |= np.int64(data[at + i]) << (8 * i)
                at += width
            if length < 0 or length > end - at:
                return False
            begin[column, row] = at
            size[column, row] = length
            at += length
        if at != end:
            return False
    return True


@compiled(numba.void(_BYTES, _LONGS, _INTS, _INTS, _OUT))
def gather(data, begin, size, offsets, out):  # type: ignore[no-untyped-def]
    """The cells' bytes one after the other into `out`, at `offsets`."""
    for row in range(len(begin)):
        # Unsigned: a negative index would count from the end, and the check for it keeps the loop from being vectorised.
        start, to = np.uint64(begin[row]), np.uint64(offsets[row])
        for i in range(np.uint64(max(size[row], 0))):
            out[to + np.uint64(i)] = data[start + np.uint64(i)]


@compiled(_int(_BYTES, _LONGS, _INTS, _int, _LONGS))
def decimals(data, begin, size, scale, out):  # type: ignore[no-untyped-def]
    """Numbers with exactly `scale` places in units of 10^-scale, as far as they fit; how many cells were read."""
    for row in range(len(begin)):
        at, end = begin[row], begin[row] + max(size[row], 0)
        out[row] = 0
        if size[row] < 0:
            continue
        negative = end > at and data[at] == _MINUS
        if negative:
            at += 1
        if end - at > 19 + (scale > 0) or end - at < 1 + scale + (scale > 0):
            return row
        point = end - scale - 1 if scale > 0 else end
        value = np.uint64(0)
        for i in range(at, end):
            if i == point:
                if data[i] != _POINT:
                    return row
                continue
            if data[i] < _ZERO or data[i] > _NINE:
                return row
            value = value * np.uint64(10) + np.uint64(data[i] - _ZERO)
        if value > _MOST:
            return row
        out[row] = -np.int64(value) if negative else np.int64(value)
    return len(begin)


@compiled(_int(_BYTES, _int, _int))
def _digits(data, at, width):  # type: ignore[no-untyped-def]
    """A number of `width` digits; -1 when one is none."""
    value = np.int64(0)
    for i in range(at, at + width):
        digit = np.int64(data[i]) - _ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@compiled(_int(_BYTES, _LONGS, _INTS, _LONGS))
def times(data, begin, size, out):  # type: ignore[no-untyped-def]
    """`YYYY-MM-DD[ hh:mm:ss[.f…]]` in the calendar from year 1 on as microseconds since 1970; how many were read."""
    for row in range(len(begin)):
        at, width = begin[row], size[row]
        out[row] = 0
        if width < 0:
            continue
        if width not in (10, 19) and (width < 21 or width > 26):
            return row
        year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
        if data[at + 4] != _MINUS or data[at + 7] != _MINUS or year < 1 or month < 1 or month > 12 or day < 1:
            return row
        leap = (year % 4 == 0) and (year % 100 != 0 or year % 400 == 0)
        last = 30 if month in (4, 6, 9, 11) else 31
        if month == 2:
            last = 29 if leap else 28
        if day > last:
            return row
        # Days from civil: Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html
        shifted = year - 1 if month <= 2 else year
        era = shifted // 400
        of_era = shifted - era * 400
        of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
        days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
        micros = np.int64(0)
        if width > 10:
            hour, minute, second = _digits(data, at + 11, 2), _digits(data, at + 14, 2), _digits(data, at + 17, 2)
            colons = data[at + 13] == 0x3A and data[at + 16] == 0x3A and data[at + 10] == 0x20
            if not colons or hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
                return row
            micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
            if width > 20:
                fraction = _digits(data, at + 20, width - 20)
                if data[at + 19] != _POINT or fraction < 0:
                    return row
                for _ in range(26 - width):
                    fraction *= 10
                micros += fraction
        out[row] = days * _DAY_US + micros
    return len(begin)
