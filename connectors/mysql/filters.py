"""A caller's conditions as SQL, as far as the server's answer holds every row that meets them.

The caller checks again, so a condition may let too much through, never too little: text is compared by the column's
collation, which takes equal bytes for equal but sorts its own way, so only `=` and `in` of CHAR and VARCHAR go down.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Sequence

import pyarrow as pa

from connectors.base import Comparison
from connectors.mysql.sql import literal, name
from connectors.mysql.types import KEY_KINDS, Cell, Declared, LiteralKind


def conditions(comparisons: Sequence[Comparison], columns: Sequence[tuple[Declared, Cell]]) -> list[str]:
    """One SQL condition for each comparison that can be left to the server."""
    known = {column.name: (column, cell) for column, cell in columns}
    found = [_condition(each, *known[each.column]) for each in comparisons if each.column in known]
    return [condition for condition in found if condition]


def _condition(comparison: Comparison, column: Declared, cell: Cell) -> str | None:
    quoted = name(column.name)
    if comparison.operator == "is not null":
        return f"{quoted} is not null"
    kind = _kind(column, cell)
    if kind is None or (kind == "text" and comparison.operator not in ("=", "in")):
        return None
    written = [_written(value, kind) for value in comparison.values]
    values = [value for value in written if value is not None]
    if not values or len(values) < len(written):
        return None
    if kind == "text" and not all(str(value).isascii() for value in comparison.values):
        # A column of another character set cannot be compared with characters that this does not have (error 1267).
        quoted = f"convert({quoted} using utf8mb4)"
    if comparison.operator == "in":
        return f"{quoted} in ({', '.join(values)})"
    return f"{quoted} {comparison.operator} {values[0]}"


def _kind(column: Declared, cell: Cell) -> LiteralKind | None:
    """How to write a value of a column whose cells are compared as they are stored; None for one that is converted."""
    kind = KEY_KINDS.get(column.data_type.lower())
    if cell.sql != "{}":
        return None
    fits = {
        "number": pa.types.is_integer(cell.arrow) or pa.types.is_decimal(cell.arrow),
        "time": pa.types.is_date(cell.arrow),
        "text": column.data_type.lower() in ("char", "varchar"),
    }
    return kind if kind and fits.get(kind) else None


def _written(value: object, kind: LiteralKind) -> str | None:
    """None for a value of another type than the column's: Spark would convert it its own way."""
    if kind == "number" and isinstance(value, int | decimal.Decimal) and not isinstance(value, bool):
        return literal(f"{value:f}" if isinstance(value, decimal.Decimal) else str(value), kind)
    if kind == "time" and isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return literal(value.isoformat(), kind)
    return literal(value, kind) if kind == "text" and isinstance(value, str) else None
