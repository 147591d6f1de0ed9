"""From rows to labelled lines through a real Label Studio, by the command line, whatever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.label_studio import ADMIN
from tests.e2e.project import CHECKOUT, PHRASES, command, write_csv
from tests.services.labelling import Team
from tests.unit.annotation.make import choice, screen

pytestmark = [pytest.mark.e2e, pytest.mark.services]

ROWS = 10
EDITED = "您好，阳光小区今晚九点恢复供水。"

YAML = """\
name: labelled
store: store
spark:
  master: local[2]
  conf:
    spark.sql.shuffle.partitions: 2
    spark.sql.codegen.wholeStage: false
    spark.sql.codegen.factoryMode: NO_CODEGEN
sources:
  tickets: {kind: files, path: tickets.csv, key: ticket_id}
map:
  qa: {from: tickets, instruction: "{q}", output: "{a}"}
label:
  backend: {kind: label_studio, url: "URL", token: "${env:LABEL_STUDIO_TOKEN}", title: TITLE, chunk: 4}
split: {train: 1, validation: 0, test: 0}
export:
  qa: {format: alpaca, from: qa}
"""


@dataclass(frozen=True)
class Work:
    """A project in a folder of its own, and the command line."""

    folder: Path
    team: Team

    @classmethod
    def make(cls, folder: Path, team: Team) -> Work:
        texts = ["，".join(PHRASES[n : n + 6]) for n in range(0, 6 * ROWS, 6)]
        rows = [{"ticket_id": str(n), "q": f"请问{text}？", "a": f"您好，{text[::-1]}。"} for n, text in enumerate(texts)]
        write_csv(folder / "tickets.csv", rows)
        yaml = YAML.replace("URL", team.facts["url"]).replace("TITLE", team.title)
        (folder / "washplant.yaml").write_text(yaml, encoding="utf-8")
        return cls(folder, team)

    def __call__(self, *arguments: str, fault: str = "") -> str:
        """What a command prints; with a fault it must have died there."""
        env = {name: value for name, value in os.environ.items() if name != "WASHPLANT_FAULT"}
        env |= {"LABEL_STUDIO_TOKEN": self.team.facts["users"][ADMIN]["personal_token"], "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(
            command(*arguments, "-c", self.folder / "washplant.yaml"),
            env=env | ({"WASHPLANT_FAULT": fault} if fault else {}),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == (-signal.SIGKILL if fault else 0), f"{arguments}: {done.stdout}{done.stderr}"
        assert env["LABEL_STUDIO_TOKEN"] not in done.stdout + done.stderr
        return done.stdout

    def keys(self) -> Counter[str]:
        """How often each sample is on the server."""
        return Counter(task["data"]["sample_id"] for task in self.team.tasks())


@pytest.fixture
def work(tmp_path: Path, team: Team) -> Work:
    """A project on the server with its tasks picked."""
    made = Work.make(tmp_path, team)
    for stage in ("ingest", "curate", "pick"):
        made(stage)
    return made


def test_rows_are_labelled_and_exported_though_the_push_dies_twice(work: Work) -> None:
    assert "made: dialogue" in work("label", "setup")
    work("label", "push", fault="label.before_import")  # the ledger knows of the batch, the server of no task
    assert work.keys().total() == 0
    work("label", "push", fault="label.chunk_imported:2")  # of ten tasks eight are there, nobody wrote down which
    assert work.keys().total() == 8
    assert "push: 10 tasks" in work("label", "push")
    assert set(work.keys().values()) == {1} and work.keys().total() == ROWS
    assert "push: 0 tasks" in work("label", "push")

    edited, rejected, skipped, *accepted = work.team.tasks()
    work.team.answer(edited, 1, [*screen(edited["data"], output=EDITED), choice("verdict", "accept")])
    work.team.answer(rejected, 2, [*screen(rejected["data"]), choice("verdict", "reject"), choice("reasons", "wrong")])
    work.team.answer(skipped, 3, [], was_cancelled=True)
    work.team.answer(accepted[0], 1)

    assert "pull: 4 new answers" in work("label", "pull")
    assert "pull: 0 new answers" in work("label", "pull")
    assert "1 accepted" in work("label", "adjudicate")
    work("export")
    (train,) = (work.folder / "store" / "versions").rglob("train.jsonl")
    lines = {row["instruction"]: row["output"] for row in map(json.loads, train.read_text("utf-8").splitlines())}
    assert lines == {
        edited["data"]["instruction"]: EDITED,
        accepted[0]["data"]["instruction"]: accepted[0]["data"]["output"],
    }
