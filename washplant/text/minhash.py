"""MinHash signatures in datasketch 2.0's `affine32` scheme, bit for bit, in numpy over Arrow buffers.

    base hash   h = upper 32 bits of the n-gram's 64-bit hash
    pre-mix     m = fmix32(h)                                   MurmurHash3's finaliser
    signature   s_k = min over the row of (a_k * m + b_k) mod 2^32, a_k odd

so `datasketch.MinHash(hashvalues=row, scheme="affine32", seed=1)` takes a row as its own. Repeats do not change a
minimum, so no set is built. `minhash_kernel` gives the same, compiled.
Broder, "On the resemblance and containment of documents" (1997); ekzhu/datasketch#212.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from washplant.text.arrow import Texts, as_strings, compiled_loops, utf8
from washplant.text.ngrams import Counts, Ngrams, blocks, char_ngram_hashes

EMPTY = np.uint32(0xFFFFFFFF)  # every value of the signature of an empty or null row, as in datasketch

_STRETCH = 1 << 16  # hashes permuted at a time: two buffers of 256 kB stay in a core's L2 cache

Signatures = npt.NDArray[np.uint32]


class Permutations(NamedTuple):
    """The k-th permutation is h -> a[k] * h + b[k] mod 2^32; a[k] is odd. Both uint32[num_perm]."""

    a: npt.NDArray[np.uint32]
    b: npt.NDArray[np.uint32]


@lru_cache(maxsize=8)
def permutations(num_perm: int = 128, seed: int = 1) -> Permutations:
    """datasketch's own permutations for this seed, drawn as it draws them: importing it takes scipy and two seconds."""
    draw = np.random.RandomState(seed)
    a = draw.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return Permutations(a, draw.randint(0, 1 << 32, num_perm, dtype=np.uint32))


def base_hashes(ngrams: Ngrams) -> npt.NDArray[np.uint32]:
    """The 32-bit values that a datasketch MinHash would be updated with to get our signature."""
    return (ngrams.hashes >> np.uint64(32)).astype(np.uint32)


def signatures(views: Texts, n: int, num_perm: int = 128, seed: int = 1) -> Signatures:
    """MinHash signatures, uint32[rows, num_perm], of the sets of character n-grams.

    Empty and null rows are all `EMPTY`. Memory beyond the result: 200 kB with numba; without it, about 30 bytes for each
    byte of one block of rows, which is 1 MiB of text or one row where that is larger. Raises ValueError when n < 1.
    """
    array = as_strings(views)
    if n < 1:
        raise ValueError(f"n-gram size must be at least 1, got {n}")
    perms = permutations(num_perm, seed)
    result = np.full((len(array), num_perm), EMPTY, dtype=np.uint32)
    loops = compiled_loops("minhash_kernel")
    if loops is not None:
        loops.sign(*utf8(array), n, *perms, result)
        return result
    for start, stop in blocks(array):
        ngrams = char_ngram_hashes(array.slice(start, stop - start), n)
        _sign(_fmix32(base_hashes(ngrams)), ngrams.offsets, perms, result[start:stop])
    return result


def _fmix32(hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return hashes


def _sign(mixed: npt.NDArray[np.uint32], offsets: Counts, perms: Permutations, out: Signatures) -> None:
    """Lower `out` to the minima of each row, a stretch of hashes at a time; a row may span stretches."""
    rows = np.flatnonzero(np.diff(offsets))
    starts = offsets[rows]
    for begin in range(0, len(mixed), _STRETCH):
        end = min(begin + _STRETCH, len(mixed))
        first = int(np.searchsorted(starts, begin, side="right")) - 1
        last = int(np.searchsorted(starts, end, side="left"))
        minima = _minima(mixed[begin:end], np.maximum(starts[first:last] - begin, 0), perms)
        touched = rows[first:last]
        out[touched] = np.minimum(out[touched], minima.T)


def _minima(mixed: npt.NDArray[np.uint32], starts: Counts, perms: Permutations) -> npt.NDArray[np.uint32]:
    """uint32[num_perm, segments]: for each permutation the least image in each segment."""
    image = np.empty_like(mixed)
    minima = np.empty((len(perms.a), len(starts)), dtype=np.uint32)
    for k in range(len(perms.a)):
        np.multiply(mixed, perms.a[k], out=image)
        np.add(image, perms.b[k], out=image)
        np.minimum.reduceat(image, starts, out=minima[k])
    return minima
