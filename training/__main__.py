"""The commands of the training environment; `washplant train …` starts them: `python -m training fit models/qa/1/job.json`."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import secrets
import sys
from pathlib import Path

from washplant import log as logs
from washplant.config import TrainJob
from washplant.errors import WashplantError

TOKEN = "WASHPLANT_SERVE_TOKEN"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a WashplantError ends with its message on stderr and its exit code."""
    options = _parser().parse_args(arguments)
    logs.configure(verbose=False)
    try:
        options.start(options)
    except WashplantError as error:
        if getattr(options, "json", False):
            print(json.dumps(error.as_dict(), ensure_ascii=False))
        print(f"error: {error}", file=sys.stderr)
        logging.getLogger("washplant").debug("traceback", exc_info=True)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, told in (("fit", _fit, "train what a job says"), ("plan", _plan, "estimate what a job needs")):
        command = commands.add_parser(name, help=told)
        command.add_argument("job", type=Path, help="a job.json")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.set_defaults(start=run)
    merge = commands.add_parser("merge", help="write adapter and base as one model")
    merge.add_argument("run", type=Path, help="the folder of a finished run")
    merge.add_argument("out", type=Path, help="where to write it")
    merge.set_defaults(start=_merge)
    serve = commands.add_parser("serve", help="answer on 127.0.0.1 with OpenAI's protocol")
    serve.add_argument("run", type=Path, help="the folder of a finished run")
    serve.add_argument("--port", type=int, default=8765, help="0: a free one")
    serve.set_defaults(start=_serve)
    tiny = commands.add_parser("tiny", help="make a small language model with random weights")
    tiny.add_argument("folder", type=Path, help="where to write it")
    tiny.add_argument("--text", type=Path, nargs="+", required=True, help="files that its tokenizer learns from")
    tiny.set_defaults(start=_tiny)
    return parser


def _job(path: Path) -> TrainJob:
    return TrainJob.model_validate_json(path.read_text(encoding="utf-8"))


def _fit(options: argparse.Namespace) -> None:
    from training.fit import check_verdict, fit

    job = _job(options.job)
    card = fit(job)
    if options.json:
        print(card.model_dump_json())
    else:
        figures = ", ".join(f"{name} {card.before.get(name, 0):.4g} → {value:.4g}" for name, value in card.after.items())
        print(f"{job.name} {card.number}, {job.version}: {figures}")
        print(f"{job.folder}")
    check_verdict(card, f"train.{job.name}")


def _plan(options: argparse.Namespace) -> None:
    from training.plan import describe, plan

    found = plan(_job(options.job))
    print(json.dumps(found, ensure_ascii=False) if options.json else describe(found))


def _merge(options: argparse.Namespace) -> None:
    from training.merge import merge

    merge(options.run, options.out)
    print(options.out)


def _serve(options: argparse.Namespace) -> None:
    from training.chat import open_chat
    from training.serve import Endpoint

    given = os.environ.get(TOKEN)
    token = given or secrets.token_urlsafe(24)
    with Endpoint(open_chat(options.run), token, options.port) as endpoint:
        print(f"base URL {endpoint.url}\nmodel    {endpoint.chat.name}", flush=True)
        print(f"API key  {f'as {TOKEN} says' if given else token}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            endpoint.serve_forever()


def _tiny(options: argparse.Namespace) -> None:
    from training.tiny import tiny_language_model

    lines = [line for path in options.text for line in path.read_text(encoding="utf-8").splitlines()]
    tiny_language_model(options.folder, lines)


if __name__ == "__main__":
    sys.exit(main())
