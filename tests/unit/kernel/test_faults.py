"""Fault points: nothing without the variable, the machine's power cut with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from washplant import faults
from washplant.faults import FILE_POINTS, POINTS, SERVER_POINTS, fault

_PASSES = """
from washplant.faults import fault
for n in (1, 2, 3):
    fault("run.data_written")
    fault("run.before_manifest")
    print(n, flush=True)
print("end", flush=True)
"""


def passed(wanted: str) -> tuple[int, list[str]]:
    """How a child that passes two points three times each ends, and what it printed before."""
    done = subprocess.run(
        [sys.executable, "-c", _PASSES],
        env={**os.environ, "WASHPLANT_FAULT": wanted},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(
    ("wanted", "printed"),
    [
        ("run.before_manifest", []),
        ("run.before_manifest:1", []),
        ("run.data_written:2", ["1"]),
        ("run.before_manifest:3", ["1", "2"]),
    ],
)
def test_the_process_is_killed_at_the_passing_asked_for(wanted: str, printed: list[str]) -> None:
    assert passed(wanted) == (-signal.SIGKILL, printed)


@pytest.mark.parametrize("wanted", ["", "run.after_manifest", "run.data_written:4"])
def test_a_point_that_is_not_passed_does_nothing(wanted: str) -> None:
    assert passed(wanted) == (0, ["1", "2", "3", "end"])


def test_unknown_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_passed", Counter())
    monkeypatch.setenv("WASHPLANT_FAULT", POINTS[0])
    with pytest.raises(ValueError, match=r"unknown fault point 'run\.nowhere'; known: run\.attempt_made"):
        fault("run.nowhere")
    monkeypatch.setenv("WASHPLANT_FAULT", "run.nowhere:2")
    with pytest.raises(ValueError, match=r"unknown fault point 'run\.nowhere'"):
        fault(POINTS[0])


def test_every_point_is_passed_somewhere() -> None:
    root = Path(__file__).parents[3]
    packages = ("washplant", "annotation", "pipelines")
    code = "".join(path.read_text() for name in packages for path in (root / name).rglob("*.py"))
    assert [point for point in POINTS + FILE_POINTS + SERVER_POINTS if f'fault("{point}")' not in code] == []
