"""The screens: well-formed, every reference leads somewhere, and only tags that Community shows."""

import re
from xml.etree import ElementTree

import pytest

from annotation import templates
from annotation.records import Screen
from tests.unit.annotation.make import sample, task_of

OBJECTS = {"Text", "Image"}
CONTROLS = {"TextArea", "Choices", "Rating", "Pairwise"}
LAYOUT = {"View", "Header", "Style", "Choice", "Repeater"}

SAMPLES = {
    Screen.DIALOGUE: sample(),
    Screen.DIALOGUE_MULTI_TURN: sample(turns=("停水了？", "哪个小区？", "阳光小区", "今晚恢复。")),
    Screen.PREFERENCE: sample("preference"),
    Screen.TEXT_CLASSIFICATION: sample("text_classification"),
    Screen.IMAGE_CLASSIFICATION: sample("image_classification"),
}


def tags(screen: Screen) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(templates.load(screen)).iter())


@pytest.mark.parametrize("screen", Screen)
def test_only_tags_that_community_shows(screen: Screen) -> None:
    # <Chat> passes the server's validation, and then the Community page shows an error.
    assert {tag.tag for tag in tags(screen)} <= OBJECTS | CONTROLS | LAYOUT


@pytest.mark.parametrize("screen", Screen)
def test_every_control_refers_to_an_object_and_names_are_unique(screen: Screen) -> None:
    objects = [tag.get("name") for tag in tags(screen) if tag.tag in OBJECTS]
    controls = [tag for tag in tags(screen) if tag.tag in CONTROLS]
    names = objects + [tag.get("name") for tag in controls]
    assert len(names) == len(set(names)) and all(names)
    for control in controls:
        assert set(control.get("toName", "").split(",")) <= set(objects)


@pytest.mark.parametrize("screen", Screen)
def test_visibility_conditions_name_a_choice_that_is_there(screen: Screen) -> None:
    choices = {tag.get("name"): {c.get("value") for c in tag} for tag in tags(screen) if tag.tag == "Choices"}
    for tag in tags(screen):
        if tag.get("visibleWhen"):
            assert tag.get("whenChoiceValue") in choices[tag.get("whenTagName")]


@pytest.mark.parametrize("screen", Screen)
def test_data_has_every_variable_of_its_screen(screen: Screen) -> None:
    task = task_of(SAMPLES[screen])
    assert task.screen is screen
    values = [value for tag in tags(screen) for name, value in tag.attrib.items() if name in ("value", "on")]
    wanted = {match for value in values for match in re.findall(r"\$(\w+)", value)}
    assert wanted and wanted <= set(task.data)


@pytest.mark.parametrize("screen", Screen)
def test_hotkeys_are_unique(screen: Screen) -> None:
    keys = [tag.get("hotkey") for tag in tags(screen) if tag.get("hotkey")]
    keys += [choice["hotkey"] for choice in task_of(SAMPLES[screen]).data.get("labels", [])]
    assert keys and len(keys) == len(set(keys))


@pytest.mark.parametrize("screen", Screen)
def test_screens_are_in_chinese_and_english(screen: Screen) -> None:
    shown = [tag.get("value", "") for tag in tags(screen) if tag.tag == "Header"]
    shown += [tag.get("html", "") for tag in tags(screen) if tag.tag == "Choice"]
    for label in (label for label in shown if not label.startswith("$")):
        assert re.search(r"[\u4e00-\u9fff]", label) and re.search(r"[A-Za-z]{3}", label), label


def test_all_screens_have_one_style() -> None:
    styles = {templates.load(screen).partition("<Style>")[2].partition("</Style>")[0] for screen in Screen}
    assert len(styles) == 1 and styles != {""}
