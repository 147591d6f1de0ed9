"""The memory of Spark's Python workers while something runs."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class WorkerMemory:
    """The largest resident memory of any one of Spark's Python workers, sampled from /proc while it runs."""

    def __init__(self, every_s: float = 0.05) -> None:
        self.peak_mb: dict[int, float] = {}
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> WorkerMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._every_s):
            for pid in python_workers(os.getpid()):
                self.peak_mb[pid] = max(self.peak_mb.get(pid, 0), _resident_mb(pid))


def python_workers(driver: int) -> list[int]:
    """Descendants of `driver` that run PySpark's daemon: it forks every worker."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _read(entry / "stat")):
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, open_ = [], [driver]
    while open_:
        below = children.get(open_.pop(), [])
        open_ += below
        found += [pid for pid in below if "pyspark.daemon" in _read(Path(f"/proc/{pid}/cmdline"))]
    return found


def _resident_mb(pid: int) -> float:
    status = _read(Path(f"/proc/{pid}/status"))
    return int(status.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS:" in status else 0.0


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:  # the process has just ended
        return ""
