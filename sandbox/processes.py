"""Starting, recognising and stopping our own processes, and finding free ports. Linux only (it reads /proc)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The shell leaves at once, so the server belongs to init: it outlives us and leaves no zombie and no ResourceWarning
# here. `setsid` execs in place because a background job of a non-interactive shell leads no group: `$!` is the server
# itself.
_DETACH = 'log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & echo $!'


@dataclass(frozen=True)
class Process:
    """A process that we started. Its start time tells it from another that was given the same number later."""

    role: str
    pid: int
    started: int

    @property
    def alive(self) -> bool:
        return start_time(self.pid) == self.started


def start_time(pid: int) -> int | None:
    """Clock ticks after boot at which `pid` started; None when there is no such process, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the command's name may hold spaces and brackets
    return None if fields[0] in "ZX" else int(fields[19])


def spawn(role: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Process:
    """Start `command` in its own session with its output appended to `log`."""
    done = subprocess.run(
        ["sh", "-c", _DETACH, "sh", str(log), *command],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    pid = int(done.stdout)
    return Process(role, pid, start_time(pid) or 0)


def stop(process: Process, timeout_s: float = 20) -> None:
    """Ask, wait, then insist. A process that is not the one we started is left alone."""
    for number, patience_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, 5.0)):
        if not process.alive:
            return
        os.kill(process.pid, number)
        end = time.monotonic() + patience_s
        while process.alive and time.monotonic() < end:
            time.sleep(0.05)


def free_port(preferred: int | None = None) -> int:
    """A port of 127.0.0.1 that nobody listens on now; `preferred` (the last one used) when it is free."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, for an error message."""
    if not log.is_file():
        return f"({log} was never written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
