"""The shared session of tests/spark and the servers of tests/services; the command line in this process."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.cli.app import main
from tests.e2e.project import Site
from tests.services.conftest import mariadb
from tests.spark.conftest import spark

__all__ = ["mariadb", "spark"]


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
