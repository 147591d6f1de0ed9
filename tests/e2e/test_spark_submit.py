"""The same bytes through spark-submit and on a cluster; foreign packages of our names do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cluster import Cluster
from sandbox.server import Unavailable
from tests.e2e.conftest import Reference
from tests.e2e.project import CHECKOUT, Site, command

pytestmark = pytest.mark.e2e

BIN = Path(sys.executable).parent
MAIN = CHECKOUT / "pipelines" / "cli" / "__main__.py"


def ended(arguments: list[str], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process as a user starts it: nothing of what `make` exports is set but the Python."""
    ours = ("PYTHONSAFEPATH", "WASHPLANT_FAULT", "PYTHONPATH", "SPARK_HOME")
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env |= {"PYSPARK_PYTHON": sys.executable, **variables}
    return subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.full
def test_spark_submit(site: Site, reference: Reference, tmp_path: Path) -> None:
    submit = [str(BIN / "spark-submit"), "--master", "local[2]", str(MAIN)]
    done = ended([*submit, "run", "-c", str(site.yaml("submitted"))], tmp_path, PATH=f"{BIN}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "qa@1: train" in done.stdout
    assert site.published("submitted") == reference.published


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, Any]]:
    """The sandbox's standalone cluster of two workers."""
    server = Cluster()
    was_running = server.running()
    try:
        facts = server.up()
    except Unavailable as error:
        pytest.skip(error.what)
    yield facts
    if not was_running:
        server.down()


@pytest.mark.full
@pytest.mark.services
def test_standalone_cluster(site: Site, reference: Reference, cluster: dict[str, Any], tmp_path: Path) -> None:
    """Two workers import our packages from this environment; the store is a folder that they share."""
    run = command("run", "-c", site.yaml("cluster"), "--master", cluster["master"])
    done = ended(run, tmp_path, PYTHONPATH=str(CHECKOUT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.published("cluster") == reference.published


def foreign(folder: Path, *packages: str) -> Path:
    """A folder with packages named like ours, which must never be imported."""
    for package in packages:
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text("raise SystemExit('a stranger was imported')\n")
    return folder


def test_a_folder_with_its_own_pipelines_and_connectors(site: Site, tmp_path: Path) -> None:
    """The command and Spark's workers, both started there, import ours."""
    here = foreign(tmp_path, "pipelines", "connectors", "annotation", "washplant")
    done = ended([str(BIN / "washplant"), "ingest", "-s", "tickets", "-c", str(site.yaml("foreign"))], here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "140 rows read" in done.stdout


def test_foreign_packages_on_the_path_are_refused(site: Site, tmp_path: Path) -> None:
    here = tmp_path / "own"
    (here / "connectors").mkdir(parents=True)
    (here / "connectors" / "__init__.py").write_text("")
    done = ended([str(BIN / "washplant"), "status", "-c", str(site.yaml("refused"))], tmp_path, PYTHONPATH=str(here))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "connectors" in done.stderr and "is not washplant's" in done.stderr and str(here) in done.stderr
    assert "Traceback" not in done.stderr
