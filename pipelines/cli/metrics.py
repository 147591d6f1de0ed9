"""`washplant metrics`: numbers for the dashboards that are there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell


def metrics(
    config: ConfigOption = DEFAULT_CONFIG,
    textfile: Annotated[
        Path | None, typer.Option("--textfile", help="also write them here, for node_exporter's textfile collector")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows, drop rates, queue length, agreement and freshness in Prometheus' text format. Starts no Spark.

    Example: washplant metrics --textfile /var/lib/node_exporter/washplant.prom
    """
    from pipelines.metrics import as_prometheus, read_metrics, write_textfile
    from pipelines.project import open_project

    project = open_project(config)
    found = read_metrics(project)
    text = as_prometheus(project.loaded.config.name, found)
    if textfile:
        write_textfile(textfile, text)
    tell(text.rstrip("\n"), found, as_json)
