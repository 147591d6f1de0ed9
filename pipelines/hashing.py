"""The kernel's digests as Spark expressions; `tests/spark/test_hashing.py` holds the two together."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from washplant.ids import ID_LENGTH


def digest(*parts: Column) -> Column:
    """`washplant.ids.digest` of the parts, each cast to text."""
    encoded = [_encoded(part.cast("string")) for part in parts]
    return F.substring(F.sha2(F.concat(*encoded), 256), 1, ID_LENGTH)


def content_version() -> Column:
    """`washplant.ids.content_version` of a frame with the content columns of a sample."""
    turns = F.transform("messages", lambda turn: F.concat(_encoded(turn["role"]), _encoded(turn["content"])))
    messages = F.array_join(turns, "")
    rest = [F.col(name) for name in ("chosen", "rejected", "label", "image_path")]
    return digest(F.col("task"), F.col("system"), F.col("input"), messages, *rest)


def row_hash(columns: list[str]) -> Column:
    """A 64-bit hash of a row, whatever the order of its columns: a source may tell them in another one the next night.

    Null flags are hashed too: xxhash64 skips nulls, so (null, x) would equal (x, null).
    """
    return F.xxhash64(*(part for name in sorted(columns) for part in (F.col(f"`{name}`"), F.col(f"`{name}`").isNull())))


def row_key(columns: tuple[str, ...]) -> Column:
    """A row's key as text: the JSON array of its key columns' values."""
    return F.to_json(F.array(*(F.col(f"`{name}`").cast("string") for name in columns)))


def content_key(columns: list[str]) -> Column:
    """The key of a row without key columns: a digest of all its values, whatever the order of its columns."""
    values = F.struct(*(f"`{name}`" for name in sorted(columns)))
    return F.to_json(F.array(digest(F.to_json(values, {"ignoreNullFields": "false"}))))


def unit_interval(seed: int, *parts: Column) -> Column:
    """A number in [0, 1) that depends on the seed and the parts alone."""
    return F.pmod(F.xxhash64(F.lit(seed), *parts), F.lit(1_000_000)) / F.lit(1_000_000)


def _encoded(part: Column) -> Column:
    return F.when(part.isNull(), F.lit("-;")).otherwise(F.concat(F.length(part).cast("string"), F.lit(":"), part, F.lit(";")))
