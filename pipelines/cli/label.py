"""`washplant label …`: the exchange with annotators."""

from __future__ import annotations

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, MasterOption
from pipelines.cli.output import tell

app = typer.Typer(help="Push tasks, pull answers, settle them.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def push(config: ConfigOption = DEFAULT_CONFIG, master: MasterOption = None, as_json: JsonOption = False) -> None:
    """Push what was picked to the annotators; what was pushed before stays as it is.

    Example: washplant label push
    """
    from pipelines import label
    from pipelines.project import open_project

    run = label.push(open_project(config, master=master))
    tell(f"push: {run.counts.kept if run else 0} tasks", {"tasks": run.counts.kept if run else 0}, as_json)


@app.command()
def pull(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Fetch new and edited answers.

    Example: washplant label pull
    """
    from pipelines import label
    from pipelines.project import open_project

    run = label.pull(open_project(config))
    tell(f"pull: {run.counts.kept if run else 0} new answers", {"answers": run.counts.kept if run else 0}, as_json)


@app.command()
def adjudicate(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Settle each sample's answers into one.

    Example: washplant label adjudicate
    """
    from pipelines import label
    from pipelines.project import open_project

    run = label.settle(open_project(config))
    counts = run.facts["statuses"] if run else {}
    text = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing new"
    tell(f"adjudicate: {text}", {"statuses": counts}, as_json)
