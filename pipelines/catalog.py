"""What connectors may ask of Spark's catalogue (`connectors.base.Catalog`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from connectors.hive.sql import partition_spec, quoted
from washplant.errors import SourceSchemaError


def _quoted(table: str) -> str:
    return ".".join(map(quoted, table.split(".")))


@dataclass(frozen=True)
class SparkCatalog:
    """The catalogue of a running session."""

    spark: SparkSession

    def databases(self) -> list[str]:
        return [str(row[0]) for row in self.spark.sql("show databases").collect()]

    def exists(self, table: str) -> bool:
        """Whether there is the table or view."""
        return self.spark.catalog.tableExists(_quoted(table))

    def tables(self, database: str | None) -> list[str]:
        """Names of tables and views, with their database; temporary views belong to a session and are left out."""
        known = self.databases()
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

    def described(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of DESCRIBE EXTENDED: one question for what would otherwise be four."""
        return [tuple(row) for row in self.spark.sql(f"describe extended {_quoted(table)}").collect()]

    def partitions(self, table: str) -> list[str]:
        """A partitioned table's partitions as SHOW PARTITIONS names them."""
        return [str(row[0]) for row in self.spark.sql(f"show partitions {_quoted(table)}").collect()]

    def fingerprint(self, table: str, partition: Mapping[str, str | None]) -> str:
        """Changes when the partition's files do: their number, size and newest time, whoever wrote them."""
        rows = self.spark.sql(f"describe extended {_quoted(table)} {partition_spec(partition)}").collect()
        location = next(str(row["data_type"]) for row in rows if row["col_name"] == "Location")
        jvm, hadoop = self.spark._jvm, self.spark._jsc.hadoopConfiguration()
        assert jvm is not None, "a session that runs"
        path = jvm.org.apache.hadoop.fs.Path(location)
        files = [file for file in path.getFileSystem(hadoop).listStatus(path) if file.isFile()]
        newest = max((file.getModificationTime() for file in files), default=0)
        return f"{len(files)} files, {sum(file.getLen() for file in files)} B, {newest}"

    def _tables(self, database: str) -> list[str]:
        rows = self.spark.sql(f"show tables in `{database}`").collect()
        return [str(row["tableName"]) for row in rows if not row["isTemporary"]]
