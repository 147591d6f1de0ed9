"""The watermark's part of a plan: which rows are new, and where the next run starts.

Incremental reads lose rows in the best-known tools (airbyte#85918, #76309, #14404; dlt#2269): late commits, truncated
microseconds, NULL cursors. So: the upper bound is the column's maximum, read once, in the server's own full precision;
the lower bound is inclusive and `lag_s` below the last upper one (the pipeline drops rows it has, by key and content);
and rows whose watermark is NULL or a zero date are read on every run.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import Position
from connectors.mysql_session import Session
from connectors.mysql_sql import literal, name
from connectors.mysql_table import Table
from connectors.types import KEY_KINDS, LiteralKind
from washplant.errors import ConfigError, SourceSchemaError

if TYPE_CHECKING:
    from connectors.mysql_options import MySQLOptions

_FIRST_DATE = "1000-01-01"
"""MySQL's first date; zero dates sort below it."""


@dataclass(frozen=True)
class Window:
    """`bounds` are conditions on the watermark, `always` is the condition for rows without a usable one."""

    until: Position
    bounds: tuple[str, ...] = ()
    always: str = ""
    note: str = ""
    incremental: bool = False

    @property
    def conditions(self) -> list[str]:
        """Everything in one condition, for a read that is not ordered by the watermark."""
        inside = " and ".join(self.bounds)
        return [f"(({inside}) or {self.always})"] if inside else []


def window(server: Session, options: MySQLOptions, table: Table, since: Position, where: str) -> Window:
    """Reads the upper bound. Without a watermark everything is read and the position stays as it is."""
    if options.watermark is None:
        return Window(until=since)
    column = table.column(options.watermark.column, where)
    data_type = column.data_type.lower()
    kind = KEY_KINDS.get(data_type)
    if kind is None or kind == "binary":
        raise SourceSchemaError(
            f"a watermark cannot be of type {column.column_type}",
            where=where,
            next_step="choose a date or number column",
        )
    if options.watermark.lag_s and kind != "time":
        raise ConfigError(
            f"`lag_s` needs a date or time column; {column.name} is {column.column_type}",
            where=where,
            next_step="remove `lag_s` or choose another watermark",
        )
    if since and since.get("column") != column.name:
        raise ConfigError(
            f"the last run's watermark was {since.get('column')!r}, now it is {column.name!r}",
            where=where,
            next_step="start this source again from nothing: its old position says nothing about the new column",
        )
    last = _in_zone(since, options.timezone) if since else None
    highest = server.value(f"select max({name(column.name)}) from {name(options.database, table.name)}")
    upper = None if highest is None else highest.decode() if isinstance(highest, bytes) else highest
    if upper is None or (kind == "time" and upper < _FIRST_DATE):
        return Window(until=since, note=f"no row has a value in {column.name}: all are read")
    return _between(column.name, data_type, kind, last, upper, options)


def _between(column: str, data_type: str, kind: LiteralKind, last: str | None, upper: str, options: MySQLOptions) -> Window:
    quoted = name(column)
    always = f"{quoted} is null"
    bounds = [f"{quoted} <= {literal(upper, kind)}"]
    until: dict[str, str] = {"column": column, "value": upper}
    if data_type == "timestamp":
        until["timezone"] = options.timezone
    if last is not None:
        # Rows may have been deleted since: the position never goes back.
        until["value"] = max(last, upper, key=decimal.Decimal if kind == "number" else str)
        lag_s = options.watermark.lag_s if options.watermark else 0
        bounds.insert(0, f"{quoted} >= {literal(_less(last, lag_s, data_type), kind)}")
        if kind == "time":
            always += f" or {quoted} < '{_FIRST_DATE}'"
    note = f"rows without a value in {column} are read on every run: {always}"
    return Window(until, tuple(bounds), always, note, incremental=last is not None)


def _less(last: str, lag_s: int, data_type: str) -> str:
    """`last` moved back by the lag; a day is the least for a DATE."""
    if not lag_s:
        return last
    moved = datetime.datetime.fromisoformat(last) - datetime.timedelta(seconds=lag_s)
    return str(moved.date()) if data_type == "date" else str(moved)


def _in_zone(since: Mapping[str, str], timezone: str) -> str:
    """The stored value as the session shows it now, if `timezone` was changed between two runs."""
    value, stored = since["value"], since.get("timezone", timezone)
    if stored == timezone:
        return value
    moved = datetime.datetime.fromisoformat(value + stored)
    there = moved.astimezone(datetime.datetime.fromisoformat(f"2000-01-01T00:00:00{timezone}").tzinfo)
    return str(there.replace(tzinfo=None))
