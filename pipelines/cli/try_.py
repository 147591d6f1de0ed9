"""`washplant try TEXT`: the cleaning chain on one text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell

if TYPE_CHECKING:
    from washplant.config import CleanOptions


def try_(
    text: Annotated[str, typer.Argument(help="a question or any text; `-` reads standard input")],
    answer: Annotated[str | None, typer.Option("--answer", "-a", help="the answer to it")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run the whole cleaning chain on one text and show what each step changes. Starts no Spark, writes nothing.

    With the rules of the project file where there is one, with the defaults elsewhere. A text without an answer is judged
    as an answer.

    Example: washplant try "<b>水费</b>怎么交？" --answer "请拨打１３８１２３４５６７８。发自我的iPhone"
    """
    from pipelines.explain import describe, dialogue, explain

    given = sys.stdin.read() if text == "-" else text
    rows = dialogue("?", given) if answer is None else dialogue(given, answer)
    [found] = explain(rows, _rules(config))
    tell(describe(found, colour=sys.stdout.isatty()), found.as_dict(), as_json)


def _rules(config: Path) -> CleanOptions:
    from pipelines.project import kinds
    from washplant.config import CleanOptions, load

    if config == DEFAULT_CONFIG and not config.exists():
        return CleanOptions()
    return load(config.absolute(), kinds()).config.clean
