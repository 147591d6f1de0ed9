"""`washplant clean`: what cleaning does to rows that were ingested, step by step."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def clean(
    explain: Annotated[str | None, typer.Option("--explain", help="the sample whose id is, or begins with, this")] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, max=1000, help="this many samples, without --explain")] = 5,
    config: ConfigOption = DEFAULT_CONFIG,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show ingested rows before and after each cleaning step. Writes nothing; personal data stays masked.

    Example: washplant clean --explain 3f2a9c
    """
    from pipelines.explain import describe, of_project
    from pipelines.project import open_project

    found = of_project(open_project(config, master=master, limit=limit), explain, sample)
    text = "\n\n".join(describe(one, colour=sys.stdout.isatty(), personal=False) for one in found)
    tell(text, {"samples": [one.as_dict() for one in found]}, as_json)
