"""`washplant curate`: raw rows into the pool."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def curate(
    config: ConfigOption = DEFAULT_CONFIG,
    stale: Annotated[bool, typer.Option("--stale", help="also redo rows that older rules curated")] = False,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Map, mask, clean and deduplicate what was ingested since the last run.

    Example: washplant curate --stale
    """
    from pipelines.curate import curate as do
    from pipelines.progress import shown
    from pipelines.project import open_project
    from pipelines.run import describe_curate, look_ahead

    project = open_project(config, master=master, limit=limit)
    look_ahead(project, curated=False)
    with shown("curate"):
        done = do(project, stale=stale)
    facts = done.run.facts["funnel"] if done.run else {}
    tell(
        describe_curate(done),
        {"run": done.run.run_id if done.run else None, "stale": done.stale, "funnel": facts},
        as_json,
    )
