"""From band keys to the pairs of rows that share one: sorted arrays, no row-wise shuffle and no hash table.

A map task packs its keys and row ids into one blob per bucket (`pack`); whoever holds all blobs of a bucket sorts them and
walks along the runs of equal keys (`meetings`). docs/decisions/packed-blobs.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from washplant.text.ngrams import fmix64

WHOLE_BUCKET = 200
NEIGHBOURS = 50
"""Up to WHOLE_BUCKET rows with one key are compared pair by pair. Where more share it (a template of thousands) each meets
the first and its next NEIGHBOURS, in an order that is another one for each key: work stays linear, and every band brings
other neighbours."""

Keys = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def pack(keys: Keys, ids: npt.NDArray[np.uint64], buckets: int) -> Iterator[tuple[int, bytes]]:
    """(bucket, blob) for every bucket with entries. keys: uint64[n]; ids: uint64[n, 2], 128 bits each; `buckets` is a power
    of two. A blob is the keys of its entries, then their ids, little-endian."""
    bucket = bucket_of(keys, buckets)
    order = np.argsort(bucket, kind="stable")
    ends = np.cumsum(np.bincount(bucket, minlength=buckets))
    keys, ids = keys[order], ids[order]
    start = 0
    for number, end in enumerate(ends.tolist()):
        if end > start:
            yield number, keys[start:end].tobytes() + ids[start:end].tobytes()
        start = end


def unpack(blob: bytes | memoryview) -> tuple[Keys, npt.NDArray[np.uint64]]:
    """The keys and ids of `pack`, uncopied."""
    words = np.frombuffer(blob, dtype=np.uint64)
    count = len(words) // 3
    return words[:count], words[count:].reshape(count, 2)


def bucket_of(keys: Keys, buckets: int) -> npt.NDArray[np.int64]:
    """The bucket of each key, by its low bits: its high bits tell the band."""
    return (keys & np.uint64(buckets - 1)).astype(np.int64)


def meetings(keys: Keys, ranks: Keys, fresh: Flags) -> Iterator[tuple[Positions, Positions]]:
    """Positions of the pairs with equal keys of which one at least is `fresh`, in portions no longer than `keys`.

    ranks: uint64[n], the same for the same row wherever it comes from; only the order inside crowded buckets hangs on it.
    Two entries of one row (equal ranks) are no pair. A pair comes once for each key that it shares.
    """
    order, starts = _crowds(keys, ranks, fresh)
    fresh, ranks = fresh[order], ranks[order]
    sizes = np.diff(starts)
    reach = np.where(sizes <= WHOLE_BUCKET, sizes - 1, NEIGHBOURS)
    for left, right in _near(starts[:-1], sizes, reach):
        wanted = (fresh[left] | fresh[right]) & (ranks[left] != ranks[right])
        yield order[left[wanted]], order[right[wanted]]


def _crowds(keys: Keys, ranks: Keys, fresh: Flags) -> tuple[Positions, Positions]:
    """The entries whose key others have, too, run by run, and where the runs begin and end. Runs without a fresh entry are
    left out; in a run those that are not fresh come first, then by a hash of rank and key."""
    order = np.argsort(keys)
    ordered = keys[order]
    equal = ordered[1:] == ordered[:-1]
    shared = np.concatenate([equal, [False]]) | np.concatenate([[False], equal])
    order = order[shared[: len(order)]]
    ordered = keys[order]
    run = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]])[: len(order)])
    runs = int(run[-1]) + 1 if len(run) else 0
    new = np.bincount(run, weights=fresh[order], minlength=runs) > 0
    order, run = order[new[run]], run[new[run]]
    order = order[np.lexsort((fmix64(ranks[order] ^ keys[order]), fresh[order], run))]
    sizes = np.bincount(run, minlength=runs)[new]
    return order, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _near(starts: Positions, sizes: Positions, reach: Positions) -> Iterator[tuple[Positions, Positions]]:
    """Each place of a run with its next `reach` ones, and of runs beyond that with the run's first."""
    for distance in range(1, int(reach.max(initial=0)) + 1):
        runs = np.flatnonzero((reach >= distance) & (sizes > distance))
        counts = sizes[runs] - distance
        left = np.repeat(starts[runs], counts) + _counting(counts)
        yield left, left + distance
    for run in np.flatnonzero(sizes > reach + 1).tolist():
        far = np.arange(starts[run] + reach[run] + 1, starts[run] + sizes[run])
        yield np.full(len(far), starts[run]), far


def _counting(counts: Positions) -> Positions:
    """0, 1, …, counts[0] - 1, 0, 1, …, counts[1] - 1, …"""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
