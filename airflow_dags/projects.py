"""A project file as far as a scheduler needs it. It is read at every parse, so nothing is validated that `washplant check`
validates; the defaults are those of `washplant.config.schedule` (a test compares them)."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

FOLDER = "WASHPLANT_PROJECTS"


class BrokenProject(ValueError):
    """A project file that no DAG can be made of; the message says which and why."""


@dataclass(frozen=True)
class Campaign:
    """When a campaign is over."""

    share_done: float = 0.9
    agreement: float = 0.0
    deadline_h: float = 72
    poll_s: int = 300


@dataclass(frozen=True)
class Schedule:
    """The block `schedule:`."""

    feed: str | None = "0 2 * * *"
    harvest: str | None = "30 * * * *"
    keep_house: str | None = "0 5 * * 0"
    timezone: str = "UTC"
    start: datetime.date = datetime.date(2026, 1, 1)
    catch_up: bool = False
    owner: str = "washplant"
    tags: tuple[str, ...] = ()
    retries: int = 4
    retry_delay_s: int = 60
    timeout_s: int = 21_600
    deadline_s: int | None = None
    pools: dict[str, str] = field(default_factory=dict)
    connection: str = "washplant"
    spark_connection: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    alerts: tuple[dict[str, str], ...] = ()
    report_url: str | None = None
    campaign: Campaign = Campaign()


@dataclass(frozen=True)
class Project:
    """One project file."""

    name: str
    path: Path
    store: str
    sources: tuple[str, ...]
    datasets: tuple[str, ...]
    labelled: bool
    models: dict[str, str]  # those to be trained when enough labels are new, and their datasets
    schedule: Schedule

    @property
    def report(self) -> str:
        """Where a person finds the report: an address if it is served, else a path."""
        if self.schedule.report_url:
            return f"{self.schedule.report_url.rstrip('/')}/report.html"
        return f"{self.store.rstrip('/')}/reports/report.html"


def project_files() -> list[Path]:
    """The project files: every `*.yaml` in the folder, and `*/washplant.yaml` one level below."""
    given = os.environ.get(FOLDER)
    if not given:
        return []
    folder = Path(given)
    return sorted({*folder.glob("*.yaml"), *folder.glob("*/washplant.yaml")})


def read_project(path: Path) -> Project:
    """Read a project file. Raises BrokenProject."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        return _project(path, data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BrokenProject(f"{path}: {type(error).__name__}: {error}") from error


def _project(path: Path, data: dict[str, Any]) -> Project:
    store = data.get("store", "store")
    train = data.get("train") or {}
    return Project(
        name=data["name"],
        path=path.absolute(),
        store=store if "://" in store else str(path.absolute().parent / store),
        sources=tuple(data["sources"]),
        datasets=tuple(data.get("export") or ()),
        labelled=bool((data.get("label") or {}).get("backend")),
        models={name: model["dataset"].partition("@")[0] for name, model in train.items() if model.get("when")},
        schedule=_schedule(data.get("schedule") or {}),
    )


def _schedule(data: dict[str, Any]) -> Schedule:
    unknown = sorted(set(data) - {each.name for each in fields(Schedule)})
    if unknown:
        raise ValueError(f"schedule: unknown key {', '.join(unknown)}")
    given = dict(data)
    if "tags" in given:
        given["tags"] = (given["tags"],) if isinstance(given["tags"], str) else tuple(given["tags"])
    if "alerts" in given:
        given["alerts"] = tuple(given["alerts"])
    if isinstance(given.get("start"), str):
        given["start"] = datetime.date.fromisoformat(given["start"])
    if "campaign" in given:
        given["campaign"] = Campaign(**given["campaign"])
    return Schedule(**given)
