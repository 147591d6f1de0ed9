"""What connectors may ask of Spark's catalogue (`connectors.base.Catalog`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from washplant.errors import SourceSchemaError


@dataclass(frozen=True)
class SparkCatalog:
    """The catalogue of a running session."""

    spark: SparkSession

    def tables(self, database: str | None) -> list[str]:
        """Names of tables and views, with their database; temporary views belong to a session and are left out."""
        known = [str(row[0]) for row in self.spark.sql("show databases").collect()]
        wanted = known if database is None else [name for name in known if name == database.lower()]
        return [f"{name}.{table}" for name in wanted for table in self._tables(name)]

    def schema(self, table: str) -> pa.Schema:
        """A table's columns as Arrow types. Raises SourceSchemaError when there is no such table."""
        try:
            return to_arrow_schema(self.spark.table(table).schema, timezone="UTC")
        except AnalysisException as error:
            raise SourceSchemaError(
                f"no table {table!r}",
                where="Hive metastore",
                next_step="`washplant check` lists the tables that are there",
            ) from error

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a small query: one aggregate, never data."""
        return [tuple(row) for row in self.spark.sql(sql).collect()]

    def _tables(self, database: str) -> list[str]:
        rows = self.spark.sql(f"show tables in `{database}`").collect()
        return [str(row["tableName"]) for row in rows if not row["isTemporary"]]
