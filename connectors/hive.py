"""Hive through the metastore: Spark reads the table by itself; this plans which rows, in which bounds.

The upper bound of a watermark is fixed once, by one aggregate; the lower one is inclusive and `lag_s` below the last
upper one; rows whose watermark is NULL are read on every run (tools that skip them lose them: airbyte#14404).
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from connectors.base import Catalog, ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from washplant.config.source import SourceOptions
from washplant.errors import ConfigError, InvariantError, SourceDataError, SourceSchemaError, WashplantError
from washplant.names import did_you_mean


class HiveOptions(SourceOptions):
    """A Hive table or view, read by Spark through the metastore."""

    kind: Literal["hive"] = Field(description="hive")
    table: str = Field(description="the table or view, as database.table")
    where: str | None = Field(default=None, description="an SQL condition that rows must meet, such as a partition's")

    @field_validator("table")
    @classmethod
    def _with_database(cls, value: str) -> str:
        parts = value.split(".")
        if len(parts) != 2 or not all(parts):
            raise ValueError("write the table as database.table")
        return value


@dataclass(frozen=True)
class Hive(Connector[HiveOptions]):
    """See `connectors.base.Connector`. A position is {"column": …, "value": …}, the value as text or number."""

    catalog: Catalog | None = None

    def check(self) -> list[Finding]:
        try:
            schema = self._schema()
            findings = [Finding(True, f"table {self.options.table}: {len(schema)} columns")]
            plan = self.plan({}, limit=0)
            assert plan.spark_sql is not None
            self._catalog.query(plan.spark_sql)
        except WashplantError as error:
            return [Finding(False, f"{error.where}: {error.what}", error.next_step)]
        key, mark = self.options.key, self.options.watermark
        findings.append(
            Finding(True, f"key {', '.join(key)}")
            if key
            else Finding(True, "no key: a row is known by its content", "name a key, so that a changed row is an update")
        )
        if mark:
            findings.append(Finding(True, f"watermark {mark.column} ({schema.field(mark.column).type})"))
        return findings

    def discover(self) -> list[TableInfo]:
        return [_info(table, self._catalog.schema(table)) for table in sorted(self._catalog.tables(self._database))]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        options = self.options
        schema = self._schema()
        wanted = columns or options.columns or tuple(schema.names)
        marks = [mark.column for mark in (options.watermark, options.deleted) if mark]
        for name in (*wanted, *options.key, *marks):
            self._field(schema, name)
        conditions, until = self._window(schema, since)
        conditions = [*([f"({options.where})"] if options.where else []), *conditions]
        sql = f"SELECT {', '.join(map(_quoted, wanted))} FROM {self._table}"
        if conditions:
            sql += " WHERE " + " AND ".join(conditions)
        if limit is not None:
            sql, until = f"{sql} LIMIT {limit}", since
        chosen = pa.schema([self._field(schema, name) for name in wanted])
        return ReadPlan(chosen, (), since, until, (sql,), spark_sql=sql)

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:  # noqa: ARG002 - the contract's
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
    def _table(self) -> str:
        return ".".join(map(_quoted, self.options.table.split(".")))

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
        """The table's columns. Raises SourceSchemaError with close names when there is no such table."""
        tables = self._catalog.tables(self._database)
        if self.options.table.lower() not in (table.lower() for table in tables):
            raise SourceSchemaError(
                "there is no such table",
                where=self._where,
                next_step=did_you_mean(self.options.table, tables, nothing="no tables there"),
            )
        return self._catalog.schema(self.options.table)

    def _field(self, schema: pa.Schema, name: str) -> pa.Field:
        if name not in schema.names:
            raise SourceSchemaError(
                f"there is no column {name!r}",
                where=self._where,
                next_step=did_you_mean(name, schema.names, nothing="it has no columns"),
            )
        return schema.field(name)

    def _window(self, schema: pa.Schema, since: Position) -> tuple[list[str], Position]:
        """Conditions on the watermark and the position after this read."""
        mark = self.options.watermark
        if mark is None:
            return [], since
        kind = self._field(schema, mark.column).type
        if since and since.get("column") != mark.column:
            raise ConfigError(
                f"the last run's watermark was {since.get('column')!r}, now it is {mark.column!r}",
                where=self._where,
                next_step="start this source again from nothing: its old position says nothing about the new column",
            )
        if mark.lag_s and not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            raise ConfigError(
                f"`lag_s` needs a date or time column; {mark.column} is {kind}",
                where=self._where,
                next_step="remove `lag_s` or choose another watermark",
            )
        self._check_orders(mark.column, kind)
        highest = self._highest(mark.column, kind)
        if highest is None:
            return [], since  # no row has a value: all of them are read
        column = _quoted(mark.column)
        bounds = [f"{column} <= {_literal(highest, kind)}"]
        if since:
            bounds.insert(0, f"{column} >= {_literal(_less(since['value'], mark.lag_s, kind), kind)}")
            # Rows may have been deleted since: the position never goes back.
            highest = max(since["value"], highest, key=lambda value: _comparable(value, kind))
        condition = f"(({' AND '.join(bounds)}) OR {column} IS NULL)"
        return [condition], {"column": mark.column, "value": highest}

    def _check_orders(self, column: str, kind: pa.DataType) -> None:
        types = pa.types
        orders = (
            types.is_timestamp,
            types.is_date,
            types.is_integer,
            types.is_decimal,
            types.is_floating,
            types.is_string,
        )
        if not any(fits(kind) for fits in orders):
            raise SourceSchemaError(
                f"a watermark cannot be of type {kind} ({column})",
                where=self._where,
                next_step="choose a column of dates, times, numbers or text",
            )

    def _highest(self, column: str, kind: pa.DataType) -> str | int | None:
        """The greatest value, as JSON data; as text, since Python's datetime would shift instants to its own zone."""
        value = f"max({_quoted(column)})"
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            # Microseconds since the epoch: no session time zone plays a part.
            value = f"unix_micros({value})"
        elif not pa.types.is_integer(kind):
            value = f"cast({value} AS string)"
        where = f" WHERE ({self.options.where})" if self.options.where else ""
        highest: str | int | None = self._catalog.query(f"SELECT {value} FROM {self._table}{where}")[0][0]
        if pa.types.is_floating(kind) and highest is not None and not math.isfinite(float(highest)):
            raise SourceDataError(
                f"the greatest {column} is {highest}, above which no row can come",
                where=self._where,
                next_step="leave such rows out by `where`, or choose another watermark",
            )
        return highest


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(value: str | int, kind: pa.DataType) -> str:
    """A typed literal, so that Spark compares values of one type and casts no column."""
    types = pa.types
    if types.is_timestamp(kind):
        if kind.tz is None:
            return f"TIMESTAMP_NTZ '{value}'"
        instant = _EPOCH + datetime.timedelta(microseconds=int(value))
        return f"TIMESTAMP '{instant:%Y-%m-%d %H:%M:%S.%f}+00:00'"
    if types.is_date(kind):
        return f"DATE '{value}'"
    if types.is_integer(kind):
        return f"{int(value)}L" if types.is_int64(kind) else str(int(value))
    if types.is_decimal(kind):
        return f"cast('{decimal.Decimal(value):f}' AS decimal({kind.precision}, {kind.scale}))"
    if types.is_floating(kind):
        return f"cast('{float(value)!r}' AS {'float' if types.is_float32(kind) else 'double'})"
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _less(value: Any, lag_s: int, kind: pa.DataType) -> Any:
    """The last bound moved back by the lag; a DATE by whole days, at least one."""
    if not lag_s:
        return value
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return int(value) - lag_s * 1_000_000
    moved = datetime.datetime.fromisoformat(value) - datetime.timedelta(seconds=lag_s)
    return str(moved.date()) if pa.types.is_date(kind) else str(moved)


def _comparable(value: str | int, kind: pa.DataType) -> Any:
    types = pa.types
    if types.is_decimal(kind) or types.is_floating(kind):
        return decimal.Decimal(value)
    if types.is_timestamp(kind) and kind.tz is None:
        return datetime.datetime.fromisoformat(str(value))  # Spark leaves trailing zeros of the fraction away
    return value.encode() if isinstance(value, str) else value  # Spark orders text by its UTF-8 bytes


def _info(table: str, schema: pa.Schema) -> TableInfo:
    return TableInfo(table, tuple(ColumnInfo(field.name, str(field.type), str(field.type)) for field in schema))
