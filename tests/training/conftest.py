"""The training environment, made once from its lock; what runs inside it is in `inside/`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from scripts.provision.checkout import ROOT

# Without torch only the tests of the command are collected; `test_inside.py` runs the others in the training environment.
collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["inside/*"]


@pytest.fixture(scope="session")
def train_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment's Python. Where it cannot be had the tests are skipped, in CI they fail."""
    from pipelines.environments import add_environment
    from washplant.errors import SetupError

    given = os.environ.get("WASHPLANT_TRAIN_PYTHON")
    if given:
        return Path(given)
    folder = ROOT / ".cache" / "environments" / "train"
    lock = (ROOT / "locks" / "train.txt").read_bytes()
    stamp, digest = folder / "lock.sha256", hashlib.sha256(lock).hexdigest()
    python = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != digest:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{ROOT / '.cache' / 'tools' / 'uv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
            try:
                add_environment("train", folder)
                install = ["uv", "pip", "install", "--quiet", "--python", str(python), "pytest>=8.3"]
                subprocess.run(install, check=True)
            except (SetupError, OSError, subprocess.CalledProcessError) as error:
                if os.environ.get("CI") == "true":
                    raise
                pytest.skip(f"no training environment here: {error}")
        stamp.write_text(digest)
    return python
