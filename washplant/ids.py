"""Identities: what a sample is called, and which state of its content it is in.

`sample_id` names a sample by where it comes from; `content_version` names one state of its mapped content. Spark computes
the same values with `pipelines.hashing`; a test holds the two together. Parts are length-prefixed, so that ("a", "bc") and
("ab", "c") differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

ID_LENGTH = 32  # hex digits: 128 bits, a collision among 10^10 rows has p ≈ 1.5e-19


def digest(parts: Iterable[str | None]) -> str:
    """The first 128 bits, in hex, of SHA-256 over the length-prefixed parts; None differs from an empty string."""
    return hashlib.sha256(encode(parts).encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def encode(parts: Iterable[str | None]) -> str:
    """The parts as one text that no other parts give."""
    return "".join("-;" if part is None else f"{len(part)}:{part};" for part in parts)


def sample_id(source: str, mapping: str, key: str) -> str:
    """The id of the sample that `mapping` makes of the row `key` of `source`."""
    return digest((source, mapping, key))


def content_version(
    task: str,
    system: str | None,
    input_: str | None,
    messages: Iterable[tuple[str, str]],
    *rest: str | None,
) -> str:
    """The version of a sample: a digest of its mapped content. `rest`: chosen, rejected, label, image_path."""
    return digest((task, system, input_, "".join(encode(message) for message in messages), *rest))
