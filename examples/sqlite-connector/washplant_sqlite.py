"""SQLite as a source of washplant: the example of docs/how-to/add-a-connector.md."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
from pydantic import Field

from connectors.base import BATCH_BYTES, ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from washplant.config.source import SourceOptions
from washplant.errors import ConfigError, SourceDataError, SourceSchemaError, SourceUnreachable, WashplantError
from washplant.names import did_you_mean


class SQLiteOptions(SourceOptions):
    """A table of an SQLite database."""

    kind: Literal["sqlite"] = Field(description="sqlite")
    path: Path = Field(description="the database file, relative to the YAML")
    table: str = Field(description="the table")
    split_rows: int = Field(default=500_000, ge=1, description="rows that one task reads")

    def relative_to(self, folder: Path) -> Self:
        return self.model_copy(update={"path": folder / self.path})


@dataclass(frozen=True)
class SQLite(Connector[SQLiteOptions]):
    """See `connectors.base.Connector`. A position is {"column": …, "value": …}, the watermark's highest value."""

    def check(self) -> list[Finding]:
        try:
            plan = self.plan({}, limit=1)
            rows = sum(batch.num_rows for split in plan.splits for batch in self.read(split, plan.schema))
            return [Finding(True, f"table {self.options.table}: {len(plan.schema)} columns, {'' if rows else 'no '}rows")]
        except WashplantError as error:
            return [Finding(False, f"{error.where}: {error.what}", error.next_step)]

    def discover(self) -> list[TableInfo]:
        with self._database() as database:
            names = database.execute("select name from sqlite_master where type in ('table', 'view')").fetchall()
            return [_described(database, name) for (name,) in names]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        options = self.options
        with self._database() as database:
            types = {column.name: pa.type_for_alias(column.arrow) for column in _described(database, options.table).columns}
            wanted = columns or options.columns or tuple(types)
            for name in (*wanted, *options.key, *([options.watermark.column] if options.watermark else [])):
                if name not in types:
                    step = did_you_mean(name, list(types), nothing="there is no such table")
                    raise SourceSchemaError(f"there is no column {name!r}", where=self._where, next_step=step)
            conditions, until = self._window(database, since)
            cuts = [] if limit is not None else self._cuts(database, conditions)
        schema = pa.schema([(name, types[name]) for name in wanted])
        splits = []
        for i, (first, following) in enumerate(pairwise([None, *cuts, None])):
            ends = [f"rowid {sign} {key}" for sign, key in ((">=", first), ("<", following)) if key is not None]
            where = " where " + " and ".join([*conditions, *ends]) if conditions or ends else ""
            # SQLite keeps any value in any column: what is declared as text is read as text.
            selected = [f"cast({_quoted(n)} as text)" if pa.types.is_string(types[n]) else _quoted(n) for n in wanted]
            sql = f"select {', '.join(selected)} from {_quoted(options.table)}{where}"
            sql += "" if limit is None else f" limit {limit}"
            splits.append(Split(i, " and ".join(ends) or "all rows", {"sql": sql}))
        until = since if limit is not None else until
        return ReadPlan(schema, tuple(splits), since, until, tuple(split.spec["sql"] for split in splits))

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self._database() as database:
            cursor = database.execute(split.spec["sql"])
            while rows := cursor.fetchmany(1_000):
                arrays = [self._array(cells, field) for cells, field in zip(zip(*rows, strict=True), schema, strict=True)]
                batch = pa.record_batch(arrays, schema=schema)
                step = max(1, len(batch) * BATCH_BYTES // max(batch.nbytes, 1))
                yield from (batch.slice(at, step) for at in range(0, len(batch), step))

    @property
    def _where(self) -> str:
        return f"source {self.name}, {self.options.path}, table {self.options.table}"

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"{self.options.path.absolute().as_uri()}?mode=ro", uri=True)) as database:
                yield database
        except sqlite3.Error as error:
            step = "check that `path` is an SQLite database"
            raise SourceUnreachable(f"SQLite reported: {error}", where=self._where, next_step=step) from error

    def _window(self, database: sqlite3.Connection, since: Position) -> tuple[list[str], Position]:
        """Conditions for the rows from the last bound on, ties and NULLs included, up to the highest value there is."""
        if (mark := self.options.watermark) is None:
            return [], since
        if mark.lag_s or since.get("column", mark.column) != mark.column:
            what = "SQLite has no type for times, so `lag_s` cannot be taken off" if mark.lag_s else "the watermark was changed"
            raise ConfigError(what, where=self._where, next_step="remove `lag_s`" if mark.lag_s else "start from nothing")
        column, highest = _quoted(mark.column), f"select max({_quoted(mark.column)}) from {_quoted(self.options.table)}"
        value = max((v for v in (*database.execute(highest).fetchone(), since.get("value")) if v is not None), default=None)
        if value is None:
            return [], since
        bounds = [f"{column} <= {_literal(value)}", *([f"{column} >= {_literal(since['value'])}"] if since else [])]
        return [f"({' and '.join(bounds)} or {column} is null)"], {"column": mark.column, "value": value}

    def _cuts(self, database: sqlite3.Connection, conditions: list[str]) -> list[int]:
        """Every `split_rows`-th key; a view or a table without rowid is one split."""
        where = f" where {conditions[0]}" if conditions else ""
        numbered = f"select rowid as k, row_number() over (order by rowid) as n from {_quoted(self.options.table)}{where}"
        try:
            every = [self.options.split_rows] * 2
            return [k for (k,) in database.execute(f"select k from ({numbered}) where n > 1 and n % ? = 1 % ?", every)]
        except sqlite3.OperationalError:
            return []

    def _array(self, cells: tuple[Any, ...], field: pa.Field) -> pa.Array:
        try:
            return pa.array(cells, field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            what, where = f"a cell is no {field.type}: {error}", f"{self._where}, column {field.name}"
            raise SourceDataError(what, where=where, next_step="declare the column as TEXT, or correct the row") from None


def _described(database: sqlite3.Connection, table: str) -> TableInfo:
    rows = database.execute(f"pragma table_info({_quoted(table)})").fetchall()
    columns = tuple(ColumnInfo(name, kind, _arrow(kind), not required) for _, name, kind, required, _, _ in rows)
    return TableInfo(table, columns, tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]))


def _arrow(declared: str) -> str:
    """SQLite's own rules of affinity: https://www.sqlite.org/datatype3.html#determination_of_column_affinity"""
    marks = {"int64": ("INT",), "string": ("CHAR", "CLOB", "TEXT"), "binary": ("BLOB",), "double": ("REAL", "FLOA", "DOUB")}
    return next((arrow for arrow, words in marks.items() if any(word in declared.upper() for word in words)), "string")


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace(mark, mark + mark) + mark


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float) else _quoted(str(value), "'")


CONNECTOR = (SQLiteOptions, SQLite)
