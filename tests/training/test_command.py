"""`washplant train`: which run is due, and the training environment started on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import train as runs
from pipelines.cli.app import main
from pipelines.project import open_project
from tests.training.versions import publish, questions
from washplant.errors import ConfigError, SetupError

YAML = """
name: water
sources: {{faq: {{kind: files, path: faq.csv, key: id}}}}
map: {{qa: {{from: faq, instruction: "{{q}}", output: "{{a}}"}}}}
export: {{qa: {{format: alpaca, from: qa}}}}
train: {{qa: {{dataset: qa, base: base{more}}}}}
"""


def project_at(folder: Path, more: str = "") -> Path:
    """A project whose store has `qa@1`; its manifests are taken up by the ledger."""
    path = folder / "washplant.yaml"
    path.write_text(YAML.format(more=more), encoding="utf-8")
    return path


def published(folder: Path, number: int = 1) -> None:
    publish(folder / "store", "qa", questions()[: 40 + 10 * (number - 1)], number=number)


def due(path: Path) -> runs.Due:
    project = open_project(path)
    with project.writing():
        return runs.due(project)[0]


def test_nothing_is_due_before_a_version(tmp_path: Path) -> None:
    assert due(project_at(tmp_path)).reason == "no version of qa was published yet"


def test_a_killed_run_goes_on_and_a_new_version_makes_a_new_run(tmp_path: Path) -> None:
    path = project_at(tmp_path)
    published(tmp_path)
    job = due(path).job
    assert job is not None and job.version == "qa@1"
    assert Path(job.folder) == tmp_path / "models" / "qa" / "000001"
    Path(job.folder).mkdir(parents=True)
    (Path(job.folder) / "job.json").write_text(job.model_dump_json())
    assert due(path).job == job
    published(tmp_path, 2)
    later = due(path).job
    assert later is not None and (later.version, Path(later.folder).name) == ("qa@2", "000002")


@pytest.mark.parametrize(("wanted", "starts"), [(10, True), (11, False)])
def test_when_waits_for_so_many_new_labels(tmp_path: Path, wanted: int, starts: bool) -> None:
    path = project_at(tmp_path, f", when: new_labels >= {wanted}")
    published(tmp_path)
    job = due(path).job
    assert job is not None, "the first run does not wait"
    Path(job.folder).mkdir(parents=True)
    (Path(job.folder) / "job.json").write_text(job.model_dump_json())
    (Path(job.folder) / "card.json").write_text("{}")
    published(tmp_path, 2)
    found = due(path)
    assert (found.job is not None) == starts
    assert starts or found.reason == "10 new labels since qa@1, 11 are wanted"


def test_a_version_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = project_at(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("dataset: qa,", "dataset: qa@7,"), encoding="utf-8")
    published(tmp_path)
    with pytest.raises(ConfigError, match="no version qa@7; published: 1"):
        due(path)


def test_the_newest_finished_run_is_the_one_to_talk_to(tmp_path: Path) -> None:
    project = open_project(project_at(tmp_path))
    for name in (None, "qa"):
        with pytest.raises(ConfigError, match="no finished run of qa"):
            runs.newest(project, name)
    for number in (1, 2, 3):
        (folder := tmp_path / "models" / "qa" / f"{number:06d}").mkdir(parents=True)
        if number < 3:  # the third was killed
            (folder / "card.json").write_text("{}")
    assert runs.newest(project, None) == tmp_path / "models" / "qa" / "000002"
    with pytest.raises(ConfigError, match="no model 'faq'; known: qa"):
        runs.newest(project, "faq")


def test_without_the_environment_the_next_step_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(runs.PYTHON, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SetupError, match="was not made") as error:
        runs.environment_python()
    assert "washplant env add train" in error.value.next_step


def test_the_command_trains_and_the_card_is_remembered(
    tmp_path: Path, train_python: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import subprocess

    from scripts.provision.checkout import ROOT

    monkeypatch.setenv(runs.PYTHON, str(train_python))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_not_a_real_one")
    more = ", epochs: 2, batch: 8, device_batch: 8, max_length: 128, learning_rate: 0.005, evaluate: {max_new_tokens: 16}"
    path = project_at(tmp_path, more)
    published(tmp_path)
    text = tmp_path / "text.txt"
    text.write_text("\n".join(value for row in questions() for value in row.values()), encoding="utf-8")
    make = [str(train_python), "-m", "training", "tiny", str(tmp_path / "base"), "--text", str(text)]
    subprocess.run(make, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, check=True)
    with open_project(path).writing():
        pass
    main_ended(["train", "plan", "-c", str(path), "--json"], 0)
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["rows"] == 32
    assert not (tmp_path / "models").exists(), "a plan leaves nothing behind"
    main_ended(["train", "run", "-c", str(path), "--json"], 0)
    card = json.loads(next(line for line in capfd.readouterr().out.splitlines() if line.startswith('{"name"')))
    assert card["after"]["loss"] < card["before"]["loss"]
    project = open_project(path)
    assert [m["name"] for m in runs.models_of(project, {"qa@1"})] == ["qa"]
    assert runs.models_of(project, {"qa@2"}) == []
    for file in (tmp_path / "models").rglob("*.json"):
        assert "hf_not_a_real_one" not in file.read_text(encoding="utf-8")


def main_ended(arguments: list[str], code: int) -> None:
    """The command line ends with `code`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert (ended.value.code or 0) == code
