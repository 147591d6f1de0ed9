"""`washplant mine`: lines that many rows share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def mine(
    top: Annotated[int, typer.Option("--top", min=1, max=10_000, help="at most this many lines of each mapping")] = 30,
    min_share: Annotated[float, typer.Option("--min-share", min=0, max=1, help="least share of a mapping's rows")] = 0.01,
    min_rows: Annotated[int, typer.Option("--min-rows", min=2, help="least number of rows")] = 10,
    write: Annotated[Path | None, typer.Option("--write", help="also write them as a list for clean.boilerplate.lists")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the lines and sentences of all answers and show the most frequent ones: boilerplate, or answers often given.

    Example: washplant mine --write boilerplate.txt
    """
    from pipelines.mine import as_list, describe
    from pipelines.mine import mine as do
    from pipelines.project import open_project

    found = do(open_project(config, master=master, limit=limit), min_share=min_share, min_rows=min_rows, top=top)
    if write:
        write.write_text(as_list(found), encoding="utf-8")
    tell(describe(found), {"lines": [asdict(one) for one in found]}, as_json)
