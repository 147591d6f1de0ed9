"""`washplant ingest`: new and changed rows of the sources into the store."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption, SourceOption, moment
from pipelines.cli.output import tell
from washplant.errors import ConfigError


def ingest(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    full: Annotated[bool, typer.Option("--full", help="read everything again and keep what differs")] = False,
    since: Annotated[str | None, typer.Option("--since", help="start of the interval, for a scheduler (ISO 8601)")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="read rows up to this time (ISO 8601); done before: nothing happens")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="read a committed interval again and keep what differs")] = False,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is new in each source. Again without new rows: nothing happens.

    Example: washplant ingest --source tickets --limit 100
    """
    from pipelines.checks import known_source
    from pipelines.ingest import Interval
    from pipelines.project import open_project
    from pipelines.run import describe_ingest, ingest_sources

    interval = Interval(moment(since, "--since"), moment(until, "--until"), force)
    if interval.since and not interval.until:
        raise ConfigError("--since without --until", where="ingest", next_step="give both ends of the interval")
    project = open_project(config, master=master, limit=limit)
    for name in source or []:
        known_source(project, name)
    done = ingest_sources(project, source, full=full, interval=interval)
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
