"""The contract over Hive, in two modes: Spark reads the files through the metastore, or a HiveServer2 sends rows (`server2`).

Beside it: `options`, `table`, `window` and `compare` (what is new), `sql`, `types`, `describe`; for a server `session`,
`splits`, `read`, `thrift`, `wire`, `kernels` and `decode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.base import Catalog, ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.hive import server2
from connectors.hive.describe import Description, description
from connectors.hive.options import HiveOptions
from connectors.hive.read import SplitReader
from connectors.hive.sql import quoted, unmasked
from connectors.hive.table import described, look, selected, table_of
from connectors.hive.window import window
from washplant.errors import ConfigError, InvariantError, SourceSchemaError, WashplantError
from washplant.names import did_you_mean


@dataclass(frozen=True)
class Hive(Connector[HiveOptions]):
    """See `connectors.base.Connector`. A position names its column, the highest value and, by partition, their files."""

    catalog: Catalog | None = None

    def check(self) -> list[Finding]:
        if self.options.server:
            return server2.check(self.options, self.name)
        try:
            self._description()
            schema = self._catalog.schema(self.options.table)
            findings = [Finding(True, f"table {self.options.table}: {len(schema)} columns")]
            plan = self.plan({}, limit=0)
            assert plan.spark_sql is not None
            self._catalog.query(plan.spark_sql)
        except WashplantError as error:
            return [Finding(False, f"{error.where}: {error.what}", error.next_step)]
        return [*findings, *described(self.options, schema)]

    def databases(self) -> list[str]:
        return server2.databases(self.options, self.name) if self.options.server else self._catalog.databases()

    def discover(self) -> list[TableInfo]:
        if self.options.server:
            return server2.discover(self.options, self.name)
        return [_info(table, self._catalog.schema(table)) for table in sorted(self._catalog.tables(self._database))]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        if self.options.server:
            return server2.plan(self.options, self.name, since, columns, limit)
        partitioned_by = self._description().partitioned_by
        schema = self._catalog.schema(self.options.table)
        table = table_of(self.options, schema, partitioned_by, columns, self._where)
        # A quick look is at what a first run would read.
        engine = _Spark(self._catalog, self.options.table, bool(partitioned_by))
        bounds = window(engine, table, since if limit is None else look(self.options, since))
        wanted, chosen = selected(table, columns)
        if bounds.empty:
            return ReadPlan(chosen, (), since, bounds.until, (f"-- nothing is new: {bounds.note}",))
        conditions = [*table.filters, *bounds.conditions]
        shown = [
            f"{unmasked(name, schema.field(name).type)} AS {quoted(name)}" if name in partitioned_by else quoted(name)
            for name in wanted
        ]
        sql = f"SELECT {', '.join(shown)} FROM {bounds.relation or table.name}"
        if conditions and not bounds.relation:
            sql += " WHERE " + " AND ".join(conditions)
        until = bounds.until
        if limit is not None:
            sql, until = f"{sql} LIMIT {limit}", since
        notes = (f"-- {bounds.note}",) if bounds.note else ()
        return ReadPlan(chosen, (), since, until, (*notes, sql), spark_sql=sql)

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        if self.options.server:
            return SplitReader(self.options, self.name, split.spec, schema).batches()
        raise InvariantError(
            "a Hive table is read by Spark itself, from the plan's `spark_sql`",
            where=self._where,
            next_step="please report this with the YAML",
        )

    @property
    def _where(self) -> str:
        return f"source {self.name}, table {self.options.table}"

    @property
    def _database(self) -> str:
        return self.options.table.split(".")[0]

    @property
    def _catalog(self) -> Catalog:
        if self.catalog is None:
            raise ConfigError(
                "a Hive table is read through Spark, and there is no Spark session here",
                where=self._where,
                next_step="run it by `washplant`, which starts one with the metastore",
            )
        return self.catalog

    def _description(self) -> Description:
        """What Spark tells of the table. Raises SourceSchemaError with close names when it is not there, and for ACID ones."""
        if not self._catalog.exists(self.options.table):
            tables = self._catalog.tables(self._database)
            raise SourceSchemaError(
                "there is no such table",
                where=self._where,
                next_step=did_you_mean(self.options.table, tables, nothing="no tables there"),
            )
        found = description(self._catalog.described(self.options.table))
        if found.transactional:
            raise SourceSchemaError(
                "it is a transactional (ACID) table, whose delta files Spark cannot read (qubole/spark-acid#112)",
                where=self._where,
                next_step="read it with `mode: hiveserver2` from Hive, or let Hive copy it: create external table … as select",
            )
        return found


@dataclass(frozen=True)
class _Spark:
    """`window.Engine` over Spark's catalogue."""

    catalog: Catalog
    table: str
    partitioned: bool
    spark: bool = True

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.catalog.query(sql)

    def partitions(self) -> list[str] | None:
        return self.catalog.partitions(self.table) if self.partitioned else None

    def fingerprint(self, partition: Mapping[str, str | None]) -> str:
        return self.catalog.fingerprint(self.table, partition)


def _info(table: str, schema: pa.Schema) -> TableInfo:
    return TableInfo(table, tuple(ColumnInfo(field.name, str(field.type), str(field.type)) for field in schema))


__all__ = ["Hive", "HiveOptions"]
