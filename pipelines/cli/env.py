"""`washplant env …`: environments that cannot share one, each from its lock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from washplant.errors import SetupError

app = typer.Typer(help="Environments: what is installed here, and more of them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_environments() -> None:
    """Show the environments that have a lock.

    Example: washplant env list
    """
    from pipelines.environments import environments

    for name, made in environments().items():
        print(f"{name}: {made or 'not made; washplant env add ' + name}")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="core, or another that `env list` shows")],
    folder: Annotated[Path | None, typer.Option("--folder", help="where to make it; .venvs/NAME when not given")] = None,
) -> None:
    """Make an environment from its lock, with uv underneath; pip's and uv's mirrors are honoured.

    Example: washplant env add core
    """
    from pipelines.environments import add_environment

    made = add_environment(name, folder)
    if made is None:
        raise SetupError(
            f"no environment {name!r}", where="washplant env", next_step="`washplant env list` shows the known ones"
        )
    print(made)
