"""The shared session of tests/spark and the servers of tests/services; the command line in this process."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipelines import run as runs
from pipelines.cli.app import main
from pipelines.report import write_report
from tests.e2e.project import Site, opened
from tests.services.conftest import label_studio, mariadb, team
from tests.spark.conftest import spark
from washplant import faults

__all__ = ["label_studio", "mariadb", "spark", "team"]


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run publishes, pushes and passes."""

    published: dict[str, bytes]
    tasks: list[tuple[str, str]]
    passings: Counter[str]


def run_once(yaml: Path) -> None:
    """What `washplant run` does, in this process."""
    project = opened(yaml)
    runs.run(project)
    write_report(project)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli() -> Callable[..., Ended]:
    """`cli("run", "-c", path)` in this process."""

    def call(*arguments: str | Path) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0 if code is None else 1, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One folder for all stores, so that their versions can be compared byte for byte."""
    return Site.make(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def reference(spark: SparkSession, site: Site) -> Reference:
    """An undisturbed run. Every point is counted: the test's list of passings is the run's own."""
    del spark
    passings: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        # `fault` counts only the wanted point; here all of them are wanted.
        def count(point: str) -> None:
            assert point in faults.POINTS
            passings[point] += 1

        for module in ("project", "label", "export", "report"):
            patch.setattr(f"pipelines.{module}.fault", count)
        patch.setattr("washplant.ledger.ledger.fault", count)
        run_once(site.yaml("reference"))
    tasks = site.tasks("reference")
    assert len(tasks) == len(set(tasks)) > 50
    published = site.published("reference")
    assert {"qa@1/train.jsonl", "qa@1/lineage.jsonl", "qa@1/manifest.json", "chat@1/test.jsonl"} <= set(published)
    assert "1380013" not in b"".join(published.values()).decode(), "phones are masked"
    return Reference(published, tasks, passings)
