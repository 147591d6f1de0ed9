"""Row keys: as the YAML writes them, as people read them, and cut into the parts they were joined from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import CellError
from connectors.hbase.rows import gather

if TYPE_CHECKING:
    from connectors.hbase.options import KeyPart


def key_bytes(text: str) -> bytes:
    r"""A key as HBase's shell writes it: `\x00abc`."""
    return re.sub(rb"\\x([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())


def written(key: bytes) -> str:
    """What `key_bytes` reads as `key`."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in key)


def shown(key: bytes) -> str:
    r"""Readable text as it is, other bytes as `\xff`."""
    text = key.decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode()) for c in text)


def after_prefix(prefix: bytes) -> bytes:
    """The least key above all keys that begin with `prefix`; b"" (open) when there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b""


def bounds(start: str | None, stop: str | None, prefix: str | None) -> tuple[bytes, bytes]:
    """The first key to read and the one to stop before (b"": open); all three limits hold."""
    low, high = key_bytes(start or ""), key_bytes(stop or "")
    if prefix:
        begin = key_bytes(prefix)
        ends = [end for end in (high, after_prefix(begin)) if end]
        low, high = max(low, begin), min(ends, default=b"")
    return low, high


def split_keys(keys: pa.Array, parts: Sequence[KeyPart]) -> Iterator[pa.Array]:
    """The bytes of each part. Raises CellError for a key that is too short or lacks a separator."""
    data = np.frombuffer(keys.buffers()[2] or b"", np.uint8)
    offsets = np.frombuffer(keys.buffers()[1], np.int32, len(keys) + 1, 4 * keys.offset)
    at, ends = offsets[:-1].copy(), offsets[1:]
    for part in parts:
        skipped = 0
        if part.bytes is not None:
            stop = at + part.bytes
        elif part.until is not None:
            separator = key_bytes(part.until)
            found = pc.find_substring(gather(data, at, ends - at), separator).to_numpy(zero_copy_only=False)
            stop, skipped = np.where(found < 0, ends + 1, at + found), len(separator)
        else:
            stop = ends
        short = np.flatnonzero(stop > ends)
        if len(short):
            step = "correct `row_key_parts`, or read another range by `start`, `stop` and `prefix`"
            raise CellError(int(short[0]), f"the key ends before its part {part.name!r} does", step)
        yield gather(data, at, stop - at)
        at = np.minimum(stop + skipped, ends)
