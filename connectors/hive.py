"""Hive, in two modes: Spark reads the files through the metastore, or a HiveServer2 sends rows (`hive_server2`).

This file has the contract and the metastore's side. Beside it: `hive_options`, `hive_window` and `hive_compare` (what is
new), `hive_sql`, `hive_types`; for a server `hive_session`, `hive_splits`, `hive_read`, `hive_thrift`, `hive_wire`,
`hive_decode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.base import Catalog, ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.hive_options import DELETED, ByPartition, BySnapshot, ByZipper, HiveOptions
from connectors.hive_sql import quoted
from connectors.hive_window import Table, window
from washplant.errors import ConfigError, InvariantError, SourceSchemaError, WashplantError
from washplant.names import did_you_mean


@dataclass(frozen=True)
class Hive(Connector[HiveOptions]):
    """See `connectors.base.Connector`. A position names its column, the highest value and, by partition, their files."""

    catalog: Catalog | None = None

    def check(self) -> list[Finding]:
        if self.options.server:
            from connectors.hive_server2 import check

            return check(self.options, self.name)
        try:
            schema = self._schema()
            findings = [Finding(True, f"table {self.options.table}: {len(schema)} columns")]
            plan = self.plan({}, limit=0)
            assert plan.spark_sql is not None
            self._catalog.query(plan.spark_sql)
        except WashplantError as error:
            return [Finding(False, f"{error.where}: {error.what}", error.next_step)]
        return [*findings, *described(self.options, schema)]

    def discover(self) -> list[TableInfo]:
        if self.options.server:
            from connectors.hive_server2 import discover

            return discover(self.options, self.name)
        return [_info(table, self._catalog.schema(table)) for table in sorted(self._catalog.tables(self._database))]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        if self.options.server:
            from connectors.hive_server2 import plan

            return plan(self.options, self.name, since, columns, limit)
        schema = self._schema()
        table = table_of(self.options, schema, columns, self._where)
        # A quick look is at what a first run would read.
        bounds = window(_Spark(self._catalog, self.options.table), table, since if limit is None else look(self.options, since))
        wanted, chosen = selected(table, columns)
        if bounds.empty:
            return ReadPlan(chosen, (), since, bounds.until, (f"-- nothing is new: {bounds.note}",))
        conditions = [*table.filters, *bounds.conditions]
        sql = f"SELECT {', '.join(map(quoted, wanted))} FROM {bounds.relation or table.name}"
        if conditions and not bounds.relation:
            sql += " WHERE " + " AND ".join(conditions)
        until = bounds.until
        if limit is not None:
            sql, until = f"{sql} LIMIT {limit}", since
        notes = (f"-- {bounds.note}",) if bounds.note else ()
        return ReadPlan(chosen, (), since, until, (*notes, sql), spark_sql=sql)

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        if self.options.server:
            from connectors.hive_read import SplitReader

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

    def _schema(self) -> pa.Schema:
        """The table's columns. Raises SourceSchemaError with close names when there is no such table, and for ACID ones."""
        tables = self._catalog.tables(self._database)
        if self.options.table.lower() not in (table.lower() for table in tables):
            raise SourceSchemaError(
                "there is no such table",
                where=self._where,
                next_step=did_you_mean(self.options.table, tables, nothing="no tables there"),
            )
        if self._catalog.properties(self.options.table).get("transactional", "").lower() == "true":
            raise SourceSchemaError(
                "it is a transactional (ACID) table, whose delta files Spark cannot read (qubole/spark-acid#112)",
                where=self._where,
                next_step="read it through Hive with `mode: hiveserver2`, or let Hive copy it (create external table … as select)",
            )
        return self._catalog.schema(self.options.table)


@dataclass(frozen=True)
class _Spark:
    """`hive_window.Engine` over Spark's catalogue."""

    catalog: Catalog
    table: str
    spark: bool = True

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.catalog.query(sql)

    def partitions(self) -> list[str]:
        return self.catalog.partitions(self.table)

    def fingerprint(self, partition: Mapping[str, str | None]) -> str:
        return self.catalog.fingerprint(self.table, partition)


def table_of(options: HiveOptions, schema: pa.Schema, columns: tuple[str, ...] | None, where: str) -> Table:
    """The table with the columns to read; every column that the options name is looked for."""
    by = options.incremental
    hidden = by.column if isinstance(by, BySnapshot) else None
    wanted = columns or options.columns or tuple(name for name in schema.names if name != hidden)
    wanted = tuple(name for name in wanted if not (name == DELETED and adds_tombstones(options)))
    marks = [options.watermark.column] if options.watermark else []
    marks += [options.deleted.column] if options.deleted and options.deleted.column != DELETED else []
    marks += [by.start, by.end] if isinstance(by, ByZipper) else [by.column] if by else []
    for name in (*wanted, *options.key, *marks):
        if name not in schema.names:
            raise SourceSchemaError(
                f"there is no column {name!r}",
                where=where,
                next_step=did_you_mean(name, schema.names, nothing="it has no columns"),
            )
    if hidden in wanted:
        raise ConfigError(
            f"{hidden} differs in every copy, so every row would be a changed one",
            where=where,
            next_step=f"leave {hidden} out of `columns`",
        )
    if isinstance(by, ByPartition) and columns is None and by.column not in wanted:
        raise ConfigError(
            f"of several rows of a key the one of the newest {by.column} counts, and {by.column} is not read",
            where=where,
            next_step=f"add {by.column} to `columns`",
        )
    name = ".".join(map(quoted, options.table.split(".")))
    return Table(name, schema, wanted, options, where)


def look(options: HiveOptions, since: Position) -> Position:
    """Where a quick look starts: by column at the position, otherwise at the beginning."""
    return {} if options.incremental else since


def adds_tombstones(options: HiveOptions) -> bool:
    """Whether the read has our column `_deleted`."""
    return isinstance(options.incremental, BySnapshot | ByZipper)


def selected(table: Table, columns: tuple[str, ...] | None) -> tuple[tuple[str, ...], pa.Schema]:
    """What a read brings: the wanted columns, and `_deleted` where there is one and nobody chose columns without it."""
    fields = [table.schema.field(name) for name in table.wanted]
    if adds_tombstones(table.options) and (columns is None or DELETED in columns):
        fields.append(pa.field(DELETED, pa.bool_()))
    return tuple(field.name for field in fields), pa.schema(fields)


def described(options: HiveOptions, schema: pa.Schema) -> list[Finding]:
    """Lines of `check` about key and increments."""
    key, mark, by = options.key, options.watermark, options.incremental
    findings = [
        Finding(True, f"key {', '.join(key)}")
        if key
        else Finding(True, "no key: a row is known by its content", "name a key, so that a changed row is an update")
    ]
    if mark:
        findings.append(Finding(True, f"watermark {mark.column} ({schema.field(mark.column).type})"))
    if by:
        findings.append(Finding(True, f"incremental by {by.by}"))
    return findings


def _info(table: str, schema: pa.Schema) -> TableInfo:
    return TableInfo(table, tuple(ColumnInfo(field.name, str(field.type), str(field.type)) for field in schema))


__all__ = ["Hive", "HiveOptions"]
