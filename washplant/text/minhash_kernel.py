"""MinHash signatures compiled by numba (the extra `fast`), straight from Arrow's UTF-8 buffer.

Gives what `minhash.signatures` gives by numpy, bit for bit. Nothing is allocated per row: code points, n-gram hashes and their
mixed images of one stretch stay in a core's cache, however long the text is.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-call"
import numba
import numpy as np

from washplant.compiled import compiled

STRETCH = 1 << 13
"""Code points at a time: three buffers of 32 to 64 kB."""

_LANES = 64  # the permuting loop is unrolled this far; a tail of fewer hashes would be done one by one
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LENGTH_TAG = np.uint64(0xD6E8FEB86659FD93)
_BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
_ENDS = numba.types.Array(numba.int32, 1, "C", readonly=True)
_WORDS = numba.types.Array(numba.uint32, 1, "C", readonly=True)


@compiled()
def decode(data, at, stop, points, start):  # type: ignore[no-untyped-def]
    """Code points of data[at:stop] into points[start:] until that is full: (byte reached, points filled)."""
    while at < stop and start < len(points):
        lead = np.uint32(data[at])
        if lead < 0x80:
            points[start] = lead
            at += 1
        elif lead < 0xE0:
            points[start] = (lead & np.uint32(0x1F)) << np.uint32(6) | np.uint32(data[at + 1] & 0x3F)
            at += 2
        elif lead < 0xF0:
            middle = np.uint32(data[at + 1] & 0x3F) << np.uint32(6)
            points[start] = (lead & np.uint32(0x0F)) << np.uint32(12) | middle | np.uint32(data[at + 2] & 0x3F)
            at += 3
        else:
            high = (lead & np.uint32(0x07)) << np.uint32(18) | np.uint32(data[at + 1] & 0x3F) << np.uint32(12)
            points[start] = high | np.uint32(data[at + 2] & 0x3F) << np.uint32(6) | np.uint32(data[at + 3] & 0x3F)
            at += 4
        start += 1
    return at, start


@compiled()
def window_hashes(points, count, n, hashes):  # type: ignore[no-untyped-def]
    """`ngrams._window_hashes` of the first `count` windows, into `hashes`; each loop is one vector instruction a lane."""
    for i in range(count):
        hashes[i] = np.uint64(points[i])
    for k in range(1, n):
        for i in range(count):
            hashes[i] = hashes[i] * _MULTIPLIER + np.uint64(points[i + k])
    for i in range(count):
        hashes[i] = mix64(hashes[i])


@compiled()
def mix64(h):  # type: ignore[no-untyped-def]
    """MurmurHash3's 64-bit finaliser."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@compiled()
def short_hash(points, length):  # type: ignore[no-untyped-def]
    """`ngrams._short_hashes` of one text."""
    h = np.uint64(length) * _LENGTH_TAG
    for i in range(length):
        h = h * _MULTIPLIER + np.uint64(points[i])
    return mix64(h)


@compiled()
def _lower(hashes, count, mixed, a, b, out):  # type: ignore[no-untyped-def]
    """Lower `out` to the least images of the hashes, four permutations to a pass over them."""
    for i in range(count):
        m = np.uint32(hashes[i] >> np.uint64(32))
        m = np.uint32((m ^ (m >> np.uint32(16))) * np.uint32(0x85EBCA6B))  # numba widens a product to 64 bits
        m = np.uint32((m ^ (m >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        mixed[i] = m ^ (m >> np.uint32(16))
    padded = (count + _LANES - 1) // _LANES * _LANES
    for i in range(count, padded):
        mixed[i] = mixed[0]  # a repeat changes no minimum
    whole = len(a) - len(a) % 4
    for k in range(0, whole, 4):
        a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
        s0, s1, s2, s3 = out[k], out[k + 1], out[k + 2], out[k + 3]
        for i in range(padded):
            m = mixed[i]
            s0 = min(s0, np.uint32(m * a0 + b0))
            s1 = min(s1, np.uint32(m * a1 + b1))
            s2 = min(s2, np.uint32(m * a2 + b2))
            s3 = min(s3, np.uint32(m * a3 + b3))
        out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3
    for k in range(whole, len(a)):
        for i in range(count):
            out[k] = min(out[k], np.uint32(mixed[i] * a[k] + b[k]))


@compiled(numba.void(_BYTES, _ENDS, numba.int64, _WORDS, _WORDS, numba.uint32[:, ::1]))
def sign(data, ends, n, a, b, out):  # type: ignore[no-untyped-def]
    """See `minhash.signatures`; `out` comes filled with `EMPTY`, null rows must be empty."""
    points = np.empty(STRETCH + n, np.uint32)
    hashes = np.empty(STRETCH + n, np.uint64)
    mixed = np.empty(STRETCH + n + _LANES, np.uint32)
    for row in range(len(ends) - 1):
        at, stop, held = ends[row], ends[row + 1], 0
        at, filled = decode(data, at, stop, points, 0)
        if 0 < filled < n:
            hashes[0] = short_hash(points, filled)
            _lower(hashes, 1, mixed, a, b, out[row])
            continue
        while filled >= n:
            count = filled - n + 1
            window_hashes(points, count, n, hashes)
            _lower(hashes, count, mixed, a, b, out[row])
            if at == stop:
                break
            held = n - 1
            points[:held] = points[filled - held : filled].copy()
            at, filled = decode(data, at, stop, points, held)


@compiled(numba.void(_BYTES, _ENDS, numba.uint64[::1]))
def digests(data, ends, out):  # type: ignore[no-untyped-def]
    """See `digests.digests`."""
    for row in range(len(ends) - 1):
        start, stop = ends[row], ends[row + 1]
        total = np.uint64(stop - start) * _LENGTH_TAG
        place = np.uint64(0)
        for at in range(start, stop, 8):
            word = np.uint64(0)
            for i in range(min(8, stop - at)):
                word |= np.uint64(data[at + i]) << np.uint64(8 * i)
            place += np.uint64(1)
            total += mix64(word ^ place * _MULTIPLIER)
        out[row] = mix64(total)
