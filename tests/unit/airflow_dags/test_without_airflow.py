"""What of the DAGs needs no Airflow: reading project files, running a command."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from airflow_dags.command import Command, Ended, described, environment, result_of
from airflow_dags.projects import BrokenProject, Campaign, Schedule, read_project
from washplant.config.schedule import CampaignOptions, ScheduleOptions

YAML = """\
name: demo
sources: {tickets: {kind: files, path: a.csv}}
map: {qa: {from: tickets}}
label: {backend: {kind: file}}
export: {qa: {format: alpaca}}
train: {small: {dataset: qa@2, base: b, when: "new_labels >= 50"}, by_hand: {dataset: qa, base: b}}
schedule: {feed: 0 3 * * *, tags: nightly, campaign: {deadline_h: 4}}
"""


def test_defaults_are_those_of_the_product() -> None:
    ours, theirs = dataclasses.asdict(Schedule()), ScheduleOptions().model_dump()
    assert ours == theirs
    assert dataclasses.asdict(Campaign()) == CampaignOptions().model_dump()


def test_a_project_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(YAML, encoding="utf-8")
    project = read_project(path)
    assert (project.name, project.sources, project.datasets) == ("demo", ("tickets",), ("qa",))
    assert (project.labelled, project.models, project.schedule.tags) == (True, {"small": "qa"}, ("nightly",))
    assert project.schedule.campaign.deadline_h == 4
    assert project.report == f"{tmp_path}/store/reports/report.html"


@pytest.mark.parametrize("text", ["name: [", "", "- 1", "name: a", YAML + "more: {a: b", YAML.replace("tags", "tag")])
def test_a_broken_project_says_which(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenProject, match=r"broken\.yaml"):
        read_project(path)


def test_the_child_gets_nothing_of_airflow() -> None:
    base = {"PATH": "/bin", "AIRFLOW__CORE__FERNET_KEY": "k", "AIRFLOW_CONN_CRM": "c", "PYTHONPATH": "/x", "HOME": "/h"}
    found = environment(base, {"TOKEN": "t"})
    assert found == {"PATH": "/bin", "HOME": "/h", "TOKEN": "t", "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


def test_a_command_tells_its_log_and_its_result() -> None:
    lines: list[str] = []
    code = "import sys; print('read', file=sys.stderr); print('noise'); print('{\"new\": 3}'); sys.exit(5)"
    ended = Command([sys.executable, "-c", code], {"PATH": "/bin"}, lines.append).run()
    assert (ended, lines) == (Ended(5, {"new": 3}), ["read"])


@pytest.mark.parametrize(
    ("ended", "permanent"),
    [
        (Ended(2), True),
        (Ended(2, {"error": "ConfigError"}), True),
        (Ended(4, {"error": "SourceSchemaError"}), True),
        (Ended(4, {"error": "SourceError"}), False),
        (Ended(5, {"error": "SourceUnreachable"}), False),
        (Ended(8, {"error": "LockHeld"}), False),
        (Ended(11), True),
        (Ended(-9), False),
        (Ended(1), False),
    ],
)
def test_only_what_a_retry_mends_is_tried_again(ended: Ended, permanent: bool) -> None:
    assert ended.permanent is permanent


def test_permanent_errors_are_errors_of_the_product() -> None:
    from airflow_dags.command import PERMANENT
    from washplant import errors

    assert all(not getattr(errors, name).retryable for name in PERMANENT)


def test_a_funnel_is_one_line() -> None:
    funnel = {"qa": {"mapped": 10, "kept": 7, "dropped": {"too_short": 1, "exact_duplicate": 2}}}
    assert described({"funnel": funnel}) == ["funnel:", "  qa: 10 mapped − 2 exact_duplicate − 1 too_short = 7 kept"]


def test_a_result_is_the_last_object() -> None:
    assert result_of('{"a": 1}\n[2]\nnot json\n') == {"a": 1}
    assert result_of("") == {}
