"""`query:` as a source: its columns as the server describes its result, its key checked, and where to cut it.

A derived table has no index to dive into, so the cuts are exact: one pass counts the keys and one takes every n-th.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.mysql.session import Session
from connectors.mysql.splits import Key, Order
from connectors.mysql.sql import name, select
from connectors.mysql.types import KEY_KINDS, Declared
from washplant.errors import SourceDataError

if TYPE_CHECKING:
    from connectors.mysql.options import MySQLOptions
    from connectors.mysql.wire import ResultColumn

_UNSIGNED, _ENUM, _SET = 32, 256, 2048  # flags
_BINARY = 63  # the character set of what is no text

# https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
_TYPES = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 6: "char", 7: "timestamp", 8: "bigint",
    9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year", 14: "date", 15: "varchar", 16: "bit", 242: "vector",
    245: "json", 246: "decimal", 247: "enum", 248: "set", 249: "tinytext", 250: "mediumtext", 251: "longtext", 252: "text",
    253: "varchar", 254: "char", 255: "geometry",
}  # fmt: skip
_BYTES = {
    "char": "binary", "varchar": "varbinary", "tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob",
    "longtext": "longblob",
}  # fmt: skip


def query_columns(server: Session, relation: str) -> tuple[Declared, ...]:
    """What the query's columns would be if it were a table; nothing of it is run."""
    from connectors.mysql.wire import result_columns

    return tuple(_declared(column) for column in result_columns(server.connection, select(["*"], relation, limit=0)))


def query_key(options: MySQLOptions, columns: Sequence[Declared]) -> Order | None:
    """`key`, when all of it is in the query and of types that order a read."""
    types = {column.name: column.data_type for column in columns}
    kinds = [KEY_KINDS.get(types.get(column, "")) for column in options.key]
    known = tuple(kind for kind in kinds if kind is not None)
    return Order(options.key, known, "", unique=True) if kinds and len(known) == len(kinds) else None


def cut_query(
    server: Session, relation: str, order: Order, where: Sequence[str], target: int, place: str
) -> list[tuple[Key, int]]:
    """The first key and the rows of each part, as `splits.cut`. Raises SourceDataError for a key that is none."""
    keys = ", ".join(order.names)
    counted = server.query(select(["count(*)", f"count(distinct {keys})"], relation, where=where))[0]
    rows, distinct = (int(value or 0) for value in counted)
    if rows != distinct:
        raise SourceDataError(
            f"the query has {rows} rows and {distinct} different values of {', '.join(order.columns)} that are not NULL",
            where=place,
            next_step="name columns in `key` that identify a row, or leave `key` out to read it in one stream",
        )
    nth = name("washplant nth row")
    numbered = select([*order.names, f"row_number() over (order by {keys}) as {nth}"], relation, where=where)
    firsts = server.query(
        select(order.names, f"({numbered}) as {name('washplant numbered')}", where=[f"({nth} - 1) % {target} = 0"], order=[nth])
    )
    found = [tuple(value for value in row if value is not None) for row in firsts]
    return [(first, min(target, rows - i * target)) for i, first in enumerate(found)]


def _declared(column: ResultColumn) -> Declared:
    kind = _TYPES.get(column.type_code, f"type {column.type_code}")
    if kind in _BYTES and column.flags & (_ENUM | _SET):
        kind = "enum" if column.flags & _ENUM else "set"
    elif column.charset == _BINARY:
        kind = _BYTES.get(kind, kind)
    unsigned = bool(column.flags & _UNSIGNED)
    width = column.length if kind in ("tinyint", "bit") else None
    digits = column.length - (column.scale > 0) - (not unsigned)  # the length counts the point and the sign
    return Declared(
        column.name,
        kind,
        kind + (f"({width})" if width else "") + (" unsigned" if unsigned else ""),
        digits if kind == "decimal" else None,
        column.scale if kind == "decimal" else None,
        True,
        "",
    )
