"""The training environment, made once from its lock; what runs inside it is in `inside/`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path

import pytest

from scripts.provision import uv
from scripts.provision.checkout import Checkout
from scripts.provision.failure import SetupFailure

# Without torch only the tests of the command are collected; `test_inside.py` runs the others in the training environment.
collect_ignore = [] if importlib.util.find_spec("torch") else ["inside"]

TESTS_NEED = (f"pytest=={pytest.__version__}", "openai==3.57.0")


@pytest.fixture(scope="session")
def train_python() -> Path:
    """The environment's Python. Where it cannot be had the tests are skipped, in CI they fail."""
    from pipelines.environments import add_environment
    from washplant.errors import SetupError

    given = os.environ.get("WASHPLANT_TRAIN_PYTHON")
    if given:
        return Path(given)
    checkout = Checkout()
    folder = checkout.root / ".cache" / "environments" / "train"
    stamp, lock = folder / "lock.sha256", (checkout.root / "locks" / "train.txt").read_bytes()
    digest = hashlib.sha256(lock + " ".join(TESTS_NEED).encode()).hexdigest()
    python = folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text() == digest:
        return python
    try:
        run = uv.find(checkout)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{run.program.parent}{os.pathsep}{os.environ['PATH']}")
            add_environment("train", folder)
            run(["pip", "install", "--python", python, *TESTS_NEED], "installing what the tests inside need", checkout.root)
    except (SetupError, SetupFailure) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no training environment here: {error}")
    stamp.write_text(digest)
    return python
