"""`washplant export`: versions of the datasets."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def export(
    config: ConfigOption = DEFAULT_CONFIG,
    dataset: Annotated[list[str] | None, typer.Option("--dataset", "-d", help="only this dataset")] = None,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a new version of each dataset whose lines changed.

    Example: washplant export --dataset qa
    """
    from pipelines.export import published
    from pipelines.labels import approved
    from pipelines.project import open_project
    from pipelines.run import describe_export, export_datasets, look_ahead

    project = open_project(config, master=master, limit=limit)
    look_ahead(project, curated=True)
    done = export_datasets(project, dataset)
    labels = approved(project)
    tell(
        "\n".join(describe_export(project, one) for one in done),
        {
            one.dataset: {
                "version": one.version.number if one.version else None,
                "made": one.made,
                "splits": one.version.facts["splits"] if one.version else {},
                **(published(project, one.version, labels) if one.version else {}),
            }
            for one in done
        },
        as_json,
    )
