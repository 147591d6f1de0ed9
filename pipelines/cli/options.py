"""Options that many commands share, described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="the project file", envvar="WASHPLANT_CONFIG", show_default=True)
]
MasterOption = Annotated[str | None, typer.Option("--master", help="Spark master, such as local[4] or spark://host:7077")]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="read at most N rows a source into a throw-away store: a look that changes nothing"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON object on stdout instead of text")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", "-s", help="only this source (may be given again)")]

DEFAULT_CONFIG = Path("washplant.yaml")
