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
    _each(config, model, as_json, trained=True)


@app.command()
def plan(config: ConfigOption = DEFAULT_CONFIG, model: ModelOption = None, as_json: JsonOption = False) -> None:
    """Count tokens, steps and memory, and warn of what would go wrong; trains nothing.

    Example: washplant train plan
    """
    _each(config, model, as_json, trained=False)


@app.command()
def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    model: Annotated[str | None, typer.Option("--model", "-m", help="which model; needed where there are several")] = None,
    port: Annotated[int, typer.Option(help="0: a free one")] = 8765,
) -> None:
    """Answer with the newest model on 127.0.0.1, by OpenAI's chat protocol, until Ctrl-C; prints base URL, model and API key.

    For trying, one answer at a time. WASHPLANT_SERVE_TOKEN sets the key. Example: washplant train serve --model qa
    """
    from pipelines import train as runs
    from pipelines.project import open_project

    if code := runs.call("serve", str(runs.newest(open_project(config), model)), "--port", str(port)):
        raise typer.Exit(code)


def _each(config: ConfigOption, only: list[str] | None, as_json: bool, *, trained: bool) -> None:
    import sys

    from pipelines import train as runs
    from pipelines.project import open_project

    project = open_project(config)
    code = 0
    for one in runs.due(project, only):
        if one.job is None:
            print(f"{one.name}: {one.reason}", file=sys.stderr)
            continue
        more = ["--json"] if as_json else []
        if trained:
            ended = runs.fit(one.job, *more)
            runs.remember(project, one.job)
        else:
            ended = runs.plan(one.job, *more)
        code = code or ended
    if code:
        raise typer.Exit(code)
