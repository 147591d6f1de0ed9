"""The four walks of the change semantics: labels bind to (id, version), and what they bind to moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines import label
from pipelines.pick import pick
from tests.spark.answers import answer, pushed, write
from tests.spark.conftest import QA, Nights, row

pytestmark = pytest.mark.spark

LABEL = "label: {backend: {kind: file, tasks: tasks, answers: answers}, budget: 50}\n"
LABELLED = QA.replace(", include: unlabelled", "") + LABEL
Q1, A1 = "水表怎么过户？", "您好，办理过户请携带双方身份证、不动产权证书和最近一期水费发票，到任意营业厅办理。"
Q2, A2 = "家里没水怎么办？", "请先查看表前阀门是否打开，再看停水公告；都没有问题请拨打热线报修，我们上门检查。"


def _exchange(p: Nights) -> None:
    project = p.project
    pick(project)
    label.exchange(project)


def _outputs(p: Nights) -> set[str]:
    return {line["output"] for line in p.lines()}


def test_updated_row_and_answer_edited_after_export(nights: Callable[..., Nights]) -> None:
    p = nights(LABELLED)
    p.put("r", row(1, Q1, A1), row(2, Q2, A2))
    p.feed()
    _exchange(p)
    ids = {n: entry["id"] for n, entry in p.state().items()}
    tasks = pushed(p.folder / "tasks")
    assert set(tasks) == set(ids.values())
    assert p.export().version is None, "nobody has answered: nothing may be exported"

    write(p.folder / "answers" / "1.json", answer(tasks[ids["1"]], 1), answer(tasks[ids["2"]], 2, "改过的回答：" + A2))
    _exchange(p)
    first = p.export()
    assert first.made and _outputs(p) == {A1, "改过的回答：" + A2}

    # Answer edited after export: it lands in the next version; no change, no new version.
    assert not p.export().made
    edited = answer(tasks[ids["2"]], 2, "又改了一次：" + A2, at="2025-03-06T10:00:00Z")
    write(p.folder / "answers" / "2.json", answer(tasks[ids["1"]], 1), edited)
    _exchange(p)
    second = p.export()
    assert second.made and second.version is not None and second.version.number == 2
    assert _outputs(p) == {A1, "又改了一次：" + A2}
    _exchange(p)
    assert not p.export().made

    # Updated labelled row: the label stays with the old version, the new one is asked with the old answer shown.
    before = p.state()["2"]
    p.put("r", row(2, Q2, "请先查看停水公告，再看表前阀门是否打开；都没有问题请拨打九六一一六报修。"))
    p.feed()
    after = p.state()["2"]
    assert (after["id"], after["split"]) == (before["id"], before["split"]) and after["version"] != before["version"]
    p.export()
    assert _outputs(p) == {A1}, "what nobody approved is not exported"
    _exchange(p)
    task = pushed(p.folder / "tasks")[ids["2"]]
    assert task["data"]["version"] == after["version"]
    shown = {region["from_name"]: region["value"]["text"][0] for region in task["predictions"][0]["result"]}
    assert shown["output"] == "又改了一次：" + A2
    write(p.folder / "answers" / "3.json", answer(task, 3))
    _exchange(p)
    p.export()
    assert "请先查看停水公告，再看表前阀门是否打开；都没有问题请拨打九六一一六报修。" in _outputs(p)


def test_deleted_row_and_duplicate_before_its_original(nights: Callable[..., Nights]) -> None:
    p = nights(LABELLED)
    p.put("r", row("copy", Q1, A1))
    p.feed()
    _exchange(p)
    copy = p.state()["copy"]
    write(p.folder / "answers" / "1.json", answer(pushed(p.folder / "tasks")[copy["id"]], 1, A1 + "感谢来电。"))
    _exchange(p)
    p.export()
    assert _outputs(p) == {A1 + "感谢来电。"}

    # Duplicate before its original: the labelled row stays, though the original is longer and its twin is equal.
    p.put("r", row("original", Q1, A1 + "祝您生活愉快。"), row("twin", Q1 + "？", A1))
    p.feed()
    state = p.state()
    assert state["copy"]["status"] == "kept"
    assert state["original"]["kept_id"] == state["twin"]["kept_id"] == copy["id"]
    assert state["original"]["split"] == state["twin"]["split"] == copy["split"]
    assert not p.export().made

    # Deleted row: what it had displaced is decided again; its label serves the twin, whose matching view is equal, and
    # would serve no other.
    p.put("r", row("copy", Q1, A1, gone=True))
    p.feed()
    state = p.state()
    kept = [n for n in ("original", "twin") if state[n]["status"] == "kept"]
    assert kept == ["original"], "the longer of the two stands for both"
    assert state["original"]["split"] == copy["split"]
    p.export()
    assert p.lines() == [], "a label crosses ids only where the views are equal"
    p.put("r", row("original", Q1, A1 + "祝您生活愉快。", gone=True))
    p.feed()
    p.export()
    assert _outputs(p) == {A1 + "感谢来电。"}
