"""Rows of HBase as columns of bytes: `WireRows` from the bytes of a Thrift reply, `ClientRows` from happybase's objects.

Both answer the same questions with equal Arrow data; the second is for machines without numba.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa


class Family(NamedTuple):
    """The cells of a family: row i has those from `offsets[i]` to `offsets[i + 1]`; names are qualifiers."""

    offsets: pa.Array
    names: pa.Array
    values: pa.Array


class Rows(Protocol):
    """Some rows, in key order. Arrays of bytes are Arrow binary."""

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """About how many bytes the server sent for them."""

    def keys(self) -> pa.Array: ...

    def key(self, row: int) -> bytes: ...

    def cells(self, name: bytes) -> pa.Array:
        """The newest version of the cell `name` (family:qualifier) of each row; null where there is none."""

    def family(self, name: bytes) -> Family: ...

    def having(self, wanted: Wanted) -> np.ndarray:
        """Whether each row has any of the wanted cells."""

    def newest(self) -> np.ndarray:
        """The largest timestamp of each row's cells, in milliseconds."""


@dataclass(frozen=True)
class Wanted:
    """Names of cells and of families (with their colon) that will be asked for, as the compiled search needs them."""

    names: tuple[bytes, ...]
    families: tuple[bytes, ...]

    def joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return (*_joined(self.names), *_joined(self.families))


@dataclass(frozen=True)
class WireRows:
    """One buffer, and where things lie in it (see `connectors.hbase.parse`)."""

    data: np.ndarray
    wanted: Wanted
    rows: np.ndarray
    positions: np.ndarray
    stamps: np.ndarray
    nbytes: int

    def __len__(self) -> int:
        return len(self.rows)

    def keys(self) -> pa.Array:
        return gather(self.data, self.rows[:, 0], self.rows[:, 1])

    def key(self, row: int) -> bytes:
        at, size, _ = self.rows[row]
        return self.data[at : at + size].tobytes()

    def cells(self, name: bytes) -> pa.Array:
        found = np.flatnonzero(self.positions[:, 4] == self.wanted.names.index(name))
        at, size = np.zeros(len(self), np.int32), np.full(len(self), -1, np.int32)
        rows = self._owners()[found]
        at[rows], size[rows] = self.positions[found, 2], self.positions[found, 3]
        return gather(self.data, at, size)

    def family(self, name: bytes) -> Family:
        prefix = name + b":"
        found = np.flatnonzero(self.positions[:, 5] == self.wanted.families.index(prefix))
        counts = np.bincount(self._owners()[found], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        at, size, value_at, value_size = self.positions[found, :4].T
        names = gather(self.data, at + len(prefix), size - len(prefix))
        return Family(pa.array(offsets), names, gather(self.data, value_at, value_size))

    def having(self, wanted: Wanted) -> np.ndarray:
        assert wanted is self.wanted
        found = (self.positions[:, 4] >= 0) | (self.positions[:, 5] >= 0)
        return np.bincount(self._owners()[found], minlength=len(self)) > 0

    def newest(self) -> np.ndarray:
        # A row that a scan returns has a cell, so no two starts are equal.
        starts = np.concatenate([[0], self.rows[:-1, 2]])
        return np.maximum.reduceat(self.stamps, starts) if len(self) else np.zeros(0, np.int64)

    def _owners(self) -> np.ndarray:
        """The row of each cell."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.rows[:, 2], prepend=np.int32(0)))


@dataclass(frozen=True)
class ClientRows:
    """happybase's TRowResults: `row`, and `columns` as {name: TCell(value, timestamp)}."""

    rows: Sequence[Any]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        return sum(len(row.row) + sum(len(name) + len(cell.value) for name, cell in row.columns.items()) for row in self.rows)

    def keys(self) -> pa.Array:
        return pa.array([row.row for row in self.rows], pa.binary())

    def key(self, row: int) -> bytes:
        key: bytes = self.rows[row].row
        return key

    def cells(self, name: bytes) -> pa.Array:
        return pa.array([row.columns[name].value if name in row.columns else None for row in self.rows], pa.binary())

    def family(self, name: bytes) -> Family:
        prefix = name + b":"
        found = [[(at, cell.value) for at, cell in row.columns.items() if at.startswith(prefix)] for row in self.rows]
        offsets = pa.array([0, *itertools.accumulate(map(len, found))], pa.int32())
        names = pa.array([at[len(prefix) :] for cells in found for at, _ in cells], pa.binary())
        return Family(offsets, names, pa.array([value for cells in found for _, value in cells], pa.binary()))

    def having(self, wanted: Wanted) -> np.ndarray:
        names, families = set(wanted.names), wanted.families
        has = (any(name in names or name.startswith(families) for name in row.columns) for row in self.rows)
        return np.fromiter(has, bool, len(self.rows))

    def newest(self) -> np.ndarray:
        return np.array([max(cell.timestamp for cell in row.columns.values()) for row in self.rows], np.int64)


def gather(data: np.ndarray, at: np.ndarray, size: np.ndarray) -> pa.Array:
    """A compact binary array of slices of `data` that follow each other; a negative size is a null. Over the shared
    buffer, slices and the gaps between them alternate as one Arrow array without a copy; `take` copies the slices out."""
    null = size < 0
    ends = np.maximum.accumulate(np.where(null, 0, at + size)) if len(at) else at
    offsets = np.empty(2 * len(at), dtype=np.int32)
    offsets[0::2], offsets[1::2] = np.where(null, ends, at), ends
    if not len(at):
        return pa.array([], pa.binary())
    mixed = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return mixed.take(pa.array(np.arange(0, len(offsets), 2, dtype=np.int64), mask=null if null.any() else None))


def _joined(names: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    data = np.frombuffer(b"".join(names), dtype=np.uint8)
    return data, np.array([0, *itertools.accumulate(map(len, names))], dtype=np.int64)
