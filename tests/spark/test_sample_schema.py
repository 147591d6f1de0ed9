"""The sample is one thing: its model, Spark's schema of it and Arrow's agree."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from pipelines.mapping import MAPPED_DDL
from washplant.sample import CONTENT_COLUMNS, CONTENT_DDL, MESSAGES_TYPE, SAMPLE_COLUMNS, SAMPLE_DDL, SAMPLE_SCHEMA, Sample

pytestmark = pytest.mark.spark

WHOLE = Sample(
    id="i",
    version="v",
    source="s",
    mapping="m",
    key='["1"]',
    task="dialogue",  # type: ignore[arg-type]
    system="你是客服",
    input="",
    messages=({"role": "user", "content": "停水了吗"}, {"role": "assistant", "content": "没有😀"}),  # type: ignore[arg-type]
    meta={"区": "东", "none": None},
    tags=("a", "b"),
    scores={"x": 0.5},
)


def test_model_ddl_and_arrow_name_the_same_columns_in_the_same_order(spark: SparkSession) -> None:
    names = list(Sample.model_fields)
    assert list(SAMPLE_COLUMNS) == names == StructType.fromDDL(SAMPLE_DDL).names == SAMPLE_SCHEMA.names
    assert StructType.fromDDL(CONTENT_DDL).names == list(CONTENT_COLUMNS)
    assert StructType.fromDDL(MAPPED_DDL).names == [*names, "raw_run"]


def test_ddl_and_arrow_have_the_same_types(spark: SparkSession) -> None:
    ddl = StructType.fromDDL(SAMPLE_DDL)
    converted = to_arrow_schema(ddl)
    for name in SAMPLE_COLUMNS:
        assert _plain(converted.field(name).type) == _plain(SAMPLE_SCHEMA.field(name).type), name
        assert ddl[name].nullable and SAMPLE_SCHEMA.field(name).nullable
    assert _plain(MESSAGES_TYPE) == _plain(converted.field("messages").type)


def test_a_sample_goes_through_spark_and_arrow_unchanged(spark: SparkSession) -> None:
    row = WHOLE.model_dump(mode="json")
    assert Sample.model_validate(row) == WHOLE
    table = pa.Table.from_pylist(
        [row | {"meta": list(row["meta"].items()), "scores": list(row["scores"].items())}], SAMPLE_SCHEMA
    )
    back: dict[str, Any] = spark.createDataFrame(table).to(StructType.fromDDL(SAMPLE_DDL)).toArrow().to_pylist()[0]
    maps = {name: dict(back[name]) for name in ("meta", "scores")}
    assert Sample.model_validate(back | maps) == WHOLE


def _plain(kind: pa.DataType) -> Any:
    """A type without what Spark and Arrow call differently: names of list items and map entries, nullability inside."""
    if pa.types.is_map(kind):
        return ("map", _plain(kind.key_type), _plain(kind.item_type))
    if pa.types.is_list(kind):
        return ("list", _plain(kind.value_type))
    if pa.types.is_struct(kind):
        return ("struct", [(field.name, _plain(field.type)) for field in kind])
    return kind
