"""Connectors as Spark data sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from connectors import registered
from pipelines.spark_source import register

pytestmark = pytest.mark.spark


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "r.csv"
    path.write_text("id,v\n" + "".join(f"{i},文{i}\n" for i in range(1000)), encoding="utf-8")
    return path


def test_a_connector_by_its_options(spark: SparkSession, csv: Path) -> None:
    register(spark)
    frame = spark.read.format("washplant.files").option("path", str(csv)).option("columns", "[v, id]").load()
    assert frame.columns == ["v", "id"]
    assert frame.where("id = '5'").collect() == [("文5", "5")]
    assert frame.select("id").distinct().count() == 1000


def test_a_source_of_a_project(spark: SparkSession, csv: Path) -> None:
    register(spark)
    yaml = csv.with_name("washplant.yaml")
    yaml.write_text("name: x\nsources: {r: {kind: files, path: r.csv}}\nmap: {m: {from: r, instruction: a, output: b}}\n")
    reader = spark.read.format("washplant").option("config", str(yaml))
    assert reader.option("source", "r").load().count() == 1000
    with pytest.raises(AnalysisException, match=r"no source 'x'(?s:.)*there are: r"):
        reader.option("source", "x").load()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "r.csv", "kye": "id"}, "kye: unknown option; did you mean 'key'"),
        ({"path": "{r.csv"}, "path is not YAML"),
        ({"path": "${env:NO_SUCH_VARIABLE}"}, "needs the environment variable NO_SUCH_VARIABLE"),
        ({}, "path: is required and missing"),
        ({"path": "/nowhere/*.csv"}, "no file matches /nowhere"),
    ],
)
def test_wrong_options_are_told(spark: SparkSession, options: dict[str, str], said: str) -> None:
    register(spark)
    with pytest.raises(AnalysisException) as caught:
        spark.read.format("washplant.files").options(**options).load()
    assert said in str(caught.value)


def test_every_connector_is_registered(spark: SparkSession) -> None:
    """A wrong option shows that the format is known."""
    register(spark)
    for kind in registered():
        with pytest.raises(AnalysisException, match="no_such_option: unknown option"):
            spark.read.format(f"washplant.{kind}").option("no_such_option", "1").load()
