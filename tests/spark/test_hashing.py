"""Spark's digests are the kernel's, so that an id computed anywhere names the same sample."""

from __future__ import annotations

import json
import math

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipelines import hashing
from washplant import ids
from washplant.sample import SAMPLE_DDL

pytestmark = pytest.mark.spark

TEXTS = [
    None,
    "",
    " ",
    "a",
    "供水",
    "水😀表",
    "👨‍👩‍👧",
    "é",
    "e\u0301",
    "1:a;",
    "-;",
    'quote " \\ \n\t',
    "\u0000",
    "𠮷野家",
    "x" * 9999,
]


def test_digests_of_any_texts(spark: SparkSession) -> None:
    pairs = [(a, b) for a in TEXTS for b in TEXTS[:6]]
    frame = spark.createDataFrame(pairs, "a string, b string")
    found = frame.select("a", "b", hashing.digest(F.col("a"), F.col("b"), F.lit(None)).alias("d")).collect()
    assert [row["d"] for row in found] == [ids.digest((a, b, None)) for a, b in pairs]


def test_versions_of_any_content(spark: SparkSession) -> None:
    contents = [
        ("dialogue", None, None, [("user", "停水了吗"), ("assistant", "没有😀")], None, None, None, None),
        ("dialogue", "s", "", [], None, None, None, None),
        ("dialogue", "s", "", [("user", None), (None, "a")], None, None, None, None),
        ("preference", None, None, [("user", "")], "好", "不好", None, None),
        ("image_classification", None, None, [], None, None, "清晰", "a/b.jpg"),
    ]
    names = ["task", "system", "input", "messages", "chosen", "rejected", "label", "image_path"]
    types = "task string, system string, input string, messages array<struct<role: string, content: string>>, " + ", ".join(
        f"{name} string" for name in names[4:]
    )
    found = spark.createDataFrame(contents, types).select(hashing.content_version().alias("v")).collect()
    assert [row["v"] for row in found] == [ids.content_version(*content) for content in contents]  # type: ignore[arg-type]


def test_ids_by_source_mapping_and_key(spark: SparkSession) -> None:
    row = spark.range(1).select(hashing.digest(F.lit("tickets"), F.lit("qa"), F.lit('["1001"]')).alias("id")).first()
    assert row is not None and row["id"] == ids.sample_id("tickets", "qa", '["1001"]')


def test_keys_are_json_arrays_of_text(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 'a"水', None), (None, "", 0.5)], "n int, `编 号` string, x double")
    keys = [json.loads(row["k"]) for row in frame.select(hashing.row_key(("n", "编 号", "x")).alias("k")).collect()]
    assert keys == [["1", 'a"水', None], [None, "", "0.5"]]


def test_a_null_and_its_neighbour_do_not_change_places_unseen(spark: SparkSession) -> None:
    rows = [(None, "x"), ("x", None), (None, None), ("x", "x"), ("", "x")]
    frame = spark.createDataFrame(rows, "a string, `b.c` string")
    for column in (hashing.row_hash(["a", "b.c"]), hashing.content_key(["a", "b.c"])):
        assert len({row["h"] for row in frame.select(column.alias("h")).collect()}) == len(rows)


def test_the_order_of_columns_changes_neither_hash_nor_key(spark: SparkSession) -> None:
    """Files tell their text columns first from the second night on; every row would be new."""
    frame = spark.createDataFrame([("x", 1, None)], "a string, `b c` int, `水` string")
    for of in (hashing.row_hash, hashing.content_key):
        row = frame.select(of(["a", "b c", "水"]).alias("one"), of(["水", "a", "b c"]).alias("other")).first()
        assert row is not None and row["one"] == row["other"]


def test_a_place_in_the_unit_interval_depends_on_the_seed(spark: SparkSession) -> None:
    frame = spark.range(2000).select(
        *(hashing.unit_interval(seed, F.col("id").cast("string")).alias(f"s{seed}") for seed in (0, 1))
    )
    rows = frame.collect()
    assert all(0 <= value < 1 for row in rows for value in row)
    assert sum(row["s0"] != row["s1"] for row in rows) > 1990
    share = sum(row["s0"] < 0.8 for row in rows) / len(rows)
    assert math.isclose(share, 0.8, abs_tol=0.03)


def test_the_schema_of_a_sample_has_what_a_version_reads(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], SAMPLE_DDL)
    assert frame.select(hashing.content_version().alias("v")).dtypes == [("v", "string")]
