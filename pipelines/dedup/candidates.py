"""From band keys to verified pairs: keys travel as packed blobs, one per map task and bucket, not as rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from washplant.duplicates.buckets import Keys, meetings, pack, unpack
from washplant.duplicates.sketching import pair_sizes
from washplant.errors import InvariantError
from washplant.ids import ID_LENGTH
from washplant.text.jaccard import similarity_at
from washplant.text.meaning import Guard
from washplant.text.ngrams import code_point_counts

EDGE_DDL = "a string, b string, similarity double, same boolean"
"""`same`: the meaning guard agrees as well; without that a pair is similar but not a duplicate."""

_BLOB_DDL = "bucket int, fresh boolean, blob binary"
_PAIR_DDL = "a string, b string"
_ENTRIES_AT_ONCE = 1 << 21
"""Entries (24 bytes each) that a map task holds before it packs them."""
_PAIRS_AT_ONCE = 1 << 17
_BUCKET_ROWS = 200_000
"""Rows to a bucket: with 25 keys each, 120 MB and as much again to sort them."""


def candidates(work: DataFrame, incumbents: DataFrame, rows: int) -> DataFrame:
    """Distinct pairs (a, b) of ids that share a band key, at least one of them in `work`; both frames have id and keys.

    rows: how many both have, about; the number of buckets hangs on it. Raises InvariantError for ids that are not 32
    hexadecimal digits.
    """
    spark = work.sparkSession
    slots = max(int(spark.conf.get("spark.sql.shuffle.partitions") or 200), spark.sparkContext.defaultParallelism)
    buckets = 1 << max(slots - 1, rows // _BUCKET_ROWS).bit_length()
    blobs = _packed(work, buckets, fresh=True).unionByName(_packed(incumbents, buckets, fresh=False))
    return blobs.repartition(buckets, "bucket").mapInArrow(_matched, _PAIR_DDL).distinct()


def _packed(frame: DataFrame, buckets: int, *, fresh: bool) -> DataFrame:
    def packed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for keys, ids in _portions(batches):
            found = list(pack(keys, ids, buckets))
            columns = [
                pa.array([bucket for bucket, _ in found], pa.int32()),
                pa.array([fresh] * len(found), pa.bool_()),
                pa.array([blob for _, blob in found], pa.binary()),
            ]
            yield pa.RecordBatch.from_arrays(columns, names=["bucket", "fresh", "blob"])

    return frame.select("id", "keys").mapInArrow(packed, _BLOB_DDL)


def _portions(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[Keys, npt.NDArray[np.uint64]]]:
    """Keys and the id of each, many batches together: a blob per batch would be a blob of nothing."""
    held: list[tuple[Keys, npt.NDArray[np.uint64]]] = []
    for batch in batches:
        keys = batch.column("keys")
        counts = pc.fill_null(pc.list_value_length(keys), 0).to_numpy(zero_copy_only=False)
        flat = keys.flatten().to_numpy(zero_copy_only=False).view(np.uint64)
        held.append((flat, np.repeat(id_words(batch.column("id")), counts, axis=0)))
        if sum(len(flat) for flat, _ in held) >= _ENTRIES_AT_ONCE:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: list[tuple[Keys, npt.NDArray[np.uint64]]]) -> tuple[Keys, npt.NDArray[np.uint64]]:
    return np.concatenate([keys for keys, _ in parts]), np.concatenate([ids for _, ids in parts])


def _matched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The pairs of the buckets of one partition. A bucket's number is a part of its keys, so they need not be kept apart."""
    parts, fresh = [], []
    for batch in batches:
        for blob, new in zip(batch.column("blob"), batch.column("fresh").to_pylist(), strict=True):
            parts.append(unpack(blob.as_buffer()))
            fresh.append(np.full(len(parts[-1][0]), new))
    if not parts:
        return
    keys, ids = _joined(parts)
    del parts
    lefts: list[np.ndarray] = []
    rights: list[np.ndarray] = []
    for left, right in meetings(keys, ids[:, 0], np.concatenate(fresh)):
        lefts.append(left)
        rights.append(right)
        if sum(map(len, lefts)) >= _PAIRS_AT_ONCE:
            yield _pairs(ids[np.concatenate(lefts)], ids[np.concatenate(rights)])
            lefts, rights = [], []
    if lefts:
        yield _pairs(ids[np.concatenate(lefts)], ids[np.concatenate(rights)])


def _pairs(left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64]) -> pa.RecordBatch:
    """Each pair once in this batch, the lesser id first."""
    one, other = (side.byteswap() for side in (left, right))
    swapped = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    left, right = np.where(swapped[:, None], right, left), np.where(swapped[:, None], left, right)
    pairs = np.unique(np.concatenate([left, right], axis=1), axis=0)
    return pa.RecordBatch.from_arrays([id_texts(pairs[:, :2]), id_texts(pairs[:, 2:])], names=["a", "b"])


_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_VALUES = np.full(256, 255, dtype=np.uint8)
_VALUES[_DIGITS] = np.arange(16)


def id_words(ids: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Ids of 32 hexadecimal digits as uint64[rows, 2]."""
    digits = np.frombuffer(b"".join(ids.cast(pa.binary()).to_pylist()), dtype=np.uint8)
    values = _VALUES[digits]
    if len(values) != ID_LENGTH * len(ids) or (values == 255).any():
        raise InvariantError(
            f"an id is not {ID_LENGTH} hexadecimal digits", where="dedup", next_step="please report this with the YAML"
        )
    return (values[0::2] << 4 | values[1::2]).view(np.uint64).reshape(-1, 2)


def id_texts(words: npt.NDArray[np.uint64]) -> pa.StringArray:
    """The ids that `id_words` took."""
    raw = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), ID_LENGTH // 2)
    digits = np.empty((len(words), ID_LENGTH), dtype=np.uint8)
    digits[:, 0::2], digits[:, 1::2] = _DIGITS[raw >> 4], _DIGITS[raw & 15]
    ends = np.arange(len(words) + 1, dtype=np.int32) * ID_LENGTH
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), pa.py_buffer(digits))


def verified(pairs: DataFrame, views: DataFrame, threshold: float, guard: Guard) -> DataFrame:
    """The pairs whose exact Jaccard similarity is at or above the threshold (EDGE_DDL). `views`: id, task, view."""
    left = views.select(F.col("id").alias("a"), F.col("view").alias("view_a"), F.col("task").alias("task_a"))
    right = views.select(F.col("id").alias("b"), F.col("view").alias("view_b"), F.col("task").alias("task_b"))
    joined = pairs.join(left, on="a", how="inner").join(right, on="b", how="inner").where("task_a = task_b")

    def measured(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            similarity = pair_similarity(batch.column("view_a"), batch.column("view_b"))
            rows = batch.filter(pa.array(similarity >= threshold))
            same = guard.apart(rows.column("view_a"), rows.column("view_b")) == 0
            columns = [rows.column("a"), rows.column("b"), pa.array(similarity[similarity >= threshold]), pa.array(same)]
            yield pa.RecordBatch.from_arrays(columns, names=["a", "b", "similarity", "same"])

    return joined.select("a", "b", "view_a", "view_b").mapInArrow(measured, EDGE_DDL)


def pair_similarity(left: pa.StringArray, right: pa.StringArray) -> np.ndarray:
    """Exact Jaccard of each pair's n-gram sets, the n-gram size chosen by the shorter text of the pair; NaN for null."""
    rows = np.arange(len(left))
    return similarity_at(left, rows, right, rows, pair_sizes(code_point_counts(left), code_point_counts(right)))
