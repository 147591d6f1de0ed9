"""`washplant ledger …`: the index of the store."""

from __future__ import annotations

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell

app = typer.Typer(help="The ledger: the index of committed runs.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """The ledger: the index of committed runs."""


@app.command()
def rebuild(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Restore the ledger from the manifests; push intents alone cannot be restored.

    Example: washplant ledger rebuild
    """
    from pipelines.project import open_project

    project = open_project(config)
    with project.writing():
        runs = project.ledger.rebuild(project.store)
    tell(f"ledger: {runs} runs indexed from their manifests", {"runs": runs}, as_json)
