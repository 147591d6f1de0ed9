"""Named points at which a test can kill the process, to prove that the same command afterwards repairs everything.

`WASHPLANT_FAULT=name` (or `name:3` for its third passing) kills the process there with SIGKILL: no handler runs, nothing is
flushed, as when the machine loses power. Without the variable a point costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()

POINTS: tuple[str, ...] = (
    "run.attempt_made",
    "run.data_written",
    "run.before_manifest",
    "run.after_manifest",
    "run.after_ledger",
    "label.tasks_written",
    "label.answers_fetched",
    "version.file_written",
    "version.before_manifest",
    "version.after_manifest",
    "report.before_replace",
)
"""Every fault point of a run with files, in the order in which it passes them."""

FILE_POINTS: tuple[str, ...] = (
    "index.views_written",
    "index.part_written",
    "index.after_manifest",
    "files.index_added",
)
"""Those of `washplant dedup run` alone."""

SERVER_POINTS: tuple[str, ...] = ("label.before_import", "label.chunk_imported")
"""Those that only a push to a Label Studio server passes. `fault` refuses names that are in no list."""


def fault(point: str) -> None:
    """Die here if the environment asks for it."""
    wanted = os.environ.get("WASHPLANT_FAULT")
    if not wanted:
        return
    name, _, passing = wanted.partition(":")
    for known in (point, name):
        if known not in POINTS + FILE_POINTS + SERVER_POINTS:
            raise ValueError(f"unknown fault point {known!r}; known: {', '.join(POINTS + FILE_POINTS + SERVER_POINTS)}")
    if name == point:
        _passed[point] += 1
        if _passed[point] == int(passing or 1):
            os.kill(os.getpid(), signal.SIGKILL)
