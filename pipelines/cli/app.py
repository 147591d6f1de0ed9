"""The application: registration of the commands, and how errors end a process."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from pipelines.cli import (
    check,
    clean,
    curate,
    dedup,
    discover,
    env,
    export,
    gc,
    ingest,
    init,
    label,
    ledger,
    metrics,
    mine,
    pick,
    plan,
    reconcile,
    report,
    run,
    schema,
    show,
    status,
    train,
    try_,
)
from pipelines.guard import check_packages
from washplant import __version__
from washplant import ledger as ledgers
from washplant import log as logs
from washplant.errors import WashplantError

app = typer.Typer(
    name="washplant",
    help="Business rows in, instruction data out: ingest, curate, label, export.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "init": init.init,
    "check": check.check,
    "discover": discover.discover,
    "plan": plan.plan,
    "run": run.run,
    "ingest": ingest.ingest,
    "curate": curate.curate,
    "clean": clean.clean,
    "mine": mine.mine,
    "try": try_.try_,
    "pick": pick.pick,
    "export": export.export,
    "status": status.status,
    "report": report.report,
    "show": show.show,
    "metrics": metrics.metrics,
    "reconcile": reconcile.reconcile,
    "gc": gc.gc,
    "schema": schema.schema,
}
GROUPS = {"dedup": dedup.app, "label": label.app, "train": train.app, "ledger": ledger.app, "env": env.app}

for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


@app.callback()
def _every(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="say more on stderr")] = False,
    lock_wait_s: Annotated[
        float,
        typer.Option(
            "--lock-wait", min=0, envvar="WASHPLANT_LOCK_WAIT_S", help="seconds to wait while another run works on the store"
        ),
    ] = 0,
    version: Annotated[bool, typer.Option("--version", help="print the version and end")] = False,
) -> None:
    logs.configure(verbose=verbose)
    ledgers.lock_wait_s.set(lock_wait_s)
    if version:
        print(__version__)
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a WashplantError ends with its message on stderr and its exit code, a wrong usage with 2."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        check_packages()
        app(given, prog_name="washplant")
    except WashplantError as error:
        if "--json" in given:
            print(json.dumps(error.as_dict(), ensure_ascii=False))
        print(f"error: {error}", file=sys.stderr)
        logging.getLogger("washplant").debug("traceback", exc_info=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped; the same command continues where this one ended", file=sys.stderr)
        sys.exit(130)
