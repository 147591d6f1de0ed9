"""The contract over MySQL and MariaDB: streaming reads in parts cut at sampled keys, watermarks that lose nothing.

Beside it: `options`; `session` (connection, errors); `table` and `query` (columns, indexes); `window` (watermark), `filters`
and `sql` (conditions); `splits` (cutting); `read`, `wire`, `cursor`, `cells` and `kernels` (rows); `types` (type policies).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import pyarrow as pa

from connectors.base import ColumnInfo, Comparison, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.mysql.filters import conditions
from connectors.mysql.options import MySQLOptions
from connectors.mysql.query import cut_query
from connectors.mysql.read import SplitReader
from connectors.mysql.session import Session, session
from connectors.mysql.splits import Key, Order, cut
from connectors.mysql.sql import name, select
from connectors.mysql.table import Table, chosen, database_names, load, load_source, relation, table_names
from connectors.mysql.types import Cell, Declared, cell_of
from connectors.mysql.window import Window, stored, window
from washplant.errors import WashplantError


@dataclass(frozen=True)
class MySQL(Connector[MySQLOptions]):
    """See `connectors.base.Connector`."""

    narrow: tuple[Comparison, ...] = ()
    before: datetime.datetime | None = None

    def check(self) -> list[Finding]:
        options, where = self.options, self._where()
        findings: list[Finding] = []
        try:
            with session(options, self.name) as server:
                findings.append(Finding(True, f"logged in as {options.user}, {_encryption(server)}"))
                table = load_source(server, options, where)
                columns = chosen(table, options.columns, options, where)
                findings.append(Finding(True, _size(table, len(columns))))
                findings += [_key_finding(table), *_watermark_findings(server, options, table, where)]
                expressions = [cell.sql.format(name(column.name)) for column, cell in columns]
                server.query(select(expressions, relation(options), where=self._filter(columns), limit=0))
        except WashplantError as error:
            findings.append(Finding(False, f"{error.where}: {error.what}", error.next_step))
        return findings

    def databases(self) -> list[str]:
        with session(self.options, self.name) as server:
            return database_names(server)

    def discover(self) -> list[TableInfo]:
        options = self.options
        with session(options, self.name) as server:
            tables = [load_source(server, options, self._where())] if options.query else []
            tables += [load(server, options, table, self._where()) for table in table_names(server, options.database)]
        return [_info(table, options) for table in tables]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        options, where = self.options, self._where()
        with session(options, self.name) as server:
            table = load_source(server, options, where)
            pairs = chosen(table, columns or options.columns, options, where)
            bounds = window(server, options, table, since, where, self.before)
            parts = self._parts(server, table, self._filter(self._all(table)), bounds, limit)
        # Nullable throughout: a zero date in a NOT NULL column becomes null.
        schema = pa.schema([pa.field(column.name, cell.arrow) for column, cell in pairs])
        shared = {
            "table": relation(options),
            "columns": [[column.name, cell.sql.format(name(column.name)), cell.decode] for column, cell in pairs],
            "limit": limit,
            "single": options.snapshot == "single",
            "identity": table.identity,
        }
        splits = tuple(Split(i, part.describe, shared | part.spec, part.rows) for i, part in enumerate(parts))
        statements = [f"-- session: time_zone {options.timezone}, utf8mb4, sql_mode empty"]
        statements += ["-- one transaction with a consistent snapshot"] if options.snapshot == "single" else []
        statements += [f"-- {bounds.note}"] if bounds.note else []
        statements += [SplitReader(options, self.name, split.spec, schema).sql() for split in splits]
        known = [part.rows for part in parts if part.rows is not None]
        until = since if limit is not None else bounds.until
        return ReadPlan(schema, splits, since, until, tuple(statements), sum(known) if known else None)

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        return SplitReader(self.options, self.name, split.spec, schema).batches()

    def _where(self) -> str:
        return f"source {self.name}, {self.options.host}:{self.options.port}/{self.options.database}"

    def narrowed(self, comparisons: Sequence[Comparison]) -> Self:
        return replace(self, narrow=(*self.narrow, *comparisons))

    def bounded(self, until: datetime.datetime) -> Self | None:
        return replace(self, before=until) if self.options.watermark else None

    def _all(self, table: Table) -> list[tuple[Declared, Cell]]:
        """All columns that are known here, also those that are not read."""
        pairs = [(column, cell_of(column, self.options)) for column in table.columns]
        return [(column, cell) for column, cell in pairs if cell]

    def _filter(self, columns: Sequence[tuple[Declared, Cell]]) -> list[str]:
        own = [f"({self.options.where})"] if self.options.where else []
        return [*own, *conditions(self.narrow, columns)]

    def _parts(
        self, server: Session, table: Table, filters: list[str], bounds: Window, limit: int | None
    ) -> list[_Part]:
        """What each task reads. Parts are open at both ends, so keys beyond the sampled ones are read, too."""
        everything = [*filters, *bounds.conditions]
        if limit is not None:
            order = None if self.options.query else table.key  # a look at a query need not sort it
            return [_Part(f"the first {limit} rows", everything, order, limit)]
        if self.options.snapshot == "single":
            return [_Part("all rows in one consistent snapshot", everything, table.key, table.rows)]
        if bounds.incremental and all(span.column in table.by_watermark for span in bounds.spans):
            return self._new_parts(server, table, filters, bounds)
        if table.key is None:
            return [_Part(f"the whole {table.name} in one stream: it has no key to split by", everything, None, table.rows)]
        return self._cut(server, table.key, everything, (), table.rows or 0)

    def _new_parts(self, server: Session, table: Table, filters: list[str], bounds: Window) -> list[_Part]:
        """New rows only, found by the watermarks' indexes: a night costs what is new, not a scan of the table. A row that
        has moved in several columns belongs to the first of them."""
        parts: list[_Part] = []
        before: list[str] = []
        for span in bounds.spans:
            conditions_ = [*filters, *span.bounds, *(f"({condition}) is not true" for condition in before)]
            parts += self._cut(server, table.by_watermark[span.column], conditions_, span.bounds)
            before.append(" and ".join(span.bounds))
        # In the index, too; but a key that is NULL is nothing to go on from.
        order = replace(table.by_watermark[bounds.spans[0].column], unique=False)
        return [*parts, _Part("rows without a watermark", [*filters, f"({bounds.always})"], order, None)]

    def _cut(
        self, server: Session, order: Order, conditions: list[str], sample: Sequence[str], known: int = 0
    ) -> list[_Part]:
        """`sample` bounds the dives: only what the order's index answers, or a dive would walk it looking for a
        match. `known`: the rows under it, where the server's own statistics say so."""
        options = self.options
        if options.query:
            cuts = cut_query(server, relation(options), order, conditions, options.split_rows, self._where())
        else:
            cuts = cut(server, relation(options), order, sample, options.split_rows, known)
        parts = []
        for i, (first, rows) in enumerate(cuts or [((), 0)]):
            following = cuts[i + 1][0] if i + 1 < len(cuts) else None
            ends = [order.condition(">=", first)] if i else []
            ends += [order.condition("<", following)] if following else []
            parts.append(_Part(_describe(order, first if i else None, following), conditions + ends, order, rows, first))
        return parts


