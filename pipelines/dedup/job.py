"""The deduplication of new rows against each other and against the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.dedup.candidates import candidates, verified
from pipelines.frames import empty
from washplant.duplicates.greedy import Graph, Verdicts, decide
from washplant.text.meaning import Guard

OUTCOME_DDL = "id string, kept_id string, similarity double, reason string, cluster string"
LINK_DDL = "a string, b string"
HELD_DDL = "a string, b string, similarity double"

Staged = Callable[[DataFrame, str], DataFrame]


@dataclass(frozen=True)
class Deduplicated:
    """`outcomes` (OUTCOME_DDL): one row for each new row, kept_id null where it stays; `evicted`: ids of pool rows that a
    labelled row replaces; `links` (LINK_DDL): clusters found to be connected; `held` (HELD_DDL): pairs that are similar
    enough but do not say the same."""

    outcomes: DataFrame
    evicted: DataFrame
    links: DataFrame
    held: pa.Table


def deduplicate(
    staged: Staged, work: DataFrame, incumbents: DataFrame, views: DataFrame, threshold: float, guard: Guard, turn: int = 0
) -> Deduplicated:
    """Decide about `work`, given the `incumbents` of the pool.

    Both frames: id, task, view_hash, keys, labelled, preference (smaller is preferred), cluster; an id is in one of them
    only. `views`: id, task and view of all of them. A labelled row is preferred to all, an incumbent to any new row; then
    `preference`, then the id. `staged(frame, name)` computes a frame once.
    """
    leaders = staged(_leaders(work, incumbents), f"leaders{turn}")
    leading = work.join(leaders.where("id = leader").select("id"), on="id", how="left_semi")
    overruled = incumbents.join(leaders.where("id != leader"), on="id", how="left_semi").select("id")
    standing = incumbents.join(overruled, on="id", how="left_anti")
    pairs = staged(candidates(leading, standing, work.count() + incumbents.count()), f"pairs{turn}")
    similar = verified(pairs, views, threshold, guard).toArrow()
    edges = similar.filter(similar.column("same"))
    graph, incumbent = _graph(edges, work, incumbents)
    verdicts = decide(graph)
    evicted = [graph.id[i] for i in np.flatnonzero(incumbent & (verdicts.stands != np.arange(len(graph.id))))]
    outcomes = _outcomes(work, leaders, _near_frame(work, graph, verdicts))
    spark = work.sparkSession
    links = _exact_links(outcomes)
    if verdicts.links:
        found = pa.table({"a": [a for a, _ in verdicts.links], "b": [b for _, b in verdicts.links]})
        links = links.unionByName(spark.createDataFrame(found))
    if evicted:
        overruled = overruled.unionByName(spark.createDataFrame(pa.table({"id": evicted})))
    return Deduplicated(outcomes.drop("met_cluster"), overruled, links.distinct(), _held(similar))


def _held(similar: pa.Table) -> pa.Table:
    """The pairs that the guard holds apart, in an order of their own."""
    held = similar.filter(pc.invert(similar.column("same"))).select(["a", "b", "similarity"])
    return held.sort_by([("a", "ascending"), ("b", "ascending")])


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


def _graph(edges: pa.Table, work: DataFrame, incumbents: DataFrame) -> tuple[Graph, np.ndarray]:
    """The similar rows in order of preference with their pairs; and which of them are of the pool."""
    if edges.num_rows == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Graph([], [], nothing, nothing, np.zeros(0)), np.zeros(0, dtype=bool)
    ids = pc.unique(pa.chunked_array([*edges.column("a").chunks, *edges.column("b").chunks]))
    wanted = F.broadcast(work.sparkSession.createDataFrame(pa.table({"id": ids})))
    columns = ("id", "cluster", "labelled", "preference")
    new = work.join(wanted, on="id", how="left_semi").select(*columns, F.lit(False).alias("incumbent"))
    old = incumbents.join(wanted, on="id", how="left_semi").select(*columns, F.lit(True).alias("incumbent"))
    order = ["labelled", "incumbent", "preference", "id"]
    found: pd.DataFrame = new.unionByName(old).toArrow().to_pandas()
    rows = found.sort_values(order, ascending=[False, False, True, True])
    position = pd.Series(np.arange(len(rows)), index=rows["id"])
    clusters = [value if isinstance(value, str) else None for value in rows["cluster"]]
    left, right = (position.loc[edges.column(side).to_pandas()].to_numpy() for side in ("a", "b"))
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
