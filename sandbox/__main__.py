"""`python -m sandbox up|down|status [NAME…] [--json]`: exit 0 well, 1 not ready, 3 this machine cannot have it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from sandbox import SERVERS
from sandbox.seeding import seeder
from sandbox.server import Facts
from washplant.errors import WashplantError


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    facts: dict[str, Facts] = {}
    worst = 0
    for name in options.names or SERVERS:
        try:
            facts[name] = _act(options.action, name)
        except WashplantError as error:
            print(f"sandbox: {error}", file=sys.stderr)
            facts[name] = {"running": False, "error": error.what}
            worst = max(worst, error.exit_code)
    print(json.dumps(facts, ensure_ascii=False) if options.json else _table(facts))
    return worst


def _act(action: str, name: str) -> Facts:
    server = SERVERS[name]()
    if action == "up":
        facts = server.up()
        if put := seeder(name):
            server.fill(put)
        return facts
    if action == "down":
        server.down()
    return server.facts()


def _table(facts: dict[str, Facts]) -> str:
    lines = []
    for name, known in facts.items():
        lines.append(f"{name}: {'running' if known['running'] else 'not running'}")
        lines += [f"  {key:8} {value}" for key, value in known.items() if key != "running"]
    return "\n".join(lines)


def _known(name: str) -> str:
    if name not in SERVERS:  # argparse's own `choices` refuses an empty list of names
        raise argparse.ArgumentTypeError(f"unknown server {name!r}; known: {', '.join(SERVERS)}")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Real servers on 127.0.0.1 for tests.")
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=_known, help=f"{' or '.join(SERVERS)}; all when none is given"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
