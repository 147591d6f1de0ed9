"""Options that many commands share, described once."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from washplant.errors import ConfigError

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


def moment(text: str | None, option: str) -> datetime.datetime | None:
    """A point in time from ISO 8601. Raises ConfigError, also when it names no time zone: two machines would differ."""
    if text is None:
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ConfigError(
            f"{option} {text!r} is no point in time with a zone", where="ingest", next_step="write 2026-01-31T02:00:00+08:00"
        )
    return found
