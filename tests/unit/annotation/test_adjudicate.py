"""Several answers, one resolution: who counts, who agrees, and what people may not write."""

import random
from typing import Any

import pyarrow as pa
import pytest

from annotation.adjudicate import AdjudicationRules, adjudicate
from annotation.recheck import mask_content
from annotation.records import ANSWER_SCHEMA, RESOLUTION_SCHEMA, Answer, Resolution
from tests.unit.annotation.make import answer, edited, message, originals, sample, table
from washplant.sample import Sample

ONE = sample()
TURNS = sample(turns=("停水了？", "哪个小区？", "阳光小区", "今晚恢复。"))


def settled(*answers: Answer, of: Sample = ONE, **rules: Any) -> dict[str, Any]:
    found = adjudicate(table(*answers), originals(of), AdjudicationRules(**rules))
    assert found.schema.equals(RESOLUTION_SCHEMA)
    (row,) = found.to_pylist()
    Resolution.model_validate(row)
    return row


def last(row: dict[str, Any]) -> str:
    return str(row["messages"][-1]["content"])


def test_an_accepted_answer_has_the_originals_bytes() -> None:
    row = settled(answer(ONE))
    assert (row["status"], row["reason"], last(row), row["annotators"], row["answers"]) == (
        "accepted",
        None,
        "今晚恢复。",
        ["11"],
        1,
    )


def test_an_edit_back_to_the_original_is_an_acceptance_and_null_is_not_empty_text() -> None:
    row = settled(edited(ONE, "今晚恢复。", input=""))
    assert (row["status"], row["input"]) == ("accepted", None)


def test_without_originals_the_verdict_says_whether_it_is_edited() -> None:
    found = adjudicate(table(answer(ONE), edited(sample(number=2), "您好。")))
    assert found.column("status").to_pylist() == ["accepted", "edited"]


def test_answers_agree_when_their_matching_views_do_and_the_newest_text_is_taken() -> None:
    row = settled(edited(ONE, "您好，今晚恢复", at=1), edited(ONE, "您好, 今晚恢复。", "12", at=2))
    assert (row["status"], last(row), row["annotators"], row["answers"]) == ("edited", "您好, 今晚恢复。", ["11", "12"], 2)


def test_resolved_at_is_the_newest_answer_used_never_the_clock() -> None:
    row = settled(answer(ONE, "11", at=1), answer(ONE, "12", at=5), edited(ONE, "别的回答", "13", at=9))
    assert row["resolved_at"].minute == 5 and row["annotators"] == ["11", "12"] and row["answers"] == 3


@pytest.mark.parametrize(("agree", "status"), [("majority", "accepted"), ("exact", "open")])
def test_two_of_three(agree: str, status: str) -> None:
    row = settled(answer(ONE, "11"), answer(ONE, "12"), edited(ONE, "别的回答", "13"), agree=agree)
    assert (row["status"], row["reason"]) == (status, None if status == "accepted" else "disagreement")


def test_one_against_one_is_open_and_has_no_content() -> None:
    row = settled(answer(ONE, "11"), edited(ONE, "别的回答", "12", at=3))
    assert (row["status"], row["reason"], row["messages"], row["annotators"]) == ("open", "disagreement", None, ["11", "12"])


def test_skips_do_not_count() -> None:
    row = settled(answer(ONE, "11"), answer(ONE, "12", "skip"), answer(ONE, "13", "skip"))
    assert (row["status"], row["answers"], row["annotators"]) == ("accepted", 1, ["11"])
    only = settled(answer(ONE, "11", "skip"))
    assert (only["status"], only["reason"], only["answers"], only["resolved_at"]) == ("open", "no_answer", 0, None)


def test_too_few_answers_wait() -> None:
    row = settled(answer(ONE), min_answers=2)
    assert (row["status"], row["reason"]) == ("open", "too_few_answers")


def test_all_rejections_agree_and_their_reasons_are_kept() -> None:
    first, second = answer(ONE, "11", "reject", reasons=("wrong",)), answer(ONE, "12", "reject", reasons=("unsafe", "wrong"))
    row = settled(first, second, answer(ONE, "13"))
    assert (row["status"], row["reason"], row["messages"]) == ("rejected", "rejected_by_annotator", None)
    assert (row["reject_reasons"], row["annotators"]) == (["unsafe", "wrong"], ["11", "12"])


def test_of_an_annotator_the_newest_answer_counts() -> None:
    old, new = edited(ONE, "旧", at=1, annotation_id="9"), edited(ONE, "新", at=2, annotation_id="10")
    assert last(settled(new, old)) == "新"


def test_of_an_annotation_the_newest_state_counts() -> None:
    assert last(settled(edited(ONE, "新", at=2), edited(ONE, "旧", at=1))) == "新"


def test_a_deleted_annotation_takes_its_answer_back_and_reopens_what_it_had_settled() -> None:
    row = settled(answer(ONE), answer(ONE, deleted=True))
    assert (row["status"], row["reason"], row["messages"]) == ("open", "no_answer", None)