@dataclass(frozen=True)
class _Part:
    describe: str
    where: list[str]
    order: Order | None
    rows: int | None
    first: Key = ()
    """A key that is there."""

    @property
    def spec(self) -> dict[str, Any]:
        order = asdict(self.order) if self.order else None
        if order:
            order |= {"columns": list(order["columns"]), "kinds": list(order["kinds"])}  # as JSON gives them back
        return {"where": self.where, "order": order, "some": bool(self.first)}


def _describe(order: Order, first: Key | None, following: Key | None) -> str:
    columns = ", ".join(order.columns)
    low = f"{', '.join(order.literals(first))} <= " if first else ""
    high = f" < {', '.join(order.literals(following))}" if following else ""
    return f"{low}{columns}{high}" if low or high else f"all rows by {columns}"


def _info(table: Table, options: MySQLOptions) -> TableInfo:
    columns = []
    for column in table.columns:
        cell = cell_of(column, options)
        arrow = str(cell.arrow) if cell else "not known"
        columns.append(ColumnInfo(column.name, column.column_type, arrow, column.nullable, column.comment))
    return TableInfo(table.name, tuple(columns), table.key.columns if table.key else (), table.rows)


def _encryption(server: Session) -> str:
    cipher = str(server.records("show session status like 'Ssl_cipher'")[0]["value"] or "")
    return f"encrypted with {cipher}" if cipher else "not encrypted"


def _key_finding(table: Table) -> Finding:
    if table.key is None:
        return Finding(True, f"{table.name} has no unique key to split by: one task reads it in one stream")
    if not table.key.index:
        return Finding(True, f"split and resumed by {', '.join(table.key.columns)}, counted anew for each plan")
    return Finding(True, f"split and resumed by {', '.join(table.key.columns)} (index {table.key.index})")


def _size(table: Table, columns: int) -> str:
    rows = "" if table.rows is None else f", about {table.rows} rows"
    return f"{table.name if table.identity is None else f'table {table.name}'}: {columns} columns{rows}"


def _watermark_findings(server: Session, options: MySQLOptions, table: Table, where: str) -> list[Finding]:
    if options.watermark is None:
        return []
    until = window(server, options, table, {}, where).until
    findings = []
    for column in options.watermark.columns:
        findings.append(Finding(True, f"watermark {column} is at {stored(until, column).get('value', 'no value')}"))
        if column not in table.by_watermark and options.table:
            step = f"create an index of {column} alone, or every run scans the table"
            findings.append(Finding(True, f"watermark {column} has no index of its own", step))
    return findings
