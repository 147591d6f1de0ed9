"""The DAGs as Airflow's own interpreter makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import CHECKOUT
from tests.airflow.interpreter import run_inside

pytestmark = pytest.mark.services

YAML = """\
name: demo
sources:
  tickets: {kind: files, path: tickets.csv, key: id}
  faq: {kind: files, path: faq.csv, key: id}
map:
  qa: {from: tickets, instruction: "{q}", output: "{a}"}
label: {backend: {kind: file, tasks: tasks, answers: answers.json}}
export:
  qa: {format: alpaca}
schedule:
  owner: data-team
  tags: nightly
  pools: {tickets: crm}
  secrets: {CRM_PASSWORD: "connection:crm.password"}
  alerts: [{kind: feishu, connection: team}]
  deadline_s: 3600
  report_url: https://reports.example/demo
train: {small: {dataset: qa, base: models/base, when: new_labels >= 100}, by_hand: {dataset: qa, base: models/base}}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("dags")
    (folder / "projects").mkdir()
    (folder / "projects" / "demo.yaml").write_text(YAML, encoding="utf-8")
    (folder / "projects" / "torn.yaml").write_text("name: [", encoding="utf-8")
    program = (Path(__file__).parent / "inside.py").read_text(encoding="utf-8")
    said = json.loads(run_inside(folder, program))
    print(f"the DAG file was parsed in {said['parsed_s']} s")
    return dict(said)


def test_each_project_has_its_dags(found: dict[str, Any]) -> None:
    roles = ("campaign", "feed", "harvest", "keep_house", "train")
    assert set(found["dags"]) == {*(f"demo.{role}" for role in roles), "torn.broken"}


def test_parsing_imports_nothing_of_the_product(found: dict[str, Any]) -> None:
    assert found["product"] == []


def test_a_file_that_is_no_yaml_takes_no_other_project_along(found: dict[str, Any]) -> None:
    assert "torn.yaml" in found["dags"]["torn.broken"]["doc"]


def test_owners_retries_tags_and_the_report(found: dict[str, Any]) -> None:
    for name, dag in found["dags"].items():
        if name.startswith("demo."):
            assert {task["owner"] for task in dag["tasks"].values()} == {"data-team"}
            assert {task["retries"] for task in dag["tasks"].values()} == {4}
            assert {"washplant", "demo", "nightly"} <= set(dag["tags"])
            assert "https://reports.example/demo/report.html" in dag["doc"]


def test_sources_read_in_their_pools(found: dict[str, Any]) -> None:
    tasks = found["dags"]["demo.feed"]["tasks"]
    assert tasks["ingest_crm"]["pool"] == "crm"
    assert tasks["ingest"]["pool"] == "default_pool"


def test_a_source_that_fails_makes_the_run_red(found: dict[str, Any]) -> None:
    edges = found["dags"]["demo.feed"]["edges"]
    assert ["ingest", "every_source"] in edges
    assert ["ingest_crm", "every_source"] in edges
    assert ["ingest", "curate"] in edges


def test_people_never_block_the_night(found: dict[str, Any]) -> None:
    assert not {"wait", "pull"} & set(found["dags"]["demo.feed"]["tasks"])
    assert "wait" in found["dags"]["demo.campaign"]["tasks"]


def test_a_campaign_holds_no_worker_while_it_waits(found: dict[str, Any]) -> None:
    assert found["deferred_to"] == "airflow_dags.trigger.ProgressTrigger"


def test_the_triggerer_can_import_the_trigger(found: dict[str, Any]) -> None:
    assert found["trigger_again"] == found["deferred_to"], "made anew from what the database keeps of it"


def test_a_model_is_trained_by_its_own_task_when_it_says_when(found: dict[str, Any]) -> None:
    assert set(found["dags"]["demo.train"]["tasks"]) == {"train_small"}


def test_the_lock_has_no_pyspark_beside_the_client() -> None:
    # Both own the package folder `pyspark`: whichever is installed last breaks the other.
    lock = (CHECKOUT / "locks" / "airflow.txt").read_text(encoding="utf-8")
    assert not [line for line in lock.splitlines() if line.startswith("pyspark==")]
