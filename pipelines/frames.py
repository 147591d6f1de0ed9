"""Small things about frames; light, because workers import it."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession


def union(frames: list[DataFrame]) -> DataFrame:
    """Frames of equal columns, one below the other."""
    return reduce(lambda upper, lower: upper.unionByName(lower), frames)


def empty(spark: SparkSession, ddl: str) -> DataFrame:
    """A frame without rows."""
    return spark.createDataFrame([], schema=ddl)
