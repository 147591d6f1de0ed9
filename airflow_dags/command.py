"""Running `washplant` as a process: its environment, its log, its one JSON object, and what its exit code means.

No Airflow here. The child gets what it needs and none of Airflow's own variables; secrets are in its environment, never in
its arguments, which every user of the machine can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

PERMANENT = {
    "ConfigError",
    "SetupError",
    "SourceSchemaError",
    "SourceDataError",
    "InvariantError",
}
"""Errors that the same command meets again, however often it is tried."""
PERMANENT_CODES = {2, 3, 10, 11}
"""Wrong usage or configuration, something missing, a broken promise, a training that failed or made a worse model."""
_OWN = ("AIRFLOW", "_AIRFLOW", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and the JSON object that it printed."""

    code: int
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def permanent(self) -> bool:
        """Whether another try would end the same way."""
        return self.code in PERMANENT_CODES or self.data.get("error") in PERMANENT

    @property
    def message(self) -> str:
        """What the product says of the failure."""
        parts = [self.data.get("where"), self.data.get("what"), self.data.get("next")]
        return " → ".join(str(part) for part in parts if part) or f"exit code {self.code}; the lines above say why"


def environment(base: Mapping[str, str], *more: Mapping[str, str]) -> dict[str, str]:
    """The child's variables: the worker's own without Airflow's, then the given ones."""
    kept = {name: value for name, value in base.items() if not name.startswith(_OWN)}
    for each in more:
        kept.update(each)
    return {**kept, "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


class Command:
    """One process in a group of its own, so that Spark's JVM and workers end with it."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self.argv, self.env, self.tell = list(argv), dict(env), tell
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> Ended:
        """Run to the end; stderr goes to `tell` line by line, stdout is the result."""
        with subprocess.Popen(
            self.argv,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            self._process = process
            assert process.stdout and process.stderr
            reader = threading.Thread(target=self._follow, args=(process.stderr,), daemon=True)
            reader.start()
            try:
                out = process.stdout.read()
                code = process.wait()
            except BaseException:
                self.stop()
                raise
            reader.join()
        return Ended(code, result_of(out))

    def stop(self, patience_s: float = 20) -> None:
        """Ask the group to end, then insist."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
                return

    def _follow(self, stream: IO[str]) -> None:
        for line in stream:
            self.tell(line.rstrip("\n"))


def result_of(out: str) -> dict[str, Any]:
    """The last line of stdout that is a JSON object; `{}` when there is none."""
    for line in reversed(out.splitlines()):
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    return {}


def described(data: Mapping[str, Any], indent: str = "") -> list[str]:
    """A result as lines for the task's log; funnels become one line a mapping."""
    lines: list[str] = []
    for name, value in data.items():
        if isinstance(value, Mapping) and "mapped" in value and "kept" in value:
            lines.append(f"{indent}{name}: {_way(value)}")
        elif isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *described(value, indent + "  ")] if value else []
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines


def _way(funnel: Mapping[str, Any]) -> str:
    dropped = sorted(funnel.get("dropped", {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return (
        f"{funnel['mapped']} mapped"
        + "".join(f" − {count} {reason}" for reason, count in dropped)
        + f" = {funnel['kept']} kept"
    )
