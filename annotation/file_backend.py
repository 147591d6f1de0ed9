"""Label Studio without its API: task files to import by hand, and the JSON exports that people put beside them."""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
from pydantic import Field

from annotation import templates
from annotation.backend import Pulled, PushReceipt
from annotation.exports import read_export
from annotation.merge import Merged
from annotation.records import Task, answer_table
from washplant.config import BackendOptions
from washplant.errors import LabelError

_BATCH = re.compile(r"[\w-]+")


class FileBackendOptions(BackendOptions):
    """Tasks and answers as files."""

    kind: Literal["file"] = Field(description="file")
    tasks: str = Field(description="folder for the task files and labelling configurations to import into Label Studio")
    answers: str = Field(description="file, folder or glob of Label Studio's JSON exports")
    missing: Literal["keep", "deleted"] = Field(
        default="keep",
        description="an annotation that a later export (in the order of names) of its project lacks is kept, or deleted",
    )

    def relative_to(self, folder: Path) -> Self:
        # The folder's own name may hold brackets; only what the user wrote is a pattern.
        answers = str(Path(glob.escape(str(folder))) / self.answers)
        return self.model_copy(update={"tasks": str(folder / self.tasks), "answers": answers})


class FileBackend:
    """See `annotation.backend.Backend`. A batch is one file per screen, because a Label Studio project has one screen."""

    def __init__(self, options: FileBackendOptions) -> None:
        self.options = options

    def push(self, tasks: Sequence[Task], batch: str, *, resumed: bool = False) -> PushReceipt:
        del resumed  # what is there is looked up in any case
        if not _BATCH.fullmatch(batch):
            raise LabelError(f"{batch!r} cannot name a file", where="push", next_step="use letters, digits, - and _")
        folder = Path(self.options.tasks)
        written, where = 0, []
        for screen in sorted({task.screen for task in tasks}):
            ours = [task for task in tasks if task.screen is screen]
            with _reported(folder):
                folder.mkdir(parents=True, exist_ok=True)
                _put(folder / f"{screen}.xml", templates.load(screen))
                files, added = _push_screen(folder, f"{batch}.{screen}", ours)
            written += added
            where += [str(file) for file in files]
        return PushReceipt(batch=batch, where=tuple(where), written=written, already=len(tasks) - written)

    def pull(self, known: pa.Table, position: Mapping[str, Any]) -> Pulled:
        del known  # exports hold everything
        merged = Merged(missing_is_deleted=self.options.missing == "deleted")
        for path in self._exports():
            merged.add(read_export(path))
        return Pulled(answer_table(merged.answers()), position)

    def _exports(self) -> list[Path]:
        """The files in the order of their names; none before anybody has answered."""
        found = [Path(name) for name in _glob(self.options.answers)]
        folders = [glob.escape(str(path)) for path in found if path.is_dir()]
        inside = [Path(name) for folder in folders for name in _glob(f"{folder}/*.json")]
        return sorted(path for path in {*found, *inside} if path.is_file())


def _glob(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)  # noqa: PTH207 - unlike Path.glob it leaves hidden files out


def _push_screen(folder: Path, stem: str, tasks: Sequence[Task]) -> tuple[list[Path], int]:
    """The batch's files for one screen, and how many tasks were added.

    Somebody may have imported a file already, so it is never rewritten: tasks it lacks go to a next file.
    """
    files = sorted(folder.glob(f"{glob.escape(stem)}.json")) + sorted(folder.glob(f"{glob.escape(stem)}.*.json"))
    known = {(task["data"]["sample_id"], task["data"]["version"]) for file in files for task in _pushed(file)}
    fresh = {(task.id, task.version): task for task in tasks if (task.id, task.version) not in known}
    if fresh:
        file = folder / (f"{stem}.{len(files) + 1:03d}.json" if files else f"{stem}.json")
        rows = [task.as_label_studio() for task in fresh.values()]
        _put(file, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        files.append(file)
    return files, len(fresh)


def _pushed(file: Path) -> list[dict[str, dict[str, str]]]:
    try:
        tasks = json.loads(file.read_text(encoding="utf-8"))
        return [task for task in tasks if task["data"]["sample_id"] and task["data"]["version"]]
    except (ValueError, KeyError, TypeError) as error:
        raise LabelError(
            f"this task file was changed since it was pushed: {error}",
            where=str(file),
            next_step="put it back, or delete it and push again if nobody has imported it",
        ) from error


def _put(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or none; a file that holds the same already is left alone."""
    content = text.encode()
    if path.exists() and path.read_bytes() == content:
        return
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _reported(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise LabelError(
            f"the tasks cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            next_step="free space and push again: nothing half-written counts" if full else "check `label.backend.tasks`",
        ) from error
