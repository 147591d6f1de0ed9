"""The contract of one server: install, start, ready, stop, facts.

A subclass says how to get the programs, which processes to start and when they are ready; this class keeps the state
(`state.json`), makes `up` and `down` safe to repeat and to run at the same time, and never stops a stranger's process.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from sandbox.processes import Process, stop, tail
from washplant.errors import SetupError, WashplantError

Facts = dict[str, Any]
"""What a client needs to know: host, ports, paths of certificates, users. JSON data."""

CHECKOUT = Path(__file__).resolve().parent.parent


class Unavailable(SetupError):
    """This machine cannot have the server: no package, no program, no network."""


class NotReady(WashplantError):
    """The server was started and did not become ready; the tail of its log is in the message."""


def root() -> Path:
    """Where all servers live: `$WASHPLANT_SANDBOX`, or `.cache/sandbox` of the checkout."""
    return Path(os.environ.get("WASHPLANT_SANDBOX") or CHECKOUT / ".cache" / "sandbox").absolute()


class Server(ABC):
    """One server on 127.0.0.1 with everything it owns in `home`."""

    name: ClassVar[str]
    ready_timeout_s: ClassVar[float] = 60

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or root() / self.name

    @abstractmethod
    def install(self) -> None:
        """Have the programs at hand, quickly when they already are. Raises Unavailable in one sentence."""

    @abstractmethod
    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        """Start the processes; reuse the ports of `previous` when they are free."""

    @abstractmethod
    def ready(self, facts: Facts) -> bool:
        """Whether clients are served. Called until it says so."""

    def prepare(self, facts: Facts) -> None:  # noqa: B027 - most servers need nothing here
        """What to do once it is ready: users, folders. Must be safe to repeat."""

    def log(self, role: str) -> Path:
        return self.home / "logs" / f"{role}.log"

    def up(self) -> Facts:
        """Install and start what is not there yet; the facts."""
        with self._locked():
            if not self.running():
                self._halt()
                self.install()
                facts, processes = self.start(self._load().get("facts", {}))
                self._save(facts, processes)
                self._wait(facts, processes)
            self.prepare(self.facts())
            return self.facts()

    def fill(self, put: Callable[[Facts], None]) -> None:
        """Call `put` unless the data has been put already; a server that loses its data removes `self.filled`."""
        with self._locked():
            if not self.filled.exists():
                put(self.facts())
                self.filled.touch()

    @property
    def filled(self) -> Path:
        return self.home / "filled"

    def down(self) -> None:
        """Stop our processes; data, logs and ports are kept for the next `up`."""
        with self._locked():
            self._halt()

    def running(self) -> bool:
        processes = self.processes()
        return bool(processes) and all(process.alive for process in processes)

    def processes(self) -> list[Process]:
        return [Process(**record) for record in self._load().get("processes", [])]

    def facts(self) -> Facts:
        """What is known of it, running or not: `{"running": …, "pids": {role: pid}, "home": …, host, ports, …}`."""
        pids = {process.role: process.pid for process in self.processes() if process.alive}
        return {"running": self.running(), "home": str(self.home), "pids": pids, **self._load().get("facts", {})}

    def _halt(self) -> None:
        processes = self.processes()
        for process in reversed(processes):
            stop(process)
        if processes:
            self._save(self._load().get("facts", {}), [])

    def _wait(self, facts: Facts, processes: list[Process]) -> None:
        end = time.monotonic() + self.ready_timeout_s
        while not self.ready(facts):
            dead = next((process for process in processes if not process.alive), None)
            if dead or time.monotonic() > end:
                late = dead or processes[0]
                self._halt()
                what = f"{late.role} ended" if dead else f"it was not ready after {self.ready_timeout_s:.0f} s"
                log = self.log(late.role)
                raise NotReady(f"{what}; the end of {log}:\n{tail(log)}", where=f"sandbox {self.name}")
            time.sleep(0.1)

    @property
    def _state(self) -> Path:
        return self.home / "state.json"

    def _load(self) -> dict[str, Any]:
        return json.loads(self._state.read_text()) if self._state.is_file() else {}

    def _save(self, facts: Facts, processes: list[Process]) -> None:
        state = {"facts": facts, "processes": [asdict(process) for process in processes]}
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps(state, ensure_ascii=False, indent=1))
        new.replace(self._state)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One `up` or `down` at a time, also between two test runs."""
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
