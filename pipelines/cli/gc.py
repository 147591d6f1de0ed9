"""`washplant gc`: remove what no manifest lists."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell


def gc(
    config: ConfigOption = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only list what would be removed")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the remains of runs that died before they were committed.

    Example: washplant gc --dry-run
    """
    from pipelines.gc import collect
    from pipelines.project import open_project

    removed = collect(open_project(config), dry_run=dry_run)
    lines = [*removed, f"{len(removed)} {'would be ' if dry_run else ''}removed"]
    tell("\n".join(lines), {"removed": removed, "dry_run": dry_run}, as_json)
