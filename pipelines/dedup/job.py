"""The deduplication of new rows against each other and against the pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.dedup.candidates import candidates, verified
from pipelines.dedup.greedy import Graph, Verdicts, decide
from pipelines.raw import empty

OUTCOME_DDL = "id string, kept_id string, similarity double, reason string, cluster string"
LINK_DDL = "a string, b string"


@dataclass(frozen=True)
class Deduplicated:
    """`outcomes` (OUTCOME_DDL): one row for each new row, kept_id null where it stays; `evicted`: ids of pool rows that a
    labelled row replaces; `links` (LINK_DDL): clusters found to be connected."""

    outcomes: DataFrame
    evicted: DataFrame
    links: DataFrame


def deduplicate(work: DataFrame, incumbents: DataFrame, threshold: float) -> Deduplicated:
    """Decide about `work`, given the `incumbents` of the pool.

    Both frames: id, task, view, view_hash, keys, labelled, preference (smaller is preferred), cluster. A labelled row is
    preferred to all, an incumbent to any new row; then `preference`, then the id. Ids are in one frame only.
    """
    leaders = _leaders(work, incumbents)
    leading = work.join(leaders.where("id = leader").select("id"), on="id", how="left_semi")
    overruled = incumbents.join(leaders.where("id != leader"), on="id", how="left_semi").select("id")
    standing = incumbents.join(overruled, on="id", how="left_anti")
    pairs = candidates(leading, standing)
    both = leading.unionByName(standing)
    edges = verified(pairs, both, threshold).toArrow()
    graph, incumbent = _graph(edges, both, standing)
    verdicts = decide(graph)
    near = _near_frame(work, graph, verdicts)
    spark = work.sparkSession
    evicted = [graph.id[i] for i in np.flatnonzero(incumbent & (verdicts.stands != np.arange(len(graph.id))))]
    evictions = spark.createDataFrame(pa.table({"id": pa.array(evicted, pa.string())})) if evicted else None
    outcomes = _outcomes(work, leaders, near)
    links = _exact_links(outcomes)
    if verdicts.links:
        found = pa.table({"a": [a for a, _ in verdicts.links], "b": [b for _, b in verdicts.links]})
        links = links.unionByName(spark.createDataFrame(found))
    return Deduplicated(
        outcomes.select("id", "kept_id", "similarity", "reason", "cluster"),
        overruled if evictions is None else overruled.unionByName(evictions),
        links.distinct(),
    )


def _leaders(work: DataFrame, incumbents: DataFrame) -> DataFrame:
    """For every row whose view some new row has: the one that stands for all rows of equal view (`leader`)."""
    order = F.struct(~F.col("labelled"), F.col("new"), "preference", "id")
    columns = ("id", "view_hash", "labelled", "preference", "cluster")
    equal = incumbents.join(work.select("view_hash").distinct(), on="view_hash", how="left_semi")
    everyone = work.select(*columns, F.lit(True).alias("new")).unionByName(equal.select(*columns, F.lit(False).alias("new")))
    first = everyone.groupBy("view_hash").agg(
        F.min_by("id", order).alias("leader"), F.min_by("cluster", order).alias("leader_cluster")
    )
    return everyone.join(first, on="view_hash", how="inner").select("id", "leader", "leader_cluster")


def _graph(edges: pa.Table, everyone: DataFrame, standing: DataFrame) -> tuple[Graph, np.ndarray]:
    """The similar rows in order of preference with their pairs; and which of them are of the pool."""
    if edges.num_rows == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Graph([], [], nothing, nothing, np.zeros(0)), np.zeros(0, dtype=bool)
    spark = everyone.sparkSession
    ids = pc.unique(pa.chunked_array([*edges.column("a").chunks, *edges.column("b").chunks]))
    wanted = spark.createDataFrame(pa.table({"id": ids}))
    known = standing.select("id", F.lit(True).alias("incumbent"))
    rows = (
        everyone.join(F.broadcast(wanted), on="id", how="left_semi")
        .join(known, on="id", how="left")
        .select("id", "cluster", "labelled", "preference", F.coalesce("incumbent", F.lit(False)).alias("incumbent"))
        .toArrow()
        .to_pandas()
        .sort_values(["labelled", "incumbent", "preference", "id"], ascending=[False, False, True, True])
    )
    position = {row_id: index for index, row_id in enumerate(rows["id"])}
    left = np.array([position[row_id] for row_id in edges.column("a").to_pylist()], dtype=np.int64)
    right = np.array([position[row_id] for row_id in edges.column("b").to_pylist()], dtype=np.int64)
    clusters = [None if value is None or value != value else str(value) for value in rows["cluster"]]  # noqa: PLR0124
    graph = Graph(list(rows["id"]), clusters, left, right, edges.column("similarity").to_numpy())
    return graph, rows["incumbent"].to_numpy(dtype=bool)


def _near_frame(work: DataFrame, graph: Graph, verdicts: Verdicts) -> DataFrame:
    """Per similar row: the row that stands for it (null: itself), the similarity, its cluster."""
    own = verdicts.stands == np.arange(len(graph.id))
    table = pa.table(
        {
            "leader": pa.array(graph.id, pa.string()),
            "near_id": pa.array([None if own[i] else graph.id[verdicts.stands[i]] for i in range(len(graph.id))], pa.string()),
            "near_similarity": pa.array(verdicts.similarity, pa.float64()),
            "near_cluster": pa.array(verdicts.cluster, pa.string()),
        }
    )
    if table.num_rows == 0:
        return empty(work.sparkSession, "leader string, near_id string, near_similarity double, near_cluster string")
    return work.sparkSession.createDataFrame(table)


def _outcomes(work: DataFrame, leaders: DataFrame, near: DataFrame) -> DataFrame:
    """A row of equal view shares its leader's fate: what stands for the leader is as similar to it."""
    joined = (
        work.select("id", F.col("cluster").alias("own_cluster"))
        .join(leaders, on="id", how="inner")
        .join(near, on="leader", how="left")
    )
    exact = F.col("id") != F.col("leader")
    similar = F.col("near_id").isNotNull()
    return joined.select(
        "id",
        F.when(similar, F.col("near_id")).when(exact, F.col("leader")).alias("kept_id"),
        F.when(similar, F.col("near_similarity")).when(exact, F.lit(1.0)).alias("similarity"),
        F.when(similar, "near_duplicate").when(exact, "exact_duplicate").alias("reason"),
        F.coalesce("own_cluster", "near_cluster", "leader_cluster", "leader").alias("cluster"),
        F.coalesce("near_cluster", "leader_cluster", "leader").alias("met_cluster"),
    )


def _exact_links(outcomes: DataFrame) -> DataFrame:
    """A row that keeps its old cluster but equals a row of another connects the two."""
    return outcomes.where("cluster != met_cluster").select(
        F.least("cluster", "met_cluster").alias("a"), F.greatest("cluster", "met_cluster").alias("b")
    )
