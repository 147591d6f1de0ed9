"""`washplant show ID`: a sample's whole history."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell


def show(
    sample: Annotated[str, typer.Argument(help="a sample's id, or its beginning")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show a sample's source row, decisions, duplicates, tasks, answers and the versions that contain it. Starts no Spark.

    Example: washplant show 3f2a9c
    """
    from pipelines.project import open_project
    from pipelines.show import describe_history, history

    found = history(open_project(config), sample)
    tell(describe_history(found), found, as_json)
