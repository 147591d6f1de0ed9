"""Tasks into a project, each (id, version) once, whatever breaks on the way.

Label Studio knows no external id, so the same tasks imported twice are there twice. What is there already is found by
`data.push_batch` before anything is sent; after a POST whose fate nobody knows it is looked up again, when it has come to
rest; and what doubled all the same (a request that was carried out after we had given it up) is taken out, as long as
nobody has worked on it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence

from annotation.client import Client, Filter, Json, PostUncertain
from annotation.records import Task
from washplant.errors import LabelError
from washplant.faults import fault

log = logging.getLogger("washplant")

Key = tuple[str, str]

LARGEST_BODY = 8 << 20  # bytes; proxies and Django have limits of their own
REST_S = 2.0
"""A count that stays for so long is taken as final: an import is one transaction of a second or so."""
_RESTS = 30
_UNCERTAIN_IN_A_ROW = 5


def push_tasks(
    client: Client, project: int, tasks: Sequence[Task], batch: str, *, chunk: int, resumed: bool = False
) -> tuple[int, int]:
    """Import what is not there yet. (written, already there). `resumed`: an earlier process has begun with this batch.

    Raises LabelUnreachable when the server stays away; the same call continues.
    """
    wanted = {(task.id, task.version): task for task in tasks}
    there = _at_rest(client, project, batch) if resumed else _find(client, project, batch)
    already, doubtful, in_a_row = len(wanted.keys() & there.keys()), resumed, 0
    while missing := [task for key, task in wanted.items() if key not in there]:
        piece = next(_chunks(missing, chunk))
        try:
            _import(client, project, piece)
        except PostUncertain as error:
            doubtful, in_a_row = True, in_a_row + 1
            if in_a_row > _UNCERTAIN_IN_A_ROW:
                raise
            log.warning("%s; looking up what has arrived", error.what)
            there = _at_rest(client, project, batch)
            continue
        in_a_row = 0
        fault("label.chunk_imported")
        there.update({(task.id, task.version): [] for task in piece})
    if doubtful:
        remove_surplus(client, project, batch)
    return len(wanted) - already, already


def remove_surplus(client: Client, project: int, batch: str) -> int:
    """Delete tasks of a batch that are there twice, untouched ones; how many were."""
    removed = 0
    for key, ids in _find(client, project, batch).items():
        if len(ids) < 2:
            continue
        states = [client.get(f"tasks/{each}/", resolve_uri="false") for each in ids]
        used = [state["id"] for state in states if _touched(state)]
        keep = set(used or [min(ids)])
        for each in sorted(set(ids) - keep):
            log.warning("%s: task %d is there twice and untouched, it is removed", key[0], each)
            client.delete(f"tasks/{each}/")
            removed += 1
    return removed


def _touched(state: Json) -> bool:
    return bool(state.get("annotations") or state.get("drafts") or state.get("total_annotations"))


def _find(client: Client, project: int, batch: str) -> dict[Key, list[int]]:
    """The numbers of the batch's tasks on the server by (id, version)."""
    found: dict[Key, list[int]] = {}
    same = Filter("data.push_batch", "equal", batch, "String")
    for task in client.tasks(project, [same], include=("id", "data"), page_size=1000):
        found.setdefault((task["data"]["sample_id"], task["data"]["version"]), []).append(task["id"])
    return found


def _at_rest(client: Client, project: int, batch: str) -> dict[Key, list[int]]:
    """What is there once it does not change any more: an import that nobody waits for may still be running."""
    same = [Filter("data.push_batch", "equal", batch, "String")]
    count = client.count(project, same)
    for _ in range(_RESTS):
        time.sleep(REST_S)
        before, count = count, client.count(project, same)
        if before == count:
            break
    return _find(client, project, batch)


def _import(client: Client, project: int, tasks: Sequence[Task]) -> None:
    fault("label.before_import")
    answer = client.post(f"projects/{project}/import", [task.as_label_studio() for task in tasks], return_task_ids="true")
    taken = answer.get("task_count")
    if taken != len(tasks):
        raise LabelError(
            f"{taken} of {len(tasks)} tasks were taken",
            where=f"{client.url}/projects/{project}",
            next_step="run the same command again: it pushes what is missing",
        )


def _chunks(tasks: Sequence[Task], most: int) -> Iterator[list[Task]]:
    piece: list[Task] = []
    size = 0
    for task in tasks:
        length = len(json.dumps(task.as_label_studio(), ensure_ascii=True))
        if piece and (len(piece) == most or size + length > LARGEST_BODY):
            yield piece
            piece, size = [], 0
        piece.append(task)
        size += length
    if piece:
        yield piece
