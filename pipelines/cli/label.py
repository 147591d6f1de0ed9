"""`washplant label …`: the exchange with annotators."""

from __future__ import annotations

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, MasterOption
from pipelines.cli.output import tell
from washplant.errors import LabelError

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


@app.command()
def setup(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Make or update the Label Studio projects that the mappings need; answers are never lost by it.

    Example: washplant label setup
    """
    from pipelines import label_server
    from pipelines.project import open_project

    changes = label_server.setup(open_project(config))
    rows = [{"action": c.action, "screen": str(c.project.screen), "url": c.project.url} for c in changes]
    tell("\n".join(f"{row['action']}: {row['screen']} {row['url']}" for row in rows), {"projects": rows}, as_json)


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Look at the Label Studio server: address, token, version, roles, storage, webhooks, clock; and say what to fix.

    Example: washplant label doctor
    """
    from pipelines import label_server
    from pipelines.project import open_project

    found = label_server.doctor(open_project(config))
    lines = [f"{each.state}: {each.what}" + (f"\n  → {each.next_step}" if each.next_step else "") for each in found]
    tell("\n".join(lines), {"findings": [each._asdict() for each in found]}, as_json)
    if any(each.state == "wrong" for each in found):
        raise typer.Exit(LabelError.exit_code)
