"""From shared band keys to verified pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from washplant.text.jaccard import jaccard
from washplant.text.meaning import Guard
from washplant.text.ngrams import LONG_NGRAM, SHORT_LENGTH, SHORT_NGRAM

WHOLE_BUCKET = 200
NEIGHBOURS = 50
"""A bucket of up to WHOLE_BUCKET rows is compared pair by pair. In a larger one (a template that thousands share) each row
meets the first and its next NEIGHBOURS in order, so that work stays linear; other bands bring other neighbours."""

EDGE_DDL = "a string, b string, similarity double, same boolean"
"""`same`: the meaning guard agrees as well; without that a pair is similar but not a duplicate."""


def candidates(work: DataFrame, incumbents: DataFrame) -> DataFrame:
    """Distinct pairs (a, b) of ids that share a band key, at least one of them in `work`; both frames have id and keys."""
    members = (
        work.select(F.explode("keys").alias("key"), F.struct(F.lit(True).alias("new"), "id").alias("member"))
        .unionByName(
            incumbents.select(F.explode("keys").alias("key"), F.struct(F.lit(False).alias("new"), "id").alias("member"))
        )
        .groupBy("key")
        .agg(F.sort_array(F.collect_set("member")).alias("m"))
        .where("size(m) > 1 and element_at(m, -1).new")  # false sorts before true: the last is new if any is
    )
    reach = f"if(size(m) <= {WHOLE_BUCKET}, size(m), {NEIGHBOURS})"
    near = f"flatten(transform(m, (x, i) -> transform(slice(m, i + 2, {reach}), y -> struct(x as x, y as y))))"
    star = "transform(slice(m, 2, size(m)), y -> struct(m[0] as x, y as y))"
    pairs = members.select(F.explode(F.expr(f"concat({near}, {star})")).alias("p")).where("p.x.new or p.y.new")
    a, b = F.col("p.x.id"), F.col("p.y.id")
    return pairs.select(F.least(a, b).alias("a"), F.greatest(a, b).alias("b")).distinct()


def verified(pairs: DataFrame, views: DataFrame, threshold: float, guard: Guard) -> DataFrame:
    """The pairs whose exact Jaccard similarity is at or above the threshold (EDGE_DDL). `views`: id, task, view."""
    left = views.select(F.col("id").alias("a"), F.col("view").alias("view_a"), F.col("task").alias("task_a"))
    right = views.select(F.col("id").alias("b"), F.col("view").alias("view_b"), F.col("task").alias("task_b"))
    joined = pairs.join(left, on="a", how="inner").join(right, on="b", how="inner").where("task_a = task_b")

    def measured(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            similarity = pair_similarity(batch.column("view_a"), batch.column("view_b"))
            same = guard.apart(batch.column("view_a"), batch.column("view_b")) == 0
            columns = [batch.column("a"), batch.column("b"), pa.array(similarity), pa.array(same)]
            rows = pa.RecordBatch.from_arrays(columns, names=["a", "b", "similarity", "same"])
            yield rows.filter(pa.array(similarity >= threshold))

    return joined.select("a", "b", "view_a", "view_b").mapInArrow(measured, EDGE_DDL)


def pair_similarity(left: pa.StringArray, right: pa.StringArray) -> np.ndarray:
    """Exact Jaccard of each pair's n-gram sets, the n-gram size chosen by the shorter text of the pair."""
    shorter = pc.min_element_wise(pc.utf8_length(left), pc.utf8_length(right)).to_numpy(zero_copy_only=False)
    similarity = np.zeros(len(left), dtype=np.float64)
    for size, chosen in ((SHORT_NGRAM, shorter < SHORT_LENGTH), (LONG_NGRAM, shorter >= SHORT_LENGTH)):
        at = np.flatnonzero(chosen)
        if len(at):
            index = pa.array(at)
            similarity[at] = jaccard(left.take(index), right.take(index), size)
    return similarity
