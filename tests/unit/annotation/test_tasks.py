"""Samples as Label Studio tasks."""

import json

from annotation.records import Screen
from tests.unit.annotation.make import sample, task_of


def test_a_task_carries_what_the_answer_needs_to_be_ours() -> None:
    data = task_of(sample(), reason="stratified").as_label_studio()["data"]
    assert (data["sample_id"], data["version"], data["push_batch"], data["task"]) == (
        sample().id,
        "v1",
        "demo-000001",
        "dialogue",
    )
    assert (data["instruction"], data["output"]) == ("停水了？", "今晚恢复。")


def test_a_task_is_plain_json_and_the_same_bytes_each_time() -> None:
    for kind in ("dialogue", "preference", "text_classification", "image_classification"):
        first, second = (json.dumps(task_of(sample(kind)).as_label_studio(), ensure_ascii=False) for _ in range(2))
        assert first == second


def test_sides_of_a_pair_are_drawn_so_that_position_tells_nothing() -> None:
    left = [task_of(sample("preference", number)).data["left_is"] for number in range(200)]
    assert 70 < left.count("chosen") < 130


def test_an_updated_row_carries_the_old_answer_as_prediction() -> None:
    old = {"messages": [{"role": "user", "content": "停水"}, {"role": "assistant", "content": "您好，今晚恢复。"}]}
    task = task_of(sample(input="阳光小区"), reason="changed", previous=old)
    (prediction,) = task.as_label_studio()["predictions"]
    texts = {r["from_name"]: r["value"]["text"] for r in prediction["result"]}
    # All boxes are in it, and the question is the new one: only the answer is old.
    assert texts == {"instruction": ["停水了？"], "input": ["阳光小区"], "output": ["您好，今晚恢复。"]}
    assert "更新" in task.data["hints"]


def test_predictions_of_the_other_screens() -> None:
    four = sample(turns=("a", "b", "c", "d"))
    old = {"messages": [{"role": r, "content": r} for r in ("user", "assistant") * 2]}
    regions = task_of(four, previous=old).predictions[0]["result"]
    assert [r["value"]["text"][0] for r in regions] == ["a", "assistant", "c", "assistant"]
    shorter = task_of(four, previous={"messages": old["messages"][:2]}).predictions[0]["result"]
    assert [r["value"]["text"][0] for r in shorter] == ["a", "b", "c", "d"]

    pair = task_of(sample("preference"), previous={"chosen": "不知道"})
    rejected_side = "right" if pair.data["left_is"] == "chosen" else "left"
    assert pair.predictions[0]["result"][0]["value"] == {"selected": rejected_side}
    assert task_of(sample("preference"), previous={"chosen": "旧文本"}).predictions == ()

    labelled = task_of(sample("text_classification"), previous={"label": "咨询"}, labels=["咨询", "投诉"])
    assert labelled.predictions[0]["result"][0]["value"] == {"choices": ["咨询"]}


def test_a_dialogue_of_other_than_two_turns_has_its_own_screen() -> None:
    assert task_of(sample(turns=("a", "b", "c"))).screen is Screen.DIALOGUE_MULTI_TURN
    assert [turn["speaker"] for turn in task_of(sample(turns=("a", "b", "c"))).data["messages"]][1] == "客服 Assistant"


def test_classes_come_with_the_task_and_the_sample_s_own_is_among_them() -> None:
    labels = task_of(sample("text_classification"), labels=[f"类{n}" for n in range(10)]).data["labels"]
    assert "报修" in [choice["value"] for choice in labels] and len(labels) == 11
    assert [choice.get("hotkey") for choice in labels][:2] == ["1", "2"] and "hotkey" not in labels[-1]


def test_images_are_served_from_label_studios_document_root_unless_they_have_an_address() -> None:
    assert task_of(sample("image_classification")).data["image"] == "/data/local-files/?d=images/001%20a.png"
    assert task_of(sample("image_classification", image_path="https://x/1.png")).data["image"] == "https://x/1.png"
