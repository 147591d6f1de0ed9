"""Band keys of many rows, bucket by bucket: what a run gathers in memory, and what an index holds in mapped files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from washplant.duplicates.buckets import NEIGHBOURS, Keys, Positions, bucket_of

BUCKETS = 64
_SHIFT = np.uint64(32)


class Entries(NamedTuple):
    """keys: uint64[n], bucket by bucket; rows: uint32[n], the row of each; ends: int64[BUCKETS + 1], where buckets begin."""

    keys: Keys
    rows: npt.NDArray[Any]
    ends: Positions

    @classmethod
    def of(cls, keys: Keys, rows: npt.NDArray[Any]) -> Entries:
        """Sorted into buckets."""
        bucket = bucket_of(keys, BUCKETS)
        order = np.argsort(bucket.astype(np.uint8), kind="stable")  # narrow numbers are sorted by counting
        ends = np.concatenate([[0], np.cumsum(np.bincount(bucket, minlength=BUCKETS))])
        return cls(keys[order], rows[order].astype(np.uint32), ends)

    def bucket(self, number: int) -> tuple[Keys, npt.NDArray[Any]]:
        """Keys and rows of one bucket."""
        span = slice(int(self.ends[number]), int(self.ends[number + 1]))
        return self.keys[span], self.rows[span]


def joined(parts: list[Entries], number: int) -> tuple[Keys, npt.NDArray[Any]]:
    """One bucket of several."""
    found = [part.bucket(number) for part in parts]
    return np.concatenate([keys for keys, _ in found]), np.concatenate([rows for _, rows in found])


def write(folder: Path, buckets: Iterator[tuple[Keys, npt.NDArray[Any]]]) -> None:
    """Write every bucket, given in order, its keys sorted: files that `read` maps."""
    ends = [0]
    with (folder / "keys.bin").open("wb") as key_file, (folder / "rows.bin").open("wb") as row_file:
        for keys, rows in buckets:
            order = np.lexsort((rows, keys))
            key_file.write(keys[order].tobytes())
            row_file.write(rows[order].astype(np.uint32).tobytes())
            ends.append(ends[-1] + len(keys))
    np.save(folder / "ends.npy", np.array(ends, dtype=np.int64))


def read(folder: Path) -> Entries:
    """What `write` wrote, mapped: a look-up touches the pages that it needs."""
    ends = np.load(folder / "ends.npy")
    if not ends[-1]:
        return Entries(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint32), ends)
    keys = np.memmap(folder / "keys.bin", dtype=np.uint64, mode="r")
    return Entries(keys, np.memmap(folder / "rows.bin", dtype=np.uint32, mode="r"), ends)


def look_up(standing: tuple[Keys, npt.NDArray[Any]], keys: Keys) -> tuple[Positions, npt.NDArray[Any]]:
    """(place in `keys`, standing row) of every equal key, at most NEIGHBOURS rows a key. `standing`: a sorted bucket."""
    known, rows = standing
    order = np.argsort(keys)
    first = np.searchsorted(known, keys[order], side="left")
    hit = np.flatnonzero(known[np.minimum(first, max(len(known) - 1, 0))] == keys[order]) if len(known) else np.zeros(0, int)
    places: list[npt.NDArray[Any]] = [np.zeros(0, dtype=np.int64)]
    found: list[npt.NDArray[Any]] = [np.zeros(0, dtype=np.uint32)]
    for step in range(NEIGHBOURS):
        if not len(hit):
            break
        at = first[hit] + step
        places.append(order[hit])
        found.append(np.asarray(rows[at]))
        inside = at + 1 < len(known)
        hit, at = hit[inside], at[inside] + 1
        hit = hit[known[at] == keys[order[hit]]]
    return np.concatenate(places), np.concatenate(found)


def pair_codes(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each pair of rows (below 2^32) once, as one number, sorted."""
    codes: npt.NDArray[Any] = np.unique(left.astype(np.uint64) << _SHIFT | right.astype(np.uint64))
    return codes


def rows_of(codes: npt.NDArray[Any]) -> tuple[Positions, Positions]:
    """The pairs that `pair_codes` took."""
    return (codes >> _SHIFT).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)
