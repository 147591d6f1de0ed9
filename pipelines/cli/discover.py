"""`washplant discover`: what a source holds."""

from __future__ import annotations

from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, MasterOption, SourceOption
from pipelines.cli.output import table, tell

if TYPE_CHECKING:
    from connectors.base import TableInfo

_IN_FULL = 5
"""As many tables are shown with their columns; of more, the names."""


def discover(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    tables: Annotated[list[str] | None, typer.Option("--table", "-t", help="only tables of this name (`*` for any)")] = None,
    master: MasterOption = None,
    as_json: JsonOption = False,
) -> None:
    """List databases, tables, columns, keys and about how many rows. Reads no rows of data.

    Example: washplant discover --source tickets --table 'crm_*'
    """
    from pipelines.checks import known_source
    from pipelines.ingest import connector
    from pipelines.project import open_project

    project = open_project(config, master=master)
    lines: list[str] = []
    data: dict[str, Any] = {}
    for name in source or list(project.loaded.config.sources):
        known_source(project, name)
        reader = connector(project, name)
        databases = reader.databases()
        found = reader.discover()
        wanted = [each for each in found if not tables or any(fnmatchcase(each.name, pattern) for pattern in tables)]
        elsewhere = f"; databases: {', '.join(databases)}" if databases else ""
        lines.append(f"{name}: {len(found)} table{'' if len(found) == 1 else 's'}{elsewhere}")
        lines += [line for each in wanted for line in _described(each, columns=len(wanted) <= _IN_FULL)]
        if len(wanted) > _IN_FULL:
            lines.append("  --table NAME shows the columns")
        data[name] = {"databases": databases, "tables": [asdict(each) for each in wanted]}
    tell("\n".join(lines), data, as_json)


def _described(found: TableInfo, *, columns: bool) -> list[str]:
    rows = f", about {found.rows_estimate:,} rows" if found.rows_estimate is not None else ""
    key = f", key {', '.join(found.key)}" if found.key else ""
    lines = [f"  {found.name}{rows}{key}"]
    if columns:
        lines.append(table([(c.name, c.declared, c.arrow, c.comment) for c in found.columns], indent="    "))
    return lines
