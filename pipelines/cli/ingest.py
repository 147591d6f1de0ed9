"""`washplant ingest`: new and changed rows of the sources into the store."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption, SourceOption
from pipelines.cli.output import tell


def ingest(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    full: Annotated[bool, typer.Option("--full", help="read everything again and keep what differs")] = False,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is new in each source. Again without new rows: nothing happens.

    Example: washplant ingest --source tickets --limit 100
    """
    from pipelines.checks import known_source
    from pipelines.project import open_project
    from pipelines.run import describe_ingest, ingest_sources

    project = open_project(config, master=master, limit=limit)
    for name in source or []:
        known_source(project, name)
    done = ingest_sources(project, source, full=full)
    tell(
        "\n".join(describe_ingest(one) for one in done),
        {
            one.source: {
                "run": one.run.run_id if one.run else None,
                "read": one.rows_read,
                "new": one.rows_new,
                "deleted": one.rows_deleted,
            }
            for one in done
        },
        as_json,
    )
