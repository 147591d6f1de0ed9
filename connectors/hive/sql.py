"""SQL text for Spark and for Hive: names, typed literals, orders of values. Where the two differ, `spark` says which."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""How Hive names the partition of NULL."""

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def quoted(name: str) -> str:
    """A column or table in backticks."""
    return "`" + name.replace("`", "``") + "`"


def literal(value: str | int, kind: pa.DataType, *, spark: bool = True) -> str:
    """A typed literal, so that values of one type are compared and no column is cast. An instant is microseconds."""
    types = pa.types
    if types.is_timestamp(kind):
        if kind.tz is None:
            return f"{'TIMESTAMP_NTZ' if spark else 'TIMESTAMP'} '{value}'"
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
    return text(str(value))


def text(value: str) -> str:
    """A string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def less(value: Any, lag_s: int, kind: pa.DataType) -> Any:
    """The last bound moved back by the lag; a DATE by whole days, at least one."""
    if not lag_s:
        return value
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return int(value) - lag_s * 1_000_000
    moved = datetime.datetime.fromisoformat(value) - datetime.timedelta(seconds=lag_s)
    return str(moved.date()) if pa.types.is_date(kind) else str(moved)


def comparable(value: str | int, kind: pa.DataType) -> Any:
    """`value` so that Python orders it as the engine does."""
    types = pa.types
    if types.is_integer(kind):
        return int(value)
    if types.is_decimal(kind) or types.is_floating(kind):
        return decimal.Decimal(value)
    if types.is_timestamp(kind) and kind.tz is None:
        return datetime.datetime.fromisoformat(str(value))  # Spark leaves trailing zeros of the fraction away
    if types.is_timestamp(kind):
        return int(value)
    return value.encode() if isinstance(value, str) else value  # text is ordered by its UTF-8 bytes


def partition_values(name: str) -> dict[str, str | None]:
    """`dt=2025-01-01/city=a%2Fb` as SHOW PARTITIONS prints it; the default partition is None."""
    pairs = (part.partition("=") for part in name.split("/"))
    return {
        unquote(column): None if value == DEFAULT_PARTITION else unquote(value)
        for column, _, value in pairs
    }


def partition_is(column: str, value: str | int | None, kind: pa.DataType, *, spark: bool) -> str:
    """The condition for one value of a partition column, None for the default one. Hive holds its name in text columns;
    Spark prunes partitions by IS NULL, even where it then shows the name."""
    if value is not None and value != DEFAULT_PARTITION:
        return f"{quoted(column)} = {literal(value, kind, spark=spark)}"
    if spark or not pa.types.is_string(kind):
        return f"{quoted(column)} IS NULL"
    return f"({quoted(column)} IS NULL OR {quoted(column)} = '{DEFAULT_PARTITION}')"


def unmasked(column: str, kind: pa.DataType) -> str:
    """A partition column as SQL: text and Avro tables show the default partition of a text column by its name, which would
    even be the greatest of all dates (`_` sorts above digits)."""
    return f"nullif({quoted(column)}, '{DEFAULT_PARTITION}')" if pa.types.is_string(kind) else quoted(column)


def partition_spec(values: Mapping[str, str | None]) -> str:
    """`PARTITION (…)` for DESCRIBE and ALTER TABLE."""
    inside = ", ".join(f"{quoted(column)} = {text(value or DEFAULT_PARTITION)}" for column, value in values.items())
    return f"PARTITION ({inside})"
