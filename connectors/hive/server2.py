"""`mode: hiveserver2`: what `check`, `discover` and `plan` of the Hive connector ask of a server."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from connectors.base import ColumnInfo, Finding, Position, ReadPlan, Split, TableInfo
from connectors.hive.describe import Asked, Column, Description, described, description, full_name, table_names
from connectors.hive.options import HiveOptions
from connectors.hive.read import statement
from connectors.hive.session import Session, session
from connectors.hive.splits import Part, Source, cut
from connectors.hive.sql import quoted, unmasked
from connectors.hive.table import described as about_increments
from connectors.hive.table import look, selected, table_of
from connectors.hive.types import cell_of, parse
from connectors.hive.window import Table, Window, window
from washplant.errors import WashplantError


def check(options: HiveOptions, name: str) -> list[Finding]:
    """Login, table, columns, key and increments, and that the server takes the statement of a read."""
    findings: list[Finding] = []
    server_options = options.server
    assert server_options is not None, "the options' validator"
    try:
        with session(options, name) as server:
            who = server_options.user or "nobody"
            kind = "Spark's server" if server.spark else "Hive"
            findings.append(Finding(True, f"logged in as {who}, auth {server_options.auth}, {kind} answers"))
            found = described(server, options.table, _where(options, name))
            schema = found.schema(options.columns, _where(options, name), spark=server.spark)
            parted = f", partitioned by {', '.join(found.partitioned_by)}" if found.partitioned_by else ""
            findings.append(Finding(True, f"table {options.table}: {len(found.columns)} columns{parted}"))
            table = table_of(options, schema, found.partitioned_by, None, _where(options, name))
            spec = _spec(server, table, None, 0) | {"from": table.name, "where": table.filters}
            server.query(statement(spec, [sql for _, sql, _ in _cells(server, table, None)]))
            findings += about_increments(options, schema)
    except WashplantError as error:
        findings.append(Finding(False, f"{error.where}: {error.what}", error.next_step))
    return findings


def databases(options: HiveOptions, name: str) -> list[str]:
    with session(options, name) as server:
        return [str(row[0]) for row in server.query("SHOW DATABASES")]


def discover(options: HiveOptions, name: str) -> list[TableInfo]:
    """The tables and views of the database."""
    with session(options, name) as server:
        names = table_names(server, options.table.partition(".")[0])
        found = [(table, description(server.query(f"DESCRIBE FORMATTED {full_name(table)}"))) for table in names]
        return [_info(table, each, spark=server.spark) for table, each in found]


def plan(
    options: HiveOptions, name: str, since: Position, columns: tuple[str, ...] | None, limit: int | None
) -> ReadPlan:
    """Fix the bounds, cut the rows into splits and count them; see `connectors.base.Connector.plan`."""
    where = _where(options, name)
    with session(options, name) as server:
        found = described(server, options.table, where)
        schema = found.schema(columns or options.columns, where, spark=server.spark)
        table = table_of(options, schema, found.partitioned_by, columns, where)
        engine = Asked(server, options.table, found)
        # A quick look is at what a first run would read.
        bounds = window(engine, table, since if limit is None else look(options, since))
        chosen = selected(table, columns)[1]
        if bounds.empty:
            until = since if limit is not None else bounds.until
            return ReadPlan(chosen, (), since, until, (f"-- nothing is new: {bounds.note}",), 0)
        source = _source(table, bounds)
        parts = [Part(f"the first {limit} rows", (), None)] if limit is not None else cut(engine, source, options)
        shared = _spec(server, table, columns, limit) | {"from": source.relation}
    splits = tuple(
        Split(i, part.describe, shared | {"where": [*source.conditions, *part.where], "rows": part.rows}, part.rows)
        for i, part in enumerate(parts)
    )
    known = [part.rows for part in parts if part.rows is not None]
    statements = [f"-- {bounds.note}"] if bounds.note else []
    statements += [statement(split.spec, [sql for _, sql, _ in shared["columns"]]) for split in splits]
    until = since if limit is not None else bounds.until
    estimate = None if limit is not None or len(known) < len(parts) else sum(known)
    return ReadPlan(chosen, splits, since, until, tuple(statements) or ("-- the table has no such rows",), estimate)


def _source(table: Table, bounds: Window) -> Source:
    """What to cut. A comparison of copies is no table: it is cut by the hash of the key alone."""
    if bounds.relation:
        return Source(bounds.relation, (), (), _hashable(table, table.wanted))
    parted = tuple(table.schema.field(column) for column in table.partitioned_by)
    return Source(table.name, (*table.filters, *bounds.conditions), parted, _hashable(table, tuple(table.schema.names)))


def _hashable(table: Table, among: tuple[str, ...]) -> tuple[str, ...]:
    """The key where there is one; otherwise every column but nested ones, which Spark does not hash."""
    key = tuple(column for column in table.options.key if column in among)
    plain = tuple(column for column in among if not pa.types.is_nested(table.schema.field(column).type))
    return key if key and key == table.options.key and set(key) <= set(plain) else plain


def _cells(server: Session, table: Table, columns: tuple[str, ...] | None) -> list[tuple[str, str, str]]:
    cells = []
    for field in selected(table, columns)[1]:
        name = unmasked(field.name, field.type) if field.name in table.partitioned_by else quoted(field.name)
        cell = cell_of(name, field.type, spark=server.spark)
        cells.append((field.name, cell.sql, cell.decode))
    return cells


def _spec(server: Session, table: Table, columns: tuple[str, ...] | None, limit: int | None) -> dict[str, Any]:
    return {"columns": [list(cell) for cell in _cells(server, table, columns)], "limit": limit}


def _info(table: str, found: Description, *, spark: bool) -> TableInfo:
    columns = tuple(ColumnInfo(c.name, c.declared, _arrow(c, spark=spark), comment=c.comment) for c in found.columns)
    return TableInfo(table, columns, (), found.rows_estimate)


def _arrow(column: Column, *, spark: bool) -> str:
    try:
        return str(parse(column.declared, spark=spark))
    except ValueError:
        return "not known"


def _where(options: HiveOptions, name: str) -> str:
    assert options.server is not None, "the options' validator"
    return f"source {name}, {options.server.host}:{options.server.port}/{options.table}"
