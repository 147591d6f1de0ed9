"""What the server says of a table: its columns and the orders in which it can be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.mysql.query import query_columns, query_key
from connectors.mysql.session import Session
from connectors.mysql.splits import Order
from connectors.mysql.sql import Value, name, select
from connectors.mysql.types import KEY_KINDS, Cell, Declared, cell_of
from washplant.errors import SourceSchemaError
from washplant.names import did_you_mean

if TYPE_CHECKING:
    from connectors.mysql.options import MySQLOptions

_COLUMNS = """select column_name, data_type, column_type, numeric_precision, numeric_scale, is_nullable, column_comment
from information_schema.columns where table_schema = %s and table_name = %s order by ordinal_position"""
_TABLES = "select table_name from information_schema.tables where table_schema = %s order by table_name"
_CREATED = "select create_time from information_schema.tables where table_schema = %s and table_name = %s"
_OWN = ("information_schema", "mysql", "performance_schema", "sys")
_ROWS = "select table_rows from information_schema.tables where table_schema = %s and table_name = %s"


@dataclass(frozen=True)
class Table:
    """`key`: the primary key or another unique index without NULLs, when it can order a read. `by_watermark`: the
    watermark's index, completed by the key, for each of its columns that has one."""

    name: str
    columns: tuple[Declared, ...]
    key: Order | None
    by_watermark: Mapping[str, Order]
    rows: int | None
    identity: str | None = None
    """Changes when the table is altered, truncated or made anew."""

    def column(self, wanted: str, where: str) -> Declared:
        for column in self.columns:
            if column.name == wanted:
                return column
        step = did_you_mean(wanted, [column.name for column in self.columns], nothing="this user sees none")
        raise SourceSchemaError(f"table {self.name} has no column {wanted!r}", where=where, next_step=step)


def database_names(server: Session) -> list[str]:
    """Those that this user sees, without the server's own."""
    return [found for row in server.query("show databases") if (found := _str(row[0])) not in _OWN]


def table_names(server: Session, database: str) -> list[str]:
    return [_str(row[0]) for row in server.query(_TABLES, (database,))]


def load(server: Session, options: MySQLOptions, table: str, where: str) -> Table:
    """Raises SourceSchemaError, with the names that are close, when there is no such table."""
    columns = tuple(_declared(row) for row in server.query(_COLUMNS, (options.database, table)))
    if not columns:
        step = did_you_mean(table, table_names(server, options.database), nothing="this user sees none")
        raise SourceSchemaError(f"database {options.database} has no table {table!r}", where=where, next_step=step)
    rows = server.query(_ROWS, (options.database, table))[0][0]
    indexes = _indexes(server, options.database, table)
    key = _key(columns, indexes)
    found = {mark: _by_watermark(mark, columns, indexes, key) for mark in _marks(options)}
    marks = {mark: order for mark, order in found.items() if order}
    known = None if rows is None else int(rows)
    return Table(table, columns, key, marks, known)


def load_source(server: Session, options: MySQLOptions, where: str) -> Table:
    """What the options name: a table, or the query as one. Raises SourceSchemaError."""
    if options.table is not None:
        found = load(server, options, options.table, where)
        if options.columns is None:
            # information_schema hides a column that this user may not read; this names it.
            server.query(select(["*"], relation(options), limit=0))
        return replace(found, identity=identity(server, options.database, options.table))
    columns = query_columns(server, relation(options))
    table = Table(options.subject, columns, query_key(options, columns), {}, None)
    for column in options.key:
        table.column(column, where)
    return table


def relation(options: MySQLOptions) -> str:
    """What stands behind `from`."""
    if options.query is not None:
        return f"(\n{options.query}\n) as {name('query')}"  # a comment may end the query
    assert options.table is not None
    return name(options.database, options.table)


