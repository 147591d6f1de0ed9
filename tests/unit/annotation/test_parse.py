"""Label Studio's results as answers: the pitfalls of FIELD-NOTES §7 by name."""

from datetime import UTC, datetime
from typing import Any

import pytest

from annotation.parse import parse_task
from annotation.records import Answer
from tests.unit.annotation.make import accepted, annotation, choice, exported, region, sample, screen, side, task_of, text
from washplant.errors import LabelError


def parsed(task: Any, result: list[dict[str, Any]], **more: Any) -> Answer:
    (found,) = parse_task(exported(task, annotation(result, **more)), "export.json:1")
    return found


def contents(found: Answer) -> list[str]:
    return [turn.content for turn in found.messages]


DIALOGUE = task_of(sample(input="阳光小区", system="你是客服"))
TURNS = task_of(sample(turns=("停水了？", "哪个小区？", "阳光小区", "今晚恢复。")))


def test_unedited_text_areas_come_back_too() -> None:
    found = parsed(DIALOGUE, accepted(dict(DIALOGUE.data)))
    assert found.verdict == "accept"
    assert (found.system, found.input, contents(found)) == ("你是客服", "阳光小区", ["停水了？", "今晚恢复。"])


def test_an_edit_is_seen_from_the_text_not_from_the_button() -> None:
    button = choice("verdict", "accept")
    found = parsed(DIALOGUE, [*screen(dict(DIALOGUE.data), output="您好，今晚八点恢复。"), button])
    assert (found.verdict, contents(found)[1]) == ("edit", "您好，今晚八点恢复。")
    said_edit = [*screen(dict(DIALOGUE.data)), choice("verdict", "accept_with_edit")]
    assert parsed(DIALOGUE, said_edit).verdict == "accept"


def test_an_empty_field_yields_no_result() -> None:
    result = [*screen(dict(DIALOGUE.data), input="", output=""), choice("verdict", "accept")]
    found = parsed(DIALOGUE, result)
    assert (found.verdict, found.input, contents(found)) == ("edit", None, ["停水了？", ""])


def test_a_verdict_without_any_text_box_leaves_the_text_alone() -> None:
    found = parsed(DIALOGUE, [choice("verdict", "accept")])
    assert (found.verdict, contents(found)) == ("accept", ["停水了？", "今晚恢复。"])


def test_line_ends_and_outer_spaces_are_no_edit() -> None:
    task = task_of(sample(turns=("问", "一\r\n二 ")))
    found = parsed(task, [*screen(dict(task.data), output="一\n二"), choice("verdict", "accept")])
    assert (found.verdict, contents(found)[1]) == ("accept", "一\r\n二 ")


def test_repeater_turns_come_back_by_index() -> None:
    result = [*screen(dict(TURNS.data), messages_3="今晚八点恢复。"), choice("verdict", "accept")]
    found = parsed(TURNS, list(reversed(result)))
    assert (found.verdict, contents(found)) == ("edit", ["停水了？", "哪个小区？", "阳光小区", "今晚八点恢复。"])
    assert [turn.role for turn in found.messages] == ["user", "assistant"] * 2


def test_an_emptied_turn_is_empty() -> None:
    found = parsed(TURNS, [*screen(dict(TURNS.data), messages_1="", messages_2=""), choice("verdict", "accept")])
    assert contents(found) == ["停水了？", "", "", "今晚恢复。"]


@pytest.mark.parametrize("number", range(4))
def test_pairwise_returns_left_or_right(number: int) -> None:
    task = task_of(sample("preference", number))
    good, other = ("left", "right") if task.data["left_is"] == "chosen" else ("right", "left")
    same, swapped = parsed(task, [side(good)]), parsed(task, [side(other)])
    assert (same.verdict, same.chosen, same.rejected) == ("accept", "今晚八点恢复。", "不知道")
    assert (swapped.verdict, swapped.chosen, swapped.rejected) == ("edit", "不知道", "今晚八点恢复。")


