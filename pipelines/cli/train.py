"""`washplant train …`: models from dataset versions, in the training environment."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption

app = typer.Typer(help="Models from dataset versions.", no_args_is_help=True, rich_markup_mode=None)

ModelOption = Annotated[list[str] | None, typer.Option("--model", "-m", help="only this model (may be given again)")]


@app.command("run")
def run_models(config: ConfigOption = DEFAULT_CONFIG, model: ModelOption = None, as_json: JsonOption = False) -> None:
    """Train the models of `train:` on the newest versions; a killed run goes on, a finished one says again how it ended.

    Ends with 11 when a model is worse than its base. Example: washplant train run --model qa
    """
    _each("fit", config, model, as_json)


@app.command()
def plan(config: ConfigOption = DEFAULT_CONFIG, model: ModelOption = None, as_json: JsonOption = False) -> None:
    """Count tokens, steps and memory, and warn of what would go wrong; trains nothing.

    Example: washplant train plan
    """
    _each("plan", config, model, as_json)


def _each(command: str, config: ConfigOption, only: list[str] | None, as_json: bool) -> None:
    import sys

    from pipelines import train as runs
    from pipelines.project import open_project

    project = open_project(config)
    code = 0
    for one in runs.due(project, only):
        if one.job is None:
            print(f"{one.name}: {one.reason}", file=sys.stderr)
            continue
        ended = runs.start(one.job, command, *(["--json"] if as_json else []))
        if command == "fit":
            runs.remember(project, one.job)
        code = code or ended
    if code:
        raise typer.Exit(code)
