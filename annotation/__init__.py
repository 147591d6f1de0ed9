"""What annotators see and say: tasks out, answers in, one resolution per sample. Label Studio is the tool. No Spark.

records     Task, Answer, Resolution and their Arrow schemas
tasks       a sample as a Label Studio task          templates   the screens (XML)
backend     the contract; file_backend: task files and exports by hand; label_studio_backend: its API
client      the API's requests and failures; projects: one for each screen (screens: may it change?)
push        tasks in, once; delta: what changed since the last pull
exports     a JSON export, task by task; parse: its annotations as answers; merge: several exports
adjudicate  answers to resolutions (votes: whose count; recheck: masking and shape again)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotation.backend import Backend, PushReceipt
from annotation.file_backend import FileBackend, FileBackendOptions
from annotation.label_studio_backend import LabelStudioBackend, LabelStudioOptions
from washplant.config import BackendOptions

BACKENDS: dict[str, tuple[type[BackendOptions], Any]] = {
    "file": (FileBackendOptions, FileBackend),
    "label_studio": (LabelStudioOptions, LabelStudioBackend),
}


def connect(options: BackendOptions, folder: Path) -> Backend:
    """The backend that the options describe; relative paths in them start at `folder`."""
    backend: Backend = BACKENDS[options.kind][1](options.relative_to(folder))
    return backend


__all__ = ["BACKENDS", "Backend", "PushReceipt", "connect"]
