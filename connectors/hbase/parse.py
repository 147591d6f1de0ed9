"""Where the rows and cells of a Thrift reply lie: compiled loops over its bytes.

thriftpy2 makes Python objects of every cell. Here one pass over the bytes writes positions into arrays; a row that has
not arrived completely is left for the next pass. Needs numba (`pip install 'washplant[fast]'`).

Layouts: https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md and …/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

import numpy as np

from washplant.compiled import compiled

DONE, MORE, FULL, WRONG = 0, 1, 2, 3
"""As many rows as asked for or as the limit allows · bytes are missing · no room for the cells of the next row · bytes that
are not rows."""

KEY_AT, KEY_SIZE, CELLS_END = 0, 1, 2
"""Columns of `rows`; a row's cells end at `CELLS_END` of the cell arrays."""
NAME_AT, NAME_SIZE, VALUE_AT, VALUE_SIZE, SLOT, FAMILY = 0, 1, 2, 3, 4, 5
"""Columns of `cells`; SLOT is the number of the wanted name, FAMILY that of the wanted family, or -1."""

_SHORT, _WRONG = -1, -2
_STRING, _MAP, _I64 = 11, 13, 10
_COMPACT_STRING, _COMPACT_MAP, _COMPACT_I64, _COMPACT_ENTRY = 8, 11, 6, 0x8C
_MOST = 1 << 31


@compiled()
def _number(data: np.ndarray, at: int, end: int, compact: bool) -> tuple[int, int]:
    """A length or count, and where it ends (negative: see `_SHORT`)."""
    if not compact:
        if at + 4 > end:
            return 0, _SHORT
        value: Any = (np.int64(data[at]) << 24) | (np.int64(data[at + 1]) << 16) | (np.int64(data[at + 2]) << 8) | data[at + 3]
        return (value, at + 4) if value < _MOST else (0, _WRONG)
    value, shift = np.int64(0), 0
    while at < end:
        byte = np.int64(data[at])
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value, at) if value < _MOST else (0, _WRONG)
        shift += 7
        if shift > 28:
            return 0, _WRONG
    return 0, _SHORT


@compiled()
def _text(data: np.ndarray, at: int, end: int, compact: bool) -> tuple[int, int]:
    """Where a string's bytes begin (negative: see `_SHORT`), and how many there are."""
    size, at = _number(data, at, end, compact)
    if at >= 0 and at + size > end:
        return _SHORT, 0
    return at, size


@compiled()
def _field(data: np.ndarray, at: int, end: int, compact: bool, number: int, plain: int, small: int) -> int:
    """Past the header of field `number`, whose type is `plain` in the binary protocol and `small` in the compact one."""
    if compact:
        if at + 1 > end:
            return _SHORT
        return at + 1 if data[at] == (0x10 | small) else _WRONG
    if at + 3 > end:
        return _SHORT
    return at + 3 if data[at] == plain and data[at + 1] == 0 and data[at + 2] == number else _WRONG


@compiled()
def _stop(data: np.ndarray, at: int, end: int) -> int:
    if at + 1 > end:
        return _SHORT
    return at + 1 if data[at] == 0 else _WRONG


@compiled()
def _timestamp(data: np.ndarray, at: int, end: int, compact: bool) -> tuple[Any, int]:
    if not compact:
        if at + 8 > end:
            return np.int64(0), _SHORT
        value = np.int64(0)
        for i in range(8):
            value = (value << 8) | np.int64(data[at + i])
        return value, at + 8
    bits, shift = np.uint64(0), np.uint64(0)
    while at < end:
        byte = np.uint64(data[at])
        at += 1
        bits |= (byte & np.uint64(0x7F)) << shift
        if byte < 0x80:
            return np.int64(bits >> np.uint64(1)) ^ -np.int64(bits & np.uint64(1)), at
        shift += np.uint64(7)
    return np.int64(0), _SHORT


@compiled()
def _entries(data: np.ndarray, at: int, end: int, compact: bool) -> tuple[int, int]:
    """How many cells a row's map has, and where the first begins."""
    if compact:
        count, at = _number(data, at, end, compact)
        if at < 0 or count == 0:  # an empty map has no types
            return count, at
        if at + 1 > end:
            return 0, _SHORT
        return (count, at + 1) if data[at] == _COMPACT_ENTRY else (0, _WRONG)
    if at + 6 > end:
        return 0, _SHORT
    if data[at] != _STRING or data[at + 1] != 12:
        return 0, _WRONG
    return _number(data, at + 2, end, compact)


