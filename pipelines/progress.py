"""What Spark is doing, shown on stderr while a person waits."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from pyspark.sql import SparkSession

REFRESH_S = 0.5
PLAIN_REFRESH_S = 15.0


@contextlib.contextmanager
def shown(stage: str) -> Iterator[None]:
    """Show a line with the stage, Spark's running tasks and the time: in place on a terminal, now and then in a log."""
    stop = threading.Event()
    thread = threading.Thread(target=_show, args=(stage, stop), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _show(stage: str, stop: threading.Event) -> None:
    terminal = sys.stderr.isatty()
    started = time.monotonic()
    while not stop.wait(REFRESH_S if terminal else PLAIN_REFRESH_S):
        line = f"  {stage} … {time.monotonic() - started:.0f} s{_tasks()}"
        print(f"\r\x1b[2K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)
    if terminal:
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def _tasks() -> str:
    session = SparkSession.getActiveSession()
    if session is None:
        return ""
    tracker = session.sparkContext.statusTracker()
    stages = [info for number in tracker.getActiveStageIds() if (info := tracker.getStageInfo(number))]
    if not stages:
        return ""
    return f", {sum(info.numCompletedTasks for info in stages)}/{sum(info.numTasks for info in stages)} tasks"
