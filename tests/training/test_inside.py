"""Runs the tests of `inside/` in the training environment, in one process: torch is imported once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts.provision.checkout import ROOT


def test_inside_the_training_environment(train_python: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
    tests = str(Path(__file__).parent / "inside")
    options = ["--confcutdir", tests, "-o", "filterwarnings=default", "-p", "no:cacheprovider", "-q", "--disable-warnings"]
    command = [str(train_python), "-m", "pytest", tests, *options, "-m", "not full", "--durations=12"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-3000:]
    print(done.stdout[-2000:])
