"""The watermark's part of a plan: which rows are new, and where the next run starts.

Incremental reads lose rows in the best-known tools (airbyte#85918, #76309, #14404; dlt#2269): late commits, truncated
microseconds, NULL cursors. So: the upper bound is the column's maximum, read once, in the server's own full precision;
the lower bound is inclusive and `lag_s` below the last upper one (the pipeline drops rows it has, by key and content);
and rows whose watermark is NULL or a zero date are read on every run. With several columns a row is new when any of them
has moved, and without a watermark when none has a value.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import Position
from connectors.mysql.session import Session
from connectors.mysql.sql import literal, name
from connectors.mysql.table import Table, relation
from connectors.mysql.types import KEY_KINDS, Declared, LiteralKind
from washplant.errors import ConfigError, SourceSchemaError

if TYPE_CHECKING:
    from connectors.mysql.options import MySQLOptions

_FIRST_DATE = "1000-01-01"
"""MySQL's first date; zero dates sort below it."""


@dataclass(frozen=True)
class Span:
    """The conditions on one watermark column."""

    column: str
    bounds: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """New rows are those within any of `spans`; `always` is the condition for rows without a usable watermark."""

    until: Position
    spans: tuple[Span, ...] = ()
    always: str = ""
    note: str = ""
    incremental: bool = False

    @property
    def conditions(self) -> list[str]:
        """Everything in one condition, for a read that is not ordered by the watermark."""
        inside = [" and ".join(span.bounds) for span in self.spans]
        return [f"({' or '.join(f'({each})' for each in [*inside, self.always])})"] if inside else []


def window(
    server: Session,
    options: MySQLOptions,
    table: Table,
    since: Position,
    where: str,
    before: datetime.datetime | None = None,
) -> Window:
    """Reads the upper bounds, those that are times not above `before`. Without a watermark everything is read and the
    position stays as it is."""
    if options.watermark is None:
        return Window(until=since)
    marks = options.watermark.columns
    kinds = {_checked(table.column(mark, where), options, where) for mark in marks}
    if len(kinds) > 1:
        step = "name columns that are all dates, or all numbers"
        raise ConfigError(f"{', '.join(marks)} cannot be compared with each other", where=where, next_step=step)
    was = tuple(since.get("columns", {})) if "columns" in since else (since["column"],) if since else marks
    if set(was) - set(marks) or (since and ("columns" in since) != (len(marks) > 1)):
        raise ConfigError(
            f"the last run's watermark was {', '.join(map(repr, was))}, now it is {', '.join(map(repr, marks))}",
            where=where,
            next_step="start this source again from nothing: its old position says nothing about the new column",
        )
    spans, always, until = [], [], {}
    for mark in marks:
        column, last = table.column(mark, where), stored(since, mark)
        upper = _highest(server, options, column)
        if upper is not None and before is not None and KEY_KINDS[column.data_type.lower()] == "time":
            upper = min(upper, _moment(before, column, options))
        if upper is None:  # no row has a value: what is in the column says nothing
            if last:
                until[mark] = dict(last)
            continue
        span, otherwise, until[mark] = _between(column, last, upper, options)
        spans.append(span)
        always.append(otherwise)
    if not spans:
        return Window(until=since, note=f"no row has a value in {', '.join(marks)}: all are read")
    rest = " and ".join(f"({each})" for each in always) if len(always) > 1 else always[0]
    note = f"rows without a value in {', '.join(marks)} are read on every run: {rest}"
    position: Position = {"columns": until} if len(marks) > 1 else {"column": marks[0], **until[marks[0]]}
    return Window(position, tuple(spans), rest, note, incremental=bool(since))


def stored(position: Position, column: str) -> Mapping[str, str]:
    """What a position says of one column."""
    return position.get("columns", {}).get(column, {}) if "columns" in position else position


def _checked(column: Declared, options: MySQLOptions, where: str) -> LiteralKind:
    """The kind of a watermark. Raises for one that cannot be."""
    kind = KEY_KINDS.get(column.data_type.lower())
    if kind is None or kind == "binary":
        raise SourceSchemaError(
            f"a watermark cannot be of type {column.column_type}",
            where=where,
            next_step="choose a date or number column",
        )
    if options.watermark and options.watermark.lag_s and kind != "time":
        raise ConfigError(
            f"`lag_s` needs a date or time column; {column.name} is {column.column_type}",
            where=where,
            next_step="remove `lag_s` or choose another watermark",
        )
    return kind


def _highest(server: Session, options: MySQLOptions, column: Declared) -> str | None:
    """The greatest value as the server writes it; None when there is none but zero dates."""
    found = server.value(f"select max({name(column.name)}) from {relation(options)}")
    highest = found.decode() if isinstance(found, bytes) else found
    zero = highest is not None and KEY_KINDS[column.data_type.lower()] == "time" and highest < _FIRST_DATE
    return None if zero else highest


def _moment(before: datetime.datetime, column: Declared, options: MySQLOptions) -> str:
    """`before` as the session writes it in the column's type; of a DATE the day before, which is over."""
    there = before.astimezone(datetime.datetime.fromisoformat(f"2000-01-01T00:00:00{options.timezone}").tzinfo)
    if column.data_type.lower() == "date":
        return str(there.date() - datetime.timedelta(days=1))
    return str(there.replace(tzinfo=None))


def _between(
    column: Declared, since: Mapping[str, str], upper: str, options: MySQLOptions
) -> tuple[Span, str, dict[str, str]]:
    """The span, the condition for rows that have no usable value, and the column's part of the new position."""
    quoted, data_type = name(column.name), column.data_type.lower()
    kind = KEY_KINDS[data_type]
    always = f"{quoted} is null"
    bounds = [f"{quoted} <= {literal(upper, kind)}"]
    until: dict[str, str] = {"value": upper}
    if data_type == "timestamp":
        until["timezone"] = options.timezone
    if since:
        last = _in_zone(since, options.timezone)
        # Rows may have been deleted since: the position never goes back.
        until["value"] = max(last, upper, key=decimal.Decimal if kind == "number" else str)
        lag_s = options.watermark.lag_s if options.watermark else 0
        bounds.insert(0, f"{quoted} >= {literal(_less(last, lag_s, data_type), kind)}")
        if kind == "time":
            always += f" or {quoted} < '{_FIRST_DATE}'"
    return Span(column.name, tuple(bounds)), always, until


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