@compiled()
def _cell(data: np.ndarray, at: int, end: int, compact: bool, cell: np.ndarray) -> tuple[int, int]:
    """One entry of a row's map, from its name to the end of the TCell; where it ends, and its timestamp."""
    begin, size = _text(data, at, end, compact)
    if begin < 0:
        return begin, 0
    cell[NAME_AT], cell[NAME_SIZE] = begin, size
    at = _field(data, begin + size, end, compact, 1, _STRING, _COMPACT_STRING)
    if at < 0:
        return at, 0
    begin, size = _text(data, at, end, compact)
    if begin < 0:
        return begin, 0
    cell[VALUE_AT], cell[VALUE_SIZE] = begin, size
    at = _field(data, begin + size, end, compact, 2, _I64, _COMPACT_I64)
    if at < 0:
        return at, 0
    stamp, at = _timestamp(data, at, end, compact)
    if at < 0:
        return at, 0
    return _stop(data, at, end), stamp


@compiled()
def _find(data: np.ndarray, at: int, size: int, names: np.ndarray, ends: np.ndarray, guess: int, prefix: bool) -> int:
    """The number of the name (or prefix of it) at `at`, or -1; names come in the same order in every row, so the search
    begins at `guess`."""
    count = len(ends) - 1
    for step in range(count):
        i = guess + step
        if i >= count:
            i -= count
        begin, length = ends[i], ends[i + 1] - ends[i]
        if length != size and not (prefix and length < size):
            continue
        same = 0
        while same < length and data[at + same] == names[begin + same]:
            same += 1
        if same == length:
            return i
    return -1


@compiled()
def parse(
    data: np.ndarray,
    at: int,
    end: int,
    compact: bool,
    names: np.ndarray,
    name_ends: np.ndarray,
    families: np.ndarray,
    family_ends: np.ndarray,
    rows: np.ndarray,
    cells: np.ndarray,
    stamps: np.ndarray,
    count: int,
    n_cells: int,
    limit: int,
) -> tuple[int, int, int, int]:
    """Fill `rows` with whole TRowResults from `at`, which end before `limit` unless it is one row alone; `count` rows and
    `n_cells` cells are in the arrays already. (where the last whole row ends, rows, cells, DONE/MORE/FULL/WRONG)."""
    guess = 0
    after = at
    while count < len(rows):
        at = _field(data, after, end, compact, 1, _STRING, _COMPACT_STRING)
        if at < 0:
            return after, count, n_cells, MORE if at == _SHORT else WRONG
        at, size = _text(data, at, end, compact)
        if at < 0:
            return after, count, n_cells, MORE if at == _SHORT else WRONG
        rows[count, KEY_AT], rows[count, KEY_SIZE] = at, size
        at = _field(data, at + size, end, compact, 2, _MAP, _COMPACT_MAP)
        if at < 0:
            return after, count, n_cells, MORE if at == _SHORT else WRONG
        entries, at = _entries(data, at, end, compact)
        if at >= 0 and n_cells + entries > len(stamps):
            return after, count, n_cells, FULL
        for k in range(n_cells, n_cells + entries):
            if at < 0:
                break
            cell = cells[k]
            at, stamps[k] = _cell(data, at, end, compact, cell)
            slot = _find(data, cell[NAME_AT], cell[NAME_SIZE], names, name_ends, guess, False) if at >= 0 else -1
            guess = slot + 1 if slot >= 0 else guess
            cell[SLOT] = slot
            cell[FAMILY] = _find(data, cell[NAME_AT], cell[NAME_SIZE], families, family_ends, 0, True) if at >= 0 else -1
        if at >= 0:
            at = _stop(data, at, end)
        if at < 0:
            return after, count, n_cells, MORE if at == _SHORT else WRONG
        if count and at > limit:
            return after, count, n_cells, DONE
        n_cells += entries
        rows[count, CELLS_END] = n_cells
        after = at
        count += 1
    return after, count, n_cells, DONE