def test_an_older_annotation_stands_when_its_annotators_newer_one_was_deleted() -> None:
    newer = edited(ONE, "新", at=2, annotation_id="2")
    row = settled(answer(ONE, annotation_id="1"), newer, newer.model_copy(update={"deleted": True}))
    assert row["status"] == "accepted"


def test_answers_bind_to_a_version() -> None:
    newer = sample(version="v2")
    found = adjudicate(table(answer(ONE), edited(newer, "新")), originals(newer))
    assert found.select(["version", "status"]).to_pylist() == [
        {"version": "v1", "status": "accepted"},
        {"version": "v2", "status": "edited"},
    ]


def test_classes_are_compared_to_the_letter() -> None:
    kind = sample("text_classification", label="C")
    row = settled(answer(kind, "11"), answer(kind, "12", "edit", label="C++"), of=kind)
    assert row["reason"] == "disagreement"


def test_pii_that_a_person_wrote_is_masked_and_counted() -> None:
    row = settled(edited(ONE, "请打 13812345678 或 １３９ 1234 5678"))
    assert (row["status"], last(row), row["masked"]) == ("edited", "请打 [手机号] 或 [手机号]", 2)


def test_only_the_kinds_that_the_project_masks_are_masked() -> None:
    found = adjudicate(table(edited(ONE, "请打 13812345678")), originals(ONE), masked=())
    assert found.column("masked").to_pylist() == [0]


def test_answers_can_be_masked_before_they_are_stored() -> None:
    rows = table(edited(ONE, "好", note="张三 13812345678"), answer(sample(number=2)))
    masked, counts = mask_content(rows)
    assert masked.schema.equals(ANSWER_SCHEMA) and counts.tolist() == [2, 0]
    assert masked.column("note").to_pylist() == ["[姓名] [手机号]", None]
    assert masked.drop_columns("note").equals(rows.drop_columns("note"))


@pytest.mark.parametrize("output", ["", "  ", "\u200b\n"])
def test_an_emptied_answer_is_rejected(output: str) -> None:
    row = settled(edited(ONE, output))
    assert (row["status"], row["reason"], row["messages"]) == ("rejected", "shape_empty", None)


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        ((0, 3), None),
        ((0, 1), None),
        ((2, 3), None),
        ((0, 1, 2), "shape_role_order"),
        ((1, 2), "shape_role_order"),
        ((0, 2), "shape_empty"),
    ],
)
def test_emptied_turns_are_taken_out_and_the_rest_must_be_a_dialogue(kept: tuple[int, ...], reason: str | None) -> None:
    turns = [message(turn.role, turn.content if n in kept else "") for n, turn in enumerate(TURNS.messages)]
    row = settled(answer(TURNS, verdict="edit", messages=tuple(turns)), of=TURNS)
    assert row["reason"] == reason
    if reason is None:
        assert [turn["content"] for turn in row["messages"]] == [TURNS.messages[n].content for n in kept]


@pytest.mark.parametrize(
    ("kind", "lost"), [("preference", "chosen"), ("text_classification", "label"), ("image_classification", "label")]
)
def test_other_tasks_that_lost_a_part_are_rejected(kind: str, lost: str) -> None:
    made = sample(kind)
    assert settled(answer(made, verdict="edit", **{lost: None}), of=made)["reason"] == "shape_empty"


def crowd(number: int = 60) -> pa.Table:
    """Answers of all sorts, two states of some, ties among them."""
    draw = random.Random(7)
    answers = []
    for n in range(number):
        made = sample(number=n)
        for who in draw.sample(("11", "12", "13"), draw.randint(1, 3)):
            verdict = draw.choice(("accept", "edit", "reject", "skip"))
            for at in {1, draw.randint(1, 3)}:
                text = draw.choice(("今晚恢复。", "今晚恢复！", "您好，今晚恢复。"))
                found = edited(made, text, who, at) if verdict == "edit" else answer(made, who, verdict, at)
                answers.append(found.model_copy(update={"deleted": draw.random() < 0.1}))
    return table(*answers)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_answers_does_not_matter(seed: int) -> None:
    rows = crowd()
    order = list(range(rows.num_rows))
    random.Random(seed).shuffle(order)
    known = originals(*(sample(number=n) for n in range(60)))
    expected = adjudicate(rows, known)
    assert adjudicate(rows.take(order), known).equals(expected)
    halves = pa.concat_tables([rows.slice(50), rows.slice(0, 50)])
    assert adjudicate(halves, known.take(list(range(59, -1, -1)))).equals(expected)
    assert expected.sort_by([("id", "ascending"), ("version", "ascending")]).equals(expected)


def test_no_answers_no_resolutions() -> None:
    found = adjudicate(ANSWER_SCHEMA.empty_table(), originals(ONE))
    assert found.num_rows == 0 and found.schema.equals(RESOLUTION_SCHEMA)
