"""SQL text: names, literals, lexicographic comparisons. Written out rather than passed as parameters, so that a plan
shows exactly what will run; the session's `sql_mode` is empty, so backslashes and double quotes mean what they mean by
default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from connectors.mysql.types import LiteralKind

Value = str | bytes
"""A cell as the server wrote it."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PLAIN = re.compile(r"[^'\\\x00-\x1f\x7f]*")


def name(*parts: str) -> str:
    """A quoted identifier: `db`.`table`."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(value: Value, kind: LiteralKind) -> str:
    """`value` as SQL. Text with quotes, backslashes or control characters goes as hexadecimal: no escaping to get
    wrong."""
    if kind == "number":
        number = value if isinstance(value, str) else value.decode()
        if not _NUMBER.fullmatch(number):
            raise ValueError(f"not a number: {number!r}")
        return number
    raw = value.encode() if isinstance(value, str) else value
    if kind == "binary":
        return f"x'{raw.hex()}'"
    text = raw.decode()
    return f"'{text}'" if _PLAIN.fullmatch(text) else f"_utf8mb4 x'{raw.hex()}'"


def compare(columns: Sequence[str], operator: str, literals: Sequence[str]) -> str:
    """`(a, b) > (x, y)` spelled so that an index serves it: MySQL makes no range of a row comparison.

    Fewer literals than columns compare a prefix. `columns` are quoted names.
    """
    column, value = columns[0], literals[0]
    if len(literals) == 1:
        return f"{column} {operator} {value}"
    rest = compare(columns[1:], operator, literals[1:])
    return f"({column} {operator[0]} {value} or ({column} = {value} and {rest}))"


def select(
    expressions: Sequence[str],
    table: str,
    *,
    index: str | None = None,
    hint: Literal["force", "use"] = "force",
    where: Sequence[str] = (),
    order: Sequence[str] = (),
    descending: bool = False,
    limit: int | None = None,
) -> str:
    """One SELECT. `table`, `expressions` and `order` are SQL, `index` is a bare name."""
    sql = f"select {', '.join(expressions)} from {table}"
    if index:
        sql += f" {hint} index ({name(index)})"
    if where:
        sql += " where " + " and ".join(where)
    if order:
        sql += " order by " + ", ".join(f"{column} desc" if descending else column for column in order)
    return sql if limit is None else f"{sql} limit {limit}"
