"""SQL that compares copies and versions of rows inside the warehouse, so that only what changed leaves it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from connectors.hive.options import DELETED
from connectors.hive.sql import quoted

_HASH, _THERE, _RANK = "`_hash`", "`_there`", "`_rank`"


def snapshot_changes(
    table: str,
    schema: pa.Schema,
    wanted: Sequence[str],
    key: Sequence[str],
    newest: Sequence[str],
    last: Sequence[str] | None,
    *,
    spark: bool,
) -> str:
    """Rows of the copy `newest` (conditions) that `last` lacks or has otherwise, and rows that only `last` has, as
    tombstones. Without `last`: the whole copy. Copies are joined by key and a hash of the columns that are read."""
    columns = _names(wanted)
    if last is None:
        return f"(SELECT {columns}, false AS {quoted(DELETED)} FROM {table}{_where(newest)}) AS t"
    hashed = row_hash(schema, wanted, spark=spark)
    keys = _names(key)
    both = _names(dict.fromkeys([*wanted, *key]))
    changed = (
        f"SELECT {_names(wanted, 'n')}, false AS {quoted(DELETED)}"
        f" FROM (SELECT {both}, {hashed} AS {_HASH} FROM {table}{_where(newest)}) AS n"
        f" LEFT JOIN (SELECT {keys}, {hashed} AS {_HASH} FROM {table}{_where(last)}) AS o ON {_same('n', 'o', key)}"
        f" WHERE o.{_HASH} IS NULL OR o.{_HASH} <> n.{_HASH}"
    )
    gone = (
        f"SELECT {_names(wanted, 'o')}, true AS {quoted(DELETED)} FROM (SELECT {both} FROM {table}{_where(last)}) AS o"
        f" LEFT JOIN (SELECT {keys}, true AS {_THERE} FROM {table}{_where(newest)}) AS n ON {_same('o', 'n', key)}"
        f" WHERE n.{_THERE} IS NULL"
    )
    return f"({changed} UNION ALL {gone}) AS t"


def zipper_changes(
    table: str,
    wanted: Sequence[str],
    key: Sequence[str],
    filters: Sequence[str],
    still_open: str,
    begun: Sequence[str],
    closed: Sequence[str] | None,
    *,
    newest: tuple[str, str],
) -> str:
    """Open rows that meet `begun`; unless `closed` is None, also the last version of each key without an open row that
    meets `closed`, as tombstones. `newest`: the columns (end, start) by which versions are ordered."""
    columns = _names(wanted)
    current = (
        f"SELECT {columns}, false AS {quoted(DELETED)} FROM {table}{_where([*filters, still_open, *begun])}"
    )
    if closed is None:
        return f"({current}) AS t"
    both = _names(dict.fromkeys([*wanted, *key]))
    order = ", ".join(f"{quoted(column)} DESC" for column in newest)
    rank = f"row_number() OVER (PARTITION BY {_names(key)} ORDER BY {order}) AS {_RANK}"
    ended = f"SELECT {both}, {rank} FROM {table}{_where([*filters, f'NOT ({still_open})', *closed])}"
    gone = (
        f"SELECT {_names(wanted, 'o')}, true AS {quoted(DELETED)} FROM ({ended}) AS o"
        f" LEFT JOIN (SELECT {_names(key)}, true AS {_THERE} FROM {table}{_where([*filters, still_open])}) AS n"
        f" ON {_same('o', 'n', key)} WHERE n.{_THERE} IS NULL AND o.{_RANK} = 1"
    )
    return f"({current} UNION ALL {gone}) AS t"


def row_hash(schema: pa.Schema, wanted: Sequence[str], *, spark: bool) -> str:
    """SQL of a hash that tells NULL from empty and (1, NULL) from (NULL, 1), which Spark's hash functions do not."""
    if not spark:
        parts = [f"coalesce(concat('=', {_text(quoted(name), schema.field(name).type)}), '')" for name in wanted]
        return f"md5(concat_ws('\\u0001', {', '.join(parts)}))"
    parts = []
    for name in wanted:
        column = quoted(name)
        if pa.types.is_nested(schema.field(name).type):
            column = f"to_json(named_struct('v', {column}), map('ignoreNullFields', 'false'))"
        parts.append(f"{column}, {quoted(name)} IS NULL")
    return f"xxhash64({', '.join(parts)})"


def _text(column: str, kind: pa.DataType) -> str:
    """A column as text in Hive, which writes nested values in no way; it has two hashes of 32 bits for them."""
    if not pa.types.is_nested(kind):
        return f"cast({column} AS string)"
    return f"if({column} IS NULL, NULL, concat(hash({column}), ':', murmur_hash({column})))"


def _names(columns: Sequence[str] | dict[str, None], of: str = "") -> str:
    return ", ".join(f"{of}.{quoted(column)}" if of else quoted(column) for column in columns)


def _same(left: str, right: str, key: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{quoted(column)} <=> {right}.{quoted(column)}" for column in key)


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
