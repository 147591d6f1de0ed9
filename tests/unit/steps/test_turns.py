"""Question and answer of a sample: for every task, any number of turns, missing messages and batches cut from others."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.steps.turns import first_question, is_dialogue, last_answer, question
from tests.unit.steps.batches import cut, rows, sample

NULL = {**sample(), "messages": None}

CASES = [
    # row, question, last answer, first question
    (sample(), "", None, None),
    (NULL, "", None, None),
    (sample("Q"), "Q", None, "Q"),
    (sample(("assistant", "A")), "", "A", None),
    (sample("Q", "A"), "Q", "A", "Q"),
    (sample("", ""), "", "", ""),
    (sample("Q", "A", "Q2"), "Q\nA\nQ2", None, "Q"),
    (sample("Q", "A", "Q2", "A2"), "Q\nA\nQ2", "A2", "Q"),
    (sample(*"abcdefgh"), "a\nb\nc\nd\ne\nf\ng", "h", "a"),
    (sample(("assistant", "A"), ("user", "Q")), "A\nQ", None, None),
    (sample(("agent", "A")), "A", None, None),
    (sample("Q", "A", input="材料"), "材料\n\nQ", "A", "Q"),
    (sample("Q", task="preference", chosen="C", rejected="R"), "Q", "C", "Q"),
    (sample("T", task="text_classification", label="L"), "T", "L", "T"),
    (sample(task="image_classification", label="L", image_path="a/b.jpg"), "a/b.jpg", "L", None),
    ({**NULL, "task": "image_classification", "label": "L", "image_path": "c.jpg"}, "c.jpg", "L", None),
    (sample(task="image_classification", image_path="d.jpg"), "d.jpg", None, None),
]


def asked(batch: pa.RecordBatch) -> list[str]:
    """The questions without the empty lines of the parts that a task lacks."""
    return [text.strip("\n") for text in question(batch).to_pylist()]


@pytest.mark.parametrize("made", [rows, cut])
def test_of_a_whole_batch(made: Any) -> None:
    batch = made(*(case[0] for case in CASES))
    assert asked(batch) == [case[1] for case in CASES]
    assert last_answer(batch).to_pylist() == [case[2] for case in CASES]
    assert first_question(batch).to_pylist() == [case[3] for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_one_row_alone(case: tuple[dict[str, Any], str, str | None, str | None]) -> None:
    for batch in (rows(case[0]), cut(case[0])):
        assert (asked(batch), last_answer(batch).to_pylist(), first_question(batch).to_pylist()) == (
            [case[1]],
            [case[2]],
            [case[3]],
        )


def test_of_an_empty_batch() -> None:
    for batch in (rows(), cut()):
        assert [len(of(batch)) for of in (question, last_answer, first_question, is_dialogue)] == [0, 0, 0, 0]


def test_which_rows_are_dialogues() -> None:
    assert is_dialogue(cut(*(case[0] for case in CASES))).tolist() == [case[0]["task"] == "dialogue" for case in CASES]
