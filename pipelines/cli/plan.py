"""`washplant plan`: what would be read, before anything is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption, SourceOption
from pipelines.cli.output import tell


def plan(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    full: Annotated[bool, typer.Option("--full", help="plan a read of everything")] = False,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the statements, splits and bounds that a run would use now. Reads no rows and changes nothing.

    Example: washplant plan --source tickets
    """
    from pipelines import ingest
    from pipelines.checks import known_source
    from pipelines.project import open_project

    project = open_project(config, master=master)
    project.limit = limit
    lines: list[str] = []
    data: dict[str, Any] = {}
    for name in source or list(project.loaded.config.sources):
        known_source(project, name)
        made = ingest.plan(project, name, full=full)
        rows = f"{made.rows_estimate:,}" if made.rows_estimate is not None else "unknown"
        lines += [f"{name}: rows about {rows}, splits {len(made.splits) or 'by Spark'}"]
        lines += [f"  {statement}" for statement in made.statements]
        lines += [f"  split {split.index}: {split.describe}" for split in made.splits[:20]]
        lines += [f"  … {len(made.splits) - 20} more splits"] if len(made.splits) > 20 else []
        data[name] = {
            "statements": made.statements,
            "splits": [split.describe for split in made.splits],
            "rows_estimate": made.rows_estimate,
            "since": dict(made.since),
            "until": dict(made.until),
        }
    tell("\n".join(lines), data, as_json)
