"""What a read takes of a table: the wanted columns, those that are looked for, our own `_deleted`, lines of `check`."""

from __future__ import annotations

import pyarrow as pa

from connectors.base import Finding, Position
from connectors.hive.options import DELETED, ByPartition, BySnapshot, ByZipper, HiveOptions
from connectors.hive.sql import quoted
from connectors.hive.window import Table
from washplant.errors import ConfigError, SourceSchemaError
from washplant.names import did_you_mean


def table_of(
    options: HiveOptions, schema: pa.Schema, partitioned_by: tuple[str, ...], columns: tuple[str, ...] | None, where: str
) -> Table:
    """The table with the columns to read; every column that the options name is looked for."""
    by = options.incremental
    hidden = by.column if isinstance(by, BySnapshot) else None
    wanted = columns or options.columns or tuple(name for name in schema.names if name != hidden)
    wanted = tuple(name for name in wanted if not (name == DELETED and adds_tombstones(options)))
    marks = [options.watermark.column] if options.watermark else []
    marks += [options.deleted.column] if options.deleted and options.deleted.column != DELETED else []
    marks += [by.start, by.end] if isinstance(by, ByZipper) else [by.column] if by else []
    for name in (*wanted, *options.key, *marks):
        if name not in schema.names:
            raise SourceSchemaError(
                f"there is no column {name!r}",
                where=where,
                next_step=did_you_mean(name, schema.names, nothing="it has no columns"),
            )
    if hidden in wanted:
        raise ConfigError(
            f"{hidden} differs in every copy, so every row would be a changed one",
            where=where,
            next_step=f"leave {hidden} out of `columns`",
        )
    if isinstance(by, ByPartition) and columns is None and by.column not in wanted:
        raise ConfigError(
            f"of several rows of a key the one of the newest {by.column} counts, and {by.column} is not read",
            where=where,
            next_step=f"add {by.column} to `columns`",
        )
    name = ".".join(map(quoted, options.table.split(".")))
    return Table(name, schema, partitioned_by, wanted, options, where)


def look(options: HiveOptions, since: Position) -> Position:
    """Where a quick look starts: by column at the position, otherwise at the beginning."""
    return {} if options.incremental else since


def adds_tombstones(options: HiveOptions) -> bool:
    """Whether the read has our column `_deleted`."""
    return isinstance(options.incremental, BySnapshot | ByZipper)


def selected(table: Table, columns: tuple[str, ...] | None) -> tuple[tuple[str, ...], pa.Schema]:
    """What a read brings: the wanted columns, and `_deleted` where there is one and nobody chose columns without it."""
    fields = [table.schema.field(name) for name in table.wanted]
    if adds_tombstones(table.options) and (columns is None or DELETED in columns):
        fields.append(pa.field(DELETED, pa.bool_()))
    return tuple(field.name for field in fields), pa.schema(fields)


def described(options: HiveOptions, schema: pa.Schema) -> list[Finding]:
    """Lines of `check` about key and increments."""
    key, mark, by = options.key, options.watermark, options.incremental
    findings = [
        Finding(True, f"key {', '.join(key)}")
        if key
        else Finding(True, "no key: a row is known by its content", "name a key, so that a changed row is an update")
    ]
    if mark:
        findings.append(Finding(True, f"watermark {mark.column} ({schema.field(mark.column).type})"))
    if by:
        findings.append(Finding(True, f"incremental by {by.by}"))
    return findings
