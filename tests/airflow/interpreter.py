"""Programs run by Airflow's own interpreter, with the package, its DAG file and a folder of projects at hand."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import Airflow, Unavailable


def run_inside(folder: Path, program: str, *arguments: str, connections: Mapping[str, Any] | None = None) -> str:
    """The last line that the program prints. With arguments it gets a fresh database, too."""
    server = Airflow(folder / "airflow", projects=folder / "projects", connections=connections)
    try:
        server.install()
        if arguments:
            server.run("db", "migrate", port=1)
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(error.what)
    paths = [server.home / "plugins", server.home / "dags"]
    env = {**os.environ, **server.variables(1), "PYTHONPATH": os.pathsep.join(map(str, paths))}
    env.pop("PYTHONSAFEPATH", None)
    command = [str(server.python), "-c", program, *arguments]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    (folder / "airflow.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.splitlines()[-1]
