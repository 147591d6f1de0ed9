"""Label Studio's "JSON" export, task by task, each with its `file:line` for errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from washplant.errors import LabelError

Json = Mapping[str, Any]

_GAP = re.compile(r"[\s,]*")
_NEXT = "in Label Studio choose Export → JSON (not JSON-MIN, CSV or the task files that washplant wrote)"


def read_export(path: Path) -> Iterator[tuple[str, Json]]:
    """(file:line, task) of an export. One task is in memory at a time, beside the file's text.

    Raises LabelError for a broken file, and for one that is no export or holds tasks that are not ours.
    """
    text = _text(path)
    start = _GAP.match(text).end()  # type: ignore[union-attr]
    if not text.startswith("[", start):
        raise LabelError("this is no Label Studio export: it is no list of tasks", where=f"{path}:1", next_step=_NEXT)
    decoder = json.JSONDecoder()
    line, counted, position = 1, 0, _GAP.match(text, start + 1).end()  # type: ignore[union-attr]
    while not text.startswith("]", position):
        line, counted = line + text.count("\n", counted, position), position
        try:
            task, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise LabelError(
                f"not JSON: {error.msg}",
                where=f"{path}:{error.lineno}",
                next_step="export again: the file is cut or was edited",
            ) from error
        where = f"{path}:{line}"
        _check(task, where)
        yield where, task
        position = _GAP.match(text, position).end()  # type: ignore[union-attr]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError("not UTF-8", where=str(path), next_step=_NEXT) from error
    except OSError as error:
        raise LabelError(f"cannot be read: {error.strerror}", where=str(path), next_step="check its permissions") from error


def _check(task: Any, where: str) -> None:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise LabelError("this is no task of a full JSON export: it has no `data`", where=where, next_step=_NEXT)
    missing = [name for name in ("sample_id", "version", "task") if not isinstance(task["data"].get(name), str)]
    if missing:
        raise LabelError(
            f"this task was not pushed by washplant: its data has no {', '.join(missing)}",
            where=where,
            next_step="export the project that the task files were imported into, or take this file out of `answers`",
        )
    if not isinstance(task.get("annotations"), list):
        raise LabelError("this task file holds no annotations: it is no export", where=where, next_step=_NEXT)
