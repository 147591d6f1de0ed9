"""`dag.test()` of every DAG that needs no training environment, in the order of a company's week, on real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.project import open_project
from sandbox.airflow import core_connection
from tests.airflow.interpreter import run_inside
from tests.e2e.project import Site

pytestmark = [pytest.mark.services, pytest.mark.full]  # the same commands as the night's, run one by one

SCHEDULE = "schedule: {feed: null, harvest: null, keep_house: null, retries: 0}\n"
WEEK = {
    "crash.feed": {},
    "crash.harvest": {},
    "crash.keep_house": {},
    "crash.campaign": {"share_done": 0.3, "deadline_h": 1},
}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The project file, and how each DAG ended."""
    folder = tmp_path_factory.mktemp("week")
    yaml = Site.make(folder / "projects").yaml("week")
    with yaml.open("a", encoding="utf-8") as file:
        file.write(SCHEDULE)
    program = (Path(__file__).parent / "tested.py").read_text(encoding="utf-8")
    asked = [f"{name}={json.dumps(conf)}" for name, conf in WEEK.items()]
    said = run_inside(folder, program, *asked, connections={"washplant": core_connection()})
    return yaml, json.loads(said)


@pytest.mark.parametrize("dag", WEEK)
def test_the_dag_succeeds(week: tuple[Path, dict[str, Any]], dag: str) -> None:
    found = week[1][dag]
    assert found["state"] == "success", found
    assert {state for states in found["tasks"].values() for state in states} == {"success"}, found


def test_sources_are_mapped(week: tuple[Path, dict[str, Any]]) -> None:
    assert week[1]["crash.feed"]["tasks"]["ingest"] == ["success", "success"]
    assert week[1]["crash.keep_house"]["tasks"]["reconcile"] == ["success", "success"]


def test_the_week_left_a_published_version_and_settled_answers(week: tuple[Path, dict[str, Any]]) -> None:
    project = open_project(week[0])
    version = project.latest("versions", "qa")
    assert version is not None
    assert version.counts.kept > 0
    assert project.latest("curate") is not None
