"""An annotator's day in a real browser: what is done on the pages arrives in the pull. Pictures of every screen are kept."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from annotation.projects import LabelProject
from annotation.records import Screen, Task
from sandbox.chromium import Chromium, chromium
from sandbox.server import Unavailable
from tests.unit.annotation.make import sample
from washplant.sample import Sample

from .annotator import SHOTS, annotator
from .labelling import Team, nothing, tasks_of

pytestmark = pytest.mark.services

ANSWER = "您好，阳光小区因水箱清洗临时停水，预计今晚 20:00 前恢复。如仍有发黄现象，请放水两分钟。"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>粗</b> &amp; {{idx}} $output 👩‍👩‍👧"
CLASSES = ["投诉", "报修", "缴费"]


@pytest.fixture(scope="session")
def browser() -> Chromium:
    """A Chromium that starts."""
    try:
        return chromium()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(error.what)


def pushed(team: Team, *samples: Sample, labels: list[str] | None = None) -> LabelProject:
    """The project of the samples' screen, with a task for each."""
    tasks: list[Task] = tasks_of(*samples, labels=labels or [])
    team.backend().push(tasks, "b-000001")
    (project,) = team.projects()
    return project


def pulled(team: Team) -> dict[str, dict[str, Any]]:
    """The answers by the id of their sample."""
    return {row["id"]: row for row in team.backend().pull(nothing(), {}).answers.to_pylist()}


def fresh(name: Screen) -> None:
    for picture in SHOTS.glob(f"{name}-*.png"):
        picture.unlink()


def test_a_day_in_the_dialogue_screen(team: Team, browser: Chromium) -> None:
    fresh(Screen.DIALOGUE)
    questions = [f"第 {n} 号楼停水了，什么时候来水？" for n in range(1, 6)]
    made = [
        sample(number=n, turns=(q, ANSWER), system="你是客服", input="阳光小区", meta={"channel": "电话"})
        for n, q in enumerate(questions, 1)
    ]
    project = pushed(team, *made)
    with annotator(browser, team.facts["url"]) as person:
        shown = person.page.locator("textarea[name=instruction]")
        person.open(project)
        expect(shown).to_have_value(questions[0])
        assert person.read("output") == ANSWER
        person.shot("dialogue-1-empty")
        person.write("output", "您好，今晚九点恢复。")
        person.leave_the_box()
        person.press("1")
        person.rate(4)
        person.shot("dialogue-2-edited")
        person.submit()
        expect(shown).to_have_value(questions[1])
        person.press("2", "q", "w")
        person.shot("dialogue-3-rejected")
        person.submit()
        expect(shown).to_have_value(questions[2])
        person.skip()
        expect(shown).to_have_value(questions[3])
        person.postpone()
        expect(shown).to_have_value(questions[4])
        person.press("1")
        person.submit()
    answers = [pulled(team).get(each.id) for each in made]
    found = [answer and (answer["verdict"], answer["rating"], answer["reasons"]) for answer in answers]
    assert found == [
        ("edit", 4, []),
        ("reject", None, ["off_topic", "wrong"]),
        ("skip", None, []),
        None,
        ("accept", None, []),
    ]
    assert answers[0] and answers[0]["messages"][1]["content"] == "您好，今晚九点恢复。"


def test_nothing_is_sent_without_a_verdict(team: Team, browser: Chromium) -> None:
    project = pushed(team, sample(turns=("停水了？", ANSWER)))
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        person.rate(3)
        person.press("Control+Enter")
        expect(person.page.get_by_text("请先选择结论 · pick a verdict first").first).to_be_visible()
        person.shot("dialogue-4-verdict-missing")
    assert pulled(team) == {}


def test_hostile_texts_are_shown_as_text(team: Team, browser: Chromium) -> None:
    project = pushed(team, sample(turns=(HOSTILE, HOSTILE), system=HOSTILE, input=HOSTILE, meta={"note": HOSTILE}))
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        expect(person.page.get_by_text("<b>粗</b>").first).to_be_visible()
        assert person.read("output") == HOSTILE
        assert person.page.title() != "owned" and person.page.locator(".wp img").count() == 0
        person.shot("dialogue-5-hostile")
        person.press("1")
        person.submit()
    (answer,) = pulled(team).values()
    assert answer["verdict"] == "accept" and [turn["content"] for turn in answer["messages"]] == [HOSTILE, HOSTILE]


def test_a_dialogue_of_several_turns(team: Team, browser: Chromium) -> None:
    fresh(Screen.DIALOGUE_MULTI_TURN)
    project = pushed(team, sample(turns=("停水了？", "您好，请问是哪个小区？", "阳光小区", ANSWER)))
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        assert person.read("messages_3") == ANSWER
        person.shot("dialogue_multi_turn-1-empty")
        person.write("messages_3", "今晚九点恢复。")
        person.leave_the_box()
        person.press("1")
        person.shot("dialogue_multi_turn-2-filled")
        person.submit()
    (answer,) = pulled(team).values()
    assert [turn["content"] for turn in answer["messages"]] == [
        "停水了？",
        "您好，请问是哪个小区？",
        "阳光小区",
        "今晚九点恢复。",
    ]


def test_a_pair(team: Team, browser: Chromium) -> None:
    fresh(Screen.PREFERENCE)
    made = sample("preference", turns=("停水了？",), chosen=ANSWER, rejected="不知道，请自己查公告。", system="你是客服")
    project = pushed(team, made)
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        person.shot("preference-1-empty")
        person.page.get_by_text("不知道，请自己查公告。").click()
        person.shot("preference-2-filled")
        person.submit()
    (answer,) = pulled(team).values()
    assert (answer["chosen"], answer["rejected"]) == ("不知道，请自己查公告。", ANSWER)


def test_a_text_and_its_class(team: Team, browser: Chromium) -> None:
    fresh(Screen.TEXT_CLASSIFICATION)
    made = sample("text_classification", turns=("水表转得特别快，怀疑漏水。",), label="投诉")
    project = pushed(team, made, labels=CLASSES)
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        person.shot("text_classification-1-empty")
        person.press(str(sorted(CLASSES).index("报修") + 1))
        assert person.chosen("报修")
        person.shot("text_classification-2-filled")
        person.submit()
    (answer,) = pulled(team).values()
    assert answer["label"] == "报修"


def test_an_image_and_its_class(team: Team, browser: Chromium) -> None:
    fresh(Screen.IMAGE_CLASSIFICATION)
    folder = Path(team.facts["files"]) / team.title
    folder.mkdir()
    (folder / "水表 1.png").write_bytes(picture(480, 320))
    made = sample("image_classification", image_path=f"{team.title}/水表 1.png", label="正常")
    project = pushed(team, made, labels=["正常", "破损"])
    storage = {"project": project.id, "path": str(folder), "use_blob_urls": True, "title": "images"}
    team.admin.post("storages/localfiles", storage)
    with annotator(browser, team.facts["url"]) as person:
        person.open(project)
        image = person.page.locator(".wp img").first
        image.wait_for()
        person.page.wait_for_function("document.querySelector('.wp img').naturalWidth == 480")
        person.shot("image_classification-1-empty")
        person.press("0", "r")
        person.shot("image_classification-2-rejected")
        person.submit()
    (answer,) = pulled(team).values()
    assert (answer["verdict"], answer["reasons"]) == ("reject", ["unsafe"])


def picture(width: int, height: int) -> bytes:
    """A PNG of a colour gradient."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(v for x in range(width) for v in (x * 255 // width, y * 255 // height, 120)) for y in range(height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
