"""Which rows of a Hive table are new since the last position: by column, partition, daily snapshot or zipper table.

The same SQL serves Spark and a HiveServer2. The upper bound is fixed here, before anything is read.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from connectors.base import Position
from connectors.hive.compare import snapshot_changes, zipper_changes
from connectors.hive.options import ByPartition, BySnapshot, ByZipper, HiveOptions
from connectors.hive.sql import comparable, less, literal, partition_is, partition_values, quoted, unmasked
from washplant.errors import ConfigError, SourceDataError, SourceSchemaError


class Engine(Protocol):
    """What planning asks of Spark or of a server about the one table."""

    @property
    def spark(self) -> bool: ...

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...

    def partitions(self) -> list[str] | None:
        """As SHOW PARTITIONS names them; None when the table has no partition columns."""

    def fingerprint(self, partition: Mapping[str, str | None]) -> str: ...


@dataclass(frozen=True)
class Window:
    """`conditions` on the table's rows, or `relation`: SQL to select from instead. `empty`: there is nothing new."""

    until: Position
    conditions: tuple[str, ...] = ()
    relation: str | None = None
    note: str = ""
    empty: bool = False


@dataclass(frozen=True)
class Table:
    """A table as the planning sees it: `name` quoted, `wanted` the columns to read, `where` for the text of errors."""

    name: str
    schema: pa.Schema
    partitioned_by: tuple[str, ...]
    wanted: tuple[str, ...]
    options: HiveOptions
    where: str

    @property
    def filters(self) -> list[str]:
        return [f"({self.options.where})"] if self.options.where else []


def window(engine: Engine, table: Table, since: Position) -> Window:
    """What to read after `since`. Raises ConfigError when the position is one of another column."""
    by = table.options.incremental
    if isinstance(by, ByPartition):
        return _by_partition(engine, table, by, _same(table, since, by.column))
    if isinstance(by, BySnapshot):
        return _by_snapshot(engine, table, by, _same(table, since, by.column))
    if isinstance(by, ByZipper):
        return _by_zipper(engine, table, by, _same(table, since, by.start))
    if table.options.watermark is None:
        return Window(since)
    return _by_column(engine, table, _same(table, since, table.options.watermark.column))


def _same(table: Table, since: Position, column: str) -> Position:
    if since and since.get("column") != column:
        raise ConfigError(
            f"the last run's watermark was {since.get('column')!r}, now it is {column!r}",
            where=table.where,
            next_step="start this source again from nothing: its old position says nothing about the new column",
        )
    return since


# ------------------------------------------------------------------------------------------------ by column


def _by_column(engine: Engine, table: Table, since: Position) -> Window:
    """Rows at or above the last bound less the lag; those whose watermark is NULL are read on every run (airbyte#14404)."""
    mark = table.options.watermark
    assert mark is not None, "the caller has looked"
    kind = table.schema.field(mark.column).type
    if mark.lag_s and not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        raise ConfigError(
            f"`lag_s` needs a date or time column; {mark.column} is {kind}",
            where=table.where,
            next_step="remove `lag_s` or choose another watermark",
        )
    _check_orders(table, mark.column, kind)
    highest = _highest(engine, table, mark.column, kind)
    if highest is None:
        return Window(since)  # no row has a value: all of them are read
    column = quoted(mark.column)
    bounds = [f"{column} <= {literal(highest, kind, spark=engine.spark)}"]
    if since:
        last = less(since["value"], mark.lag_s, kind)
        bounds.insert(0, f"{column} >= {literal(last, kind, spark=engine.spark)}")
        # Rows may have been deleted since: the position never goes back.
        highest = max(since["value"], highest, key=lambda value: comparable(value, kind))
    nothing = partition_is(mark.column, None, kind, spark=engine.spark)
    condition = f"(({' AND '.join(bounds)}) OR {nothing})"
    return Window({"column": mark.column, "value": highest}, (condition,))


def _check_orders(table: Table, column: str, kind: pa.DataType) -> None:
    types = pa.types
    numbers = (types.is_integer, types.is_decimal, types.is_floating)
    if not any(fits(kind) for fits in (types.is_timestamp, types.is_date, types.is_string, *numbers)):
        raise SourceSchemaError(
            f"a watermark cannot be of type {kind} ({column})",
            where=table.where,
            next_step="choose a column of dates, times, numbers or text",
        )


def _highest(engine: Engine, table: Table, column: str, kind: pa.DataType) -> str | int | None:
    where = f" WHERE {' AND '.join(table.filters)}" if table.filters else ""
    value = as_json(f"max({unmasked(column, kind)})", kind)
    highest: str | int | None = engine.query(f"SELECT {value} FROM {table.name}{where}")[0][0]
    if pa.types.is_floating(kind) and highest is not None and not math.isfinite(float(highest)):
        raise SourceDataError(
            f"the greatest {column} is {highest}, above which no row can come",
            where=table.where,
            next_step="leave such rows out by `where`, or choose another watermark",
        )
    return highest


def as_json(value: str, kind: pa.DataType) -> str:
    """SQL that gives `value` as JSON data; as text, since Python's datetime would shift instants to its own zone."""
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return f"unix_micros({value})"  # since the epoch: no session time zone plays a part
    return value if pa.types.is_integer(kind) else f"cast({value} AS string)"


# ------------------------------------------------------------------------------------------------ by partition


