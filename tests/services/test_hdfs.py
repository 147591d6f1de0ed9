"""Hive tables whose files lie on HDFS, as they do in companies."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from connectors.hive import Hive, HiveOptions
from pipelines.catalog import SparkCatalog

pytestmark = [pytest.mark.services, pytest.mark.spark, pytest.mark.full]


def test_new_and_rewritten_partitions_on_hdfs(spark: SparkSession, hdfs: dict[str, Any]) -> None:
    """The fingerprint of a partition is taken from its files, wherever they lie."""
    spark.sql(f"create database if not exists on_hdfs location '{hdfs['uri']}/on_hdfs'")
    try:
        spark.sql("create table on_hdfs.t (id int, v string) partitioned by (dt string) stored as parquet")
        for day, value in (("2025-01-01", "甲"), ("2025-01-02", "乙")):
            spark.sql(f"insert into on_hdfs.t partition (dt='{day}') values (1, '{value}')")
        options = {"kind": "hive", "table": "on_hdfs.t", "incremental": {"by": "partition", "column": "dt"}}
        source = Hive("t", HiveOptions.model_validate(options), SparkCatalog(spark))
        first = source.plan({})
        assert first.spark_sql is not None
        assert sorted(row["v"] for row in spark.sql(first.spark_sql).collect()) == ["乙", "甲"]
        assert source.plan(dict(first.until)).spark_sql is None
        spark.sql("insert overwrite table on_hdfs.t partition (dt='2025-01-01') values (2, '丙')")
        second = source.plan(dict(first.until))
        assert second.spark_sql is not None
        assert [row["v"] for row in spark.sql(second.spark_sql).collect()] == ["丙"]
    finally:
        spark.sql("drop database on_hdfs cascade")