def test_classes() -> None:
    task = task_of(sample("text_classification"), labels=["咨询"])
    assert parsed(task, [choice("label", "报修")]).verdict == "accept"
    changed = parsed(task, [choice("label", "咨询")])
    assert (changed.verdict, changed.label) == ("edit", "咨询")
    with pytest.raises(LabelError, match="two classes"):
        parsed(task, [choice("label", "咨询", "报修")])


def test_a_rejection_keeps_its_reasons_note_and_the_original_text() -> None:
    result = [*screen(dict(DIALOGUE.data), output="半句"), choice("verdict", "reject"), choice("reasons", "wrong", "other")]
    found = parsed(DIALOGUE, [*result, text("note", "价格过期"), region("quality", "rating", {"rating": 2})])
    assert (found.verdict, found.reasons, found.note, found.rating) == ("reject", ("other", "wrong"), "价格过期", 2)
    assert contents(found)[1] == "今晚恢复。"


def test_cancelled_is_a_skip() -> None:
    assert parsed(DIALOGUE, [], was_cancelled=True).verdict == "skip"
    assert parsed(DIALOGUE, accepted(dict(DIALOGUE.data)), was_cancelled=True).verdict == "skip"


@pytest.mark.parametrize("kind", ["dialogue", "preference", "text_classification", "image_classification"])
def test_submitted_without_choosing_is_a_skip_that_says_so(kind: str) -> None:
    found = parsed(task_of(sample(kind)), [text("note", "？")])
    assert (found.verdict, found.reasons) == ("skip", ("nothing_chosen",))


def test_drafts_and_predictions_are_no_answers() -> None:
    task = exported(DIALOGUE, drafts=[{"result": []}], predictions=[{"result": screen(dict(DIALOGUE.data))}])
    assert list(parse_task(task, "x:1")) == []


def test_several_submissions_of_a_box_are_its_lines() -> None:
    boxes = [region("output", "textarea", {"text": ["一", "二"]}), text("instruction", "停水了？"), text("input", "阳光小区")]
    assert contents(parsed(DIALOGUE, [*boxes, choice("verdict", "accept")]))[1] == "一\n二"


def test_an_annotator_is_the_users_number_however_the_export_gives_it() -> None:
    who: tuple[Any, ...] = (11, {"id": 11, "email": "chen@example.com"}, {"email": "chen@example.com"}, None)
    found = [parsed(DIALOGUE, [], who=form).annotator for form in who]
    assert found == ["11", "11", "chen@example.com", "unknown"]


def test_times_are_instants_in_utc() -> None:
    at = ("2025-03-05T09:00:00.123456+08:00", "2025-03-05T01:00:00.123456Z", "2025-03-05T01:00:00.123456")
    expected = datetime(2025, 3, 5, 1, 0, 0, 123456, UTC)
    assert [parsed(DIALOGUE, [], at=text).updated_at for text in at] == [expected] * 3


def test_lone_surrogates_from_json_escapes_are_repaired() -> None:
    result = [*screen(dict(DIALOGUE.data), output="好\ud83d的\ud83d\ude00"), choice("verdict", "accept")]
    assert contents(parsed(DIALOGUE, result))[1] == "好的😀"


def test_an_unknown_verdict_names_the_place_and_what_is_known() -> None:
    with pytest.raises(LabelError, match="unknown verdict '通过'") as caught:
        parsed(DIALOGUE, [choice("verdict", "通过")])
    assert caught.value.where == "export.json:1: annotation 1" and "html" in caught.value.next_step


@pytest.mark.parametrize(
    "broken", [{"updated_at": "gestern"}, {"result": [{"from_name": "x", "type": "textarea"}]}, {"id": None, "result": 3}]
)
def test_a_broken_annotation_is_an_error_with_its_place(broken: dict[str, Any]) -> None:
    with pytest.raises(LabelError) as caught:
        list(parse_task(exported(DIALOGUE, {**annotation([]), **broken}), "export.json:4"))
    assert caught.value.where.startswith("export.json:4")


def test_data_edited_in_label_studio_is_an_error() -> None:
    task = exported(DIALOGUE, annotation([]))
    task["data"] = {name: value for name, value in task["data"].items() if name != "output"}
    with pytest.raises(LabelError, match="not as washplant pushed it"):
        list(parse_task(task, "export.json:1"))
