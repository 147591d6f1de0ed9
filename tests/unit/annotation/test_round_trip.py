"""Sample → task file → answered export → answer → resolution, on every screen; hostile texts come back as they were."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotation.adjudicate import adjudicate
from annotation.records import ANSWER_SCHEMA
from tests.unit.annotation.make import accepted, annotation, backend, exported, originals, put_export, sample, task_of
from washplant.sample import CONTENT_COLUMNS, Sample

ANNOTATORS = Path(__file__).parents[3] / "examples" / "water-utility" / "annotators.py"

HOSTILE = [
    "<b>粗</b><script>alert('x')</script>&lt;br&gt; & <Choice value=\"x\"/>",
    "$output {{idx}} ${env:HOME} ]]> <!-- --> </View>",
    "👩‍👩‍👧 😀 🇨🇳 𠮷野家",
    "行\u2028段\u2029\u0085\x1f \ufeff零\u200b宽",
    "引号 \" ' \\ \\n \\u0041 \t 制表",
    "http://example.com/a?b=c&d=e s3://bucket/key /data/local-files/?d=x",
    "=1+1 @cmd -2 +3",
]

SAMPLES = {
    "dialogue": sample(system="你是客服", input="阳光小区"),
    "dialogue_multi_turn": sample(turns=("停水了？", "哪个小区？", "阳光小区", "今晚恢复。")),
    "preference": sample("preference"),
    "text_classification": sample("text_classification"),
    "image_classification": sample("image_classification"),
}


def through(folder: Path, *samples: Sample) -> list[dict[str, Any]]:
    """The samples pushed, accepted by one person and settled."""
    target = backend(folder)
    target.push([task_of(made) for made in samples], "demo-000001")
    tasks = [task for path in sorted((folder / "tasks").glob("*.json")) for task in json.loads(path.read_text("utf-8"))]
    answered = [exported(task, annotation(accepted(task["data"]), number=n)) for n, task in enumerate(tasks)]
    put_export(folder, "a.json", *answered)
    return adjudicate(target.pull(ANSWER_SCHEMA.empty_table(), {}).answers, originals(*samples)).to_pylist()


@pytest.mark.parametrize("screen", SAMPLES)
def test_round_trip(tmp_path: Path, screen: str) -> None:
    made = SAMPLES[screen]
    (row,) = through(tmp_path, made)
    assert row["status"] == "accepted"
    content = made.model_dump(mode="json")
    assert {name: row[name] for name in CONTENT_COLUMNS[:-1]} == {name: content[name] for name in CONTENT_COLUMNS[:-1]}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_data_and_come_back_equal(tmp_path: Path, hostile: str) -> None:
    samples = [
        sample(number=1, turns=(hostile, hostile + "答"), system=hostile, input=hostile),
        sample(number=2, turns=(hostile,) * 4),
        sample("preference", 3, turns=(hostile,), chosen=hostile, rejected=hostile + "!"),
        sample("text_classification", 4, turns=(hostile,), label=hostile),
    ]
    for row, made in zip(through(tmp_path, *samples), samples, strict=True):
        assert row["status"] == "accepted"
        assert [turn["content"] for turn in row["messages"]] == [turn.content for turn in made.messages]
        assert [row[name] for name in ("system", "chosen", "label")] == [made.system, made.chosen, made.label]


def synthetic(folder: Path, out: str, date: str = "2025-03-05") -> str:
    command = [sys.executable, str(ANNOTATORS), "--tasks", str(folder / "tasks"), "--out", str(folder / out), "--date", date]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_examples_annotators_answer_every_screen_the_same_way_each_time(tmp_path: Path) -> None:
    kinds = ("dialogue", "preference", "text_classification", "image_classification")
    samples = [sample(kind, 1000 * k + n) for k, kind in enumerate(kinds) for n in range(200)]
    samples += [sample(number=9000 + n, turns=("停水了？", "哪个小区？", "阳光小区", "今晚恢复")) for n in range(200)]
    target = backend(tmp_path)
    target.push([task_of(made, labels=["报修", "咨询", "正常", "模糊"]) for made in samples], "demo-000001")
    synthetic(tmp_path, "answers/day1.json")
    first = (tmp_path / "answers/day1.json").read_bytes()
    synthetic(tmp_path, "answers/day1.json")
    assert (tmp_path / "answers/day1.json").read_bytes() == first

    answers = target.pull(ANSWER_SCHEMA.empty_table(), {}).answers
    shares = {v["values"]: v["counts"] / answers.num_rows for v in answers.column("verdict").value_counts().to_pylist()}
    assert 0.62 < shares["accept"] < 0.78 and 0.14 < shares["edit"] < 0.28
    assert 0.04 < shares["reject"] < 0.12 and 0.01 < shares["skip"] < 0.06
    assert 1.15 < answers.num_rows / len(samples) < 1.25
    found = adjudicate(answers, originals(*samples))
    counts = {v["values"]: v["counts"] for v in found.column("status").value_counts().to_pylist()}
    assert found.num_rows == len(samples) and counts["accepted"] > 600 and counts["edited"] > 150


def test_the_examples_annotators_leave_answered_tasks_alone(tmp_path: Path) -> None:
    backend(tmp_path).push([task_of(sample(number=1))], "demo-000001")
    synthetic(tmp_path, "answers/day1.json")
    backend(tmp_path).push([task_of(sample(number=2))], "demo-000002")
    assert "to 1 tasks" in synthetic(tmp_path, "answers/day2.json", "2025-03-06")