def identity(server: Session, database: str, table: str) -> str:
    """When the table was made or altered, and its columns."""
    created = server.query(_CREATED, (database, table))
    columns = server.query(_COLUMNS, (database, table))
    shown = [[_str(cell or "") for cell in row[:6]] for row in columns]
    return hashlib.sha256(json.dumps([_str(created[0][0] or "") if created else None, shown]).encode()).hexdigest()


def _marks(options: MySQLOptions) -> tuple[str, ...]:
    return options.watermark.columns if options.watermark else ()


def chosen(table: Table, wanted: Sequence[str] | None, options: MySQLOptions, where: str) -> list[tuple[Declared, Cell]]:
    """The columns to read and how. Raises SourceSchemaError for an unknown column or type."""
    for name_ in options.utf8_in_latin1:
        table.column(name_, where)
    columns = table.columns if wanted is None else [table.column(name_, where) for name_ in wanted]
    pairs = [(column, cell_of(column, options)) for column in columns]
    for column, cell in pairs:
        if cell is None:
            raise SourceSchemaError(
                f"column {column.name} of {table.name} has a type that is not known here: {column.column_type}",
                where=where,
                next_step="leave it out: list the others in `columns`",
            )
    return [(column, cell) for column, cell in pairs if cell is not None]


@dataclass(frozen=True)
class _Index:
    name: str
    columns: tuple[str, ...]
    unique: bool
    usable: bool
    """A visible ascending B-tree over whole columns: what can order a read."""


def _indexes(server: Session, database: str, table: str) -> list[_Index]:
    grouped: dict[str, list[dict[str, Value | None]]] = {}
    for record in server.records(f"show index from {name(database, table)}"):
        grouped.setdefault(_str(record["key_name"]), []).append(record)
    return [_index(index, records) for index, records in grouped.items()]


def _index(name_: str, records: list[dict[str, Value | None]]) -> _Index:
    columns = tuple(_str(record["column_name"] or "") for record in records)  # NULL for an expression
    usable = all(
        record["column_name"]
        and record["sub_part"] is None
        and record["collation"] == "A"
        and record["index_type"] == "BTREE"
        and record.get("visible", "YES") == "YES"  # MySQL
        and record.get("ignored", "NO") == "NO"  # MariaDB
        for record in records
    )
    without_null = all(record["null"] != "YES" for record in records)
    return _Index(name_, columns, records[0]["non_unique"] == "0" and without_null, usable)


def _key(columns: Sequence[Declared], indexes: list[_Index]) -> Order | None:
    for index in sorted(indexes, key=lambda index: index.name != "PRIMARY"):
        order = _order(index.columns, columns, index.name, unique=True) if index.unique and index.usable else None
        if order:
            return order
    return None


def _by_watermark(mark: str, columns: Sequence[Declared], indexes: list[_Index], key: Order | None) -> Order | None:
    """An index of the watermark alone: InnoDB appends the primary key, so (watermark, key) is its order without a
    sort."""
    ends = ((mark,), (mark, *key.columns)) if key else ((mark,),)
    for index in indexes:
        if index.usable and index.columns in ends:
            rest = tuple(column for column in key.columns if column != mark) if key else ()
            return _order((mark, *rest), columns, index.name, unique=key is not None)
    return None


def _order(names: Sequence[str], columns: Sequence[Declared], index: str, *, unique: bool) -> Order | None:
    types = {column.name: column.data_type.lower() for column in columns}
    # A column that this user may not read is in the index all the same.
    kinds = [KEY_KINDS.get(types.get(column, "")) for column in names]
    known = tuple(kind for kind in kinds if kind is not None)
    return Order(tuple(names), known, index, unique) if len(known) == len(kinds) else None


def _declared(row: Sequence[Value | None]) -> Declared:
    column, data_type, column_type, precision, scale, nullable, comment = row
    return Declared(
        _str(column),
        _str(data_type),
        _str(column_type),
        None if precision is None else int(precision),
        None if scale is None else int(scale),
        nullable == "YES",
        _str(comment or ""),
    )


def _str(value: Value | None) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
