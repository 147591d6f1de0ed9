"""Every connector as a Spark 4 data source: `spark.read.format("washplant.mysql").option("host", …).load()`.

Options are those of the YAML, written as in it: nested ones as YAML text (`.option("watermark", "{column: updated_at}")`),
secrets as `${env:NAME}`. `spark.read.format("washplant")` reads a source of a project instead (`config`, `source`). The
rows come by the connector's own plan and `read`, the same that `washplant ingest` runs through `mapInArrow`.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.datasource import (
    DataSource,
    DataSourceReader,
    EqualTo,
    Filter,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    InputPartition,
    IsNotNull,
    LessThan,
    LessThanOrEqual,
)
from pyspark.sql.types import StructType

from connectors import connect, registered
from connectors.base import Comparison, Connector, Split
from pipelines.project import kinds
from pipelines.sources import spark_schema
from washplant.config import load, options_from_text
from washplant.errors import ConfigError

_OPERATORS: dict[type[Filter], str] = {
    EqualTo: "=",
    GreaterThan: ">",
    GreaterThanOrEqual: ">=",
    LessThan: "<",
    LessThanOrEqual: "<=",
    In: "in",
    IsNotNull: "is not null",
}
_VALUES = (int, str, decimal.Decimal, datetime.date)


def register(spark: SparkSession) -> None:
    """Make `washplant` and `washplant.<kind>` of every connector known to a session (Spark 4.1 or newer).

    Switches `spark.sql.python.filterPushdown.enabled` on, without which Spark refuses a source that takes filters.
    """
    spark.conf.set("spark.sql.python.filterPushdown.enabled", "true")
    spark.dataSource.register(WashplantSource)
    for kind in registered():
        spark.dataSource.register(_source_of(kind))


class WashplantSource(DataSource):
    """A source of a project: options `config` (the YAML's path) and `source` (its name)."""

    @classmethod
    def name(cls) -> str:
        return "washplant"

    def schema(self) -> StructType:
        return spark_schema(self.connector().plan({}).schema)

    def reader(self, schema: StructType) -> DataSourceReader:
        return SplitsReader(self.connector(), tuple(schema.names))

    def connector(self) -> Connector[Any]:
        """What reads. Raises ConfigError for an option that the connector does not have."""
        path, source = (self.options.get(name) for name in ("config", "source"))
        if not path or not source:
            raise ConfigError("`config` and `source` are needed", where='format("washplant")', next_step="give both options")
        loaded = load(Path(path).absolute(), kinds())
        if source not in loaded.config.sources:
            known = ", ".join(loaded.config.sources)
            raise ConfigError(f"no source {source!r}", where=str(path), next_step=f"there are: {known}")
        return connect(source, loaded.config.sources[source], loaded.folder)


def _source_of(kind: str) -> type[WashplantSource]:
    class OneKind(WashplantSource):
        @classmethod
        def name(cls) -> str:
            return f"washplant.{kind}"

        def connector(self) -> Connector[Any]:
            model = kinds().sources[kind]
            # Spark adds a path of its own in places.
            given = {name: value for name, value in self.options.items() if name != "path" or name in model.model_fields}
            options = options_from_text(model, {**given, "kind": kind}, where=f'format("washplant.{kind}")')
            return connect(kind, options, Path.cwd())

    return OneKind


@dataclass
class SplitPartition(InputPartition):
    """One split of the plan, with the plan's schema: Spark pickles the reader before it asks for partitions."""

    split: Split
    schema: pa.Schema


class SplitsReader(DataSourceReader):
    """Plans when Spark asks for partitions, with the filters it has offered; reads on the workers."""

    def __init__(self, connector: Connector[Any], columns: tuple[str, ...]) -> None:
        self.connector, self.columns = connector, columns

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:
        """Let the source leave out rows early. Spark checks every filter again: a source's collation is not Spark's."""
        self.connector = self.connector.narrowed([found for each in filters if (found := _comparison(each))])
        return filters

    def partitions(self) -> list[InputPartition]:
        plan = self.connector.plan({}, columns=self.columns)
        return [SplitPartition(split, plan.schema) for split in plan.splits]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        assert isinstance(partition, SplitPartition)
        yield from self.connector.read(partition.split, partition.schema)


def _comparison(given: Filter) -> Comparison | None:
    """Spark's filter as ours; None for one on a nested field or with a value that sources show differently (floats)."""
    operator = _OPERATORS.get(type(given))
    if operator is None or len(given.attribute) != 1:  # type: ignore[attr-defined]
        return None
    value = getattr(given, "value", None)
    values = value if isinstance(value, tuple | list) else (value,)
    if operator != "is not null" and not all(_fits(each) for each in values):
        return None
    return Comparison(given.attribute[0], operator, tuple(values))  # type: ignore[attr-defined]


def _fits(value: object) -> bool:
    return isinstance(value, _VALUES) and not isinstance(value, bool | datetime.datetime)
