"""What changed in a project since the last pull, at the cost of what changed.

A task's `updated_at` moves when an annotation of it is made, edited or deleted. The position of a pull is the greatest
`updated_at` and the greatest task number at its start: of older tasks those that moved since (less an overlap, for
transactions that commit late) are read, of newer ones those with answers. A deleted task moves nothing: it is missed when
there are fewer of the old ones than there were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from annotation.client import Client, Filter, Json
from annotation.parse import parse_task
from annotation.records import Answer

OVERLAP_S = 5
# The server applies `include` to the annotations inside the tasks as well: their fields are named, too.
_TASK = ("id", "data", "annotations", "updated_at")
_ANNOTATION = ("result", "completed_by", "was_cancelled", "created_at", "lead_time")
_SHOWN = (*_TASK, *_ANNOTATION)

Position = Mapping[str, Any]


@dataclass
class Delta:
    """Answers of the tasks that were read (`covered`), and whether tasks that were there are gone."""

    answers: list[Answer] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    shrunk: bool = False
    strangers: int = 0
    position: Position = field(default_factory=dict)


def read_delta(client: Client, project: int, since: Position) -> Delta:
    """What changed after `since` ({}: every answer there is)."""
    last_task = client.newest(project, "id")
    if last_task is None:
        return Delta(shrunk=bool(since), position={})
    delta = Delta()
    delta.position = {
        "updated_at": max(client.newest(project, "updated_at"), since.get("updated_at", "")),
        "task": max(last_task, since.get("task", 0)),
        "tasks": client.count(project, [Filter("id", "less_or_equal", last_task, "Number")]),
    }
    for task in _changed(client, project, since):
        _take(delta, client, project, task)
    delta.shrunk = bool(since) and client.count(project, [_up_to(since)]) < since["tasks"]
    return delta


def task_numbers(client: Client, project: int) -> set[str]:
    """The numbers of all tasks of a project."""
    return {str(task["id"]) for task in client.tasks(project, [], include=("id",), page_size=10_000)}


def _up_to(since: Position) -> Filter:
    return Filter("id", "less_or_equal", since["task"], "Number")


def _changed(client: Client, project: int, since: Position) -> Iterator[Json]:
    last = since.get("task", 0)
    if since:
        moment = datetime.fromisoformat(since["updated_at"]) - timedelta(seconds=OVERLAP_S)
        moved = Filter("updated_at", "greater", moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "Datetime")
        yield from client.tasks(project, [moved, _up_to(since)], include=_SHOWN)
    newer = Filter("id", "greater", last, "Number")
    seen = set()
    for column in ("total_annotations", "cancelled_annotations"):
        for task in client.tasks(project, [newer, Filter(column, "greater", 0, "Number")], include=_SHOWN):
            if task["id"] not in seen:
                seen.add(task["id"])
                yield task


def _take(delta: Delta, client: Client, project: int, task: Json) -> None:
    where = f"{client.url}/projects/{project}/data?task={task['id']}"
    if not isinstance(task.get("data"), dict) or not all(name in task["data"] for name in ("sample_id", "version", "task")):
        delta.strangers += 1
        return
    delta.covered.add(str(task["id"]))
    delta.answers += parse_task(task, where)