def _by_partition(engine: Engine, table: Table, by: ByPartition, since: Position) -> Window:
    """Partitions above the last one, and those of the newest `recheck` whose files are not those that were read.

    The default partition (rows without a value) is read on every run.
    """
    kind = table.schema.field(by.column).type
    groups = _partitions(engine, table, by.column)
    values = sorted((value for value in groups if value is not None), key=lambda value: comparable(value, kind))
    if not values:
        return Window(since, note=f"no partition has a {by.column}: all rows are read", empty=not groups)
    newest = values[-by.recheck :] if by.recheck else []
    seen = {value: _files(engine, groups[value]) for value in newest}
    until = {"column": by.column, "value": values[-1], "seen": seen}
    column = quoted(by.column)
    if not since:
        nothing = partition_is(by.column, None, kind, spark=engine.spark)
        bound = f"({column} <= {literal(values[-1], kind, spark=engine.spark)} OR {nothing})"
        return Window(until, (bound,))
    last = comparable(since["value"], kind)
    new = [value for value in values if comparable(value, kind) > last]
    known = since.get("seen", {})
    rewritten = [value for value in newest if value not in new and known.get(value) != seen[value]]
    wanted: list[str | None] = [*rewritten, *new, *([None] if None in groups else [])]
    note = f"{len(new)} new partitions of {by.column}, {len(rewritten)} rewritten: {', '.join(rewritten) or '-'}"
    if not wanted:
        return Window(until, note=note, empty=True)
    conditions = [partition_is(by.column, value, kind, spark=engine.spark) for value in wanted]
    return Window(until, (f"({' OR '.join(conditions)})",), note=note)


def _partitions(engine: Engine, table: Table, column: str) -> dict[str | None, list[dict[str, str | None]]]:
    """The partitions by their value of `column`."""
    names = engine.partitions()
    every = [partition_values(name) for name in names or []]
    # A view has no partitions of its own: that must not look like "nothing is new".
    if names is None or (every and column not in every[0]):
        raise SourceSchemaError(
            f"it is not partitioned by {column!r}",
            where=table.where,
            next_step=f"its partition columns are {', '.join(every[0]) if every else 'none'}; `watermark` takes any column",
        )
    groups: dict[str | None, list[dict[str, str | None]]] = {}
    for partition in every:
        groups.setdefault(partition[column], []).append(partition)
    return groups


def _files(engine: Engine, partitions: Sequence[Mapping[str, str | None]]) -> str:
    return ";".join(sorted(engine.fingerprint(partition) for partition in partitions))


# ------------------------------------------------------------------------------------------------ copies and versions


def _by_snapshot(engine: Engine, table: Table, by: BySnapshot, since: Position) -> Window:
    """The newest copy; after the first run only what differs from the copy that was read last, deletes included."""
    kind = table.schema.field(by.column).type
    groups = _partitions(engine, table, by.column)
    values = sorted((value for value in groups if value is not None), key=lambda value: comparable(value, kind))
    if not values:
        return Window(since, empty=True, note="there is no copy yet")
    newest = values[-1]
    until = {"column": by.column, "value": newest, "seen": {newest: _files(engine, groups[newest])}}
    if since == until:
        return Window(until, empty=True, note=f"the copy of {newest} was read")
    last = since.get("value")
    whole = last is None or last == newest or last not in groups
    note = f"the copy of {newest}" + ("" if whole else f" against that of {last}")
    if since and whole:
        note += "; the copy that was read last is not there any more: `washplant reconcile` finds deleted rows"
    here, there = (
        partition_is(by.column, value, kind, spark=engine.spark) for value in (newest, newest if whole else last)
    )
    relation = snapshot_changes(
        table.name, table.schema, table.wanted, table.options.key, [here, *table.filters],
        None if whole else [there, *table.filters], spark=engine.spark,
    )
    return Window(until, relation=relation, note=note)


def _by_zipper(engine: Engine, table: Table, by: ByZipper, since: Position) -> Window:
    """The open rows; after the first run those that began since, and the keys that were closed and not opened again."""
    start, end = table.schema.field(by.start).type, table.schema.field(by.end).type
    still_open = f"{quoted(by.end)} = {literal(_day(by.open, end), end, spark=engine.spark)}"
    closed = f"max(CASE WHEN {still_open} THEN NULL ELSE {quoted(by.end)} END)"
    where = f" WHERE {' AND '.join(table.filters)}" if table.filters else ""
    columns = f"{as_json(f'max({quoted(by.start)})', start)}, {as_json(closed, end)}"
    begun, ended = engine.query(f"SELECT {columns} FROM {table.name}{where}")[0]
    if begun is None:
        return Window(since, empty=True, note="the table is empty")
    until = {"column": by.start, "value": begun, "ended": ended}
    if since:
        until["value"] = max(since["value"], begun, key=lambda value: comparable(value, start))
        before = since.get("ended")
        until["ended"] = max((v for v in (before, ended) if v is not None), key=lambda v: comparable(v, end), default=None)
    low_start = literal(since["value"], start, spark=engine.spark) if since else None
    low_end = literal(since["ended"], end, spark=engine.spark) if since.get("ended") is not None else None
    high = literal(until["value"], start, spark=engine.spark)
    relation = zipper_changes(
        table.name, table.wanted, table.options.key, table.filters, still_open,
        [f"{quoted(by.start)} <= {high}", *([f"{quoted(by.start)} >= {low_start}"] if low_start else [])],
        None if not since else [f"{quoted(by.end)} >= {low_end}"] if low_end else [],
        newest=(by.end, by.start),
    )
    return Window(until, relation=relation, note="open rows" + (" that began since, closed keys" if since else ""))


def _day(value: str, kind: pa.DataType) -> str | int:
    """`open` as the literal of the column wants it."""
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        instant = datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
        return int((instant - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(microseconds=1))
    return value
