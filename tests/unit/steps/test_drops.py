"""Shape and Length: each reason of the closed list, and for what rows it is not given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.steps import Batch
from pipelines.steps.base import REASONS
from pipelines.steps.length import Length
from pipelines.steps.shape import Shape
from tests.unit.steps.batches import cut, outcomes, rows, sample

Q, A = "水表怎么过户？", "请携带身份证到营业厅办理。"
IMAGE = {"task": "image_classification", "image_path": "a.jpg", "label": "清晰"}
TEXT = {"task": "text_classification", "label": "投诉"}
PAIR = {"task": "preference", "chosen": A, "rejected": "不知道。"}

SHAPES: list[tuple[str | None, dict[str, Any]]] = [
    (None, sample(Q, A)),
    (None, sample(Q, A, "几天？", "三个工作日。")),
    (None, sample(Q, task="preference", chosen=A, rejected="不知道。")),
    (None, sample(Q, **TEXT)),
    (None, sample(**IMAGE)),
    (None, {**sample(**IMAGE), "messages": None}),
    ("empty_question", sample("", A)),
    ("empty_question", sample(" \n\u200b", A)),
    ("empty_question", sample(None, A)),
    ("empty_question", sample()),
    ("empty_question", {**sample(), "messages": None}),
    ("empty_question", sample("", A, "几天？", A)),
    ("empty_question", sample(("assistant", A), ("user", Q))),
    ("empty_question", sample("", **TEXT)),
    ("empty_question", sample("", **PAIR)),
    ("empty_answer", sample(Q)),
    ("empty_answer", sample(Q, "")),
    ("empty_answer", sample(Q, " ")),
    ("empty_answer", sample(Q, None)),
    ("empty_answer", sample(Q, A, "几天？")),
    ("empty_answer", sample(Q, **{**PAIR, "chosen": ""})),
    ("empty_answer", sample(Q, **{**PAIR, "chosen": None})),
    ("empty_answer", sample(Q, **{**PAIR, "rejected": " "})),
    ("empty_answer", sample(Q, **{**PAIR, "rejected": None})),
    ("empty_label", sample(Q, **{**TEXT, "label": ""})),
    ("empty_label", sample(Q, **{**TEXT, "label": None})),
    ("empty_label", sample(**{**IMAGE, "label": None})),
    ("empty_image_path", sample(**{**IMAGE, "image_path": None})),
    ("empty_image_path", sample(**{**IMAGE, "image_path": " "})),
    ("role_unknown", sample(("user", Q), ("机器人", A))),
    ("role_unknown", sample(("", Q), ("assistant", A))),
    ("role_unknown", sample((None, Q), ("assistant", A))),  # type: ignore[arg-type]
    ("role_unknown", sample(("agent", Q), ("user", "x"), ("assistant", A))),
    ("role_order", sample(("user", Q), ("user", "在吗"), ("assistant", A))),
    ("role_order", sample(("user", Q), ("assistant", A), ("assistant", A))),
    ("truncated", sample(Q, "办理过户需要携带的材料包括，")),
    ("truncated", sample(Q, **{**PAIR, "chosen": "办理过户需要携带的材料包括："})),
    ("dead_end", sample(Q, "请稍等")),
    ("dead_end", sample(Q, **{**PAIR, "chosen": "请稍等"})),
    (None, sample("请稍等", A)),
    (None, sample(Q, **{**PAIR, "rejected": "请稍等"})),
    (None, sample(Q, **{**TEXT, "label": "请稍等"})),
    (None, sample("办理过户需要的材料包括：", **TEXT)),
]


def expected(cases: list[tuple[str | None, dict[str, Any]]]) -> list[str | None]:
    return [reason and f"shape.{reason}" for reason, _ in cases]


@pytest.mark.parametrize("made", [rows, cut])
def test_the_shape_of_a_whole_batch(made: Any) -> None:
    batch = made(*(row for _, row in SHAPES))
    done = Shape().apply(Batch.of(batch))
    assert outcomes(done) == expected(SHAPES)
    assert done.rows is batch, "dropped rows stay in the batch, untouched"


@pytest.mark.parametrize(("reason", "row"), SHAPES, ids=lambda value: str(value)[:60])
def test_the_shape_of_one_row_alone(reason: str | None, row: dict[str, Any]) -> None:
    assert outcomes(Shape().apply(Batch.of(cut(row)))) == expected([(reason, row)])


def test_every_reason_of_the_closed_list_is_given() -> None:
    assert {reason for reason, _ in SHAPES} - {None} == set(REASONS["shape"])
    assert {reason for reason, _ in LENGTHS} - {None} == set(REASONS["length"])


def test_cut_answers_and_dead_ends_may_stay() -> None:
    lax = Shape(drop_truncated=False, drop_dead_ends=False)
    spared = [(reason, row) for reason, row in SHAPES if reason in ("truncated", "dead_end")]
    assert outcomes(lax.apply(Batch.of(rows(*(row for _, row in spared))))) == [None] * len(spared)


BOUNDS = Length(question_min=4, answer_min=3, total_max=20)
LENGTHS: list[tuple[str | None, dict[str, Any]]] = [
    (None, sample("水表过户", "可以的")),
    ("question_short", sample("水表过", "可以的")),
    ("question_short", sample(" 水表过 ", "可以的")),
    ("question_short", sample("水表过", "可")),
    ("answer_short", sample("水表过户", "可以")),
    ("answer_short", sample("水表过户")),
    (None, sample("😀😀😀😀", "😀😀😀")),
    (None, sample("水" * 17, "可以的")),
    ("too_long", sample("水" * 18, "可以的")),
    ("too_long", sample("水水", "费费", "水" * 14, "可以的")),
    (None, sample("水", **{**TEXT, "label": "是"})),
    (None, sample("水", **{**PAIR, "chosen": "是"})),
    (None, sample(**{**IMAGE, "label": "是"})),
    ("too_long", sample("水" * 21, **TEXT)),
    ("too_long", sample("水水水水", **{**PAIR, "chosen": "是" * 20})),
]


@pytest.mark.parametrize("made", [rows, cut])
def test_the_length_of_a_whole_batch(made: Any) -> None:
    batch = made(*(row for _, row in LENGTHS))
    done = BOUNDS.apply(Batch.of(batch))
    assert outcomes(done) == [reason and f"length.{reason}" for reason, _ in LENGTHS]
    assert done.rows is batch


def test_what_trains_counts_towards_the_longest_sample() -> None:
    """`total_max`: all texts of the sample together, as the configuration says; a system prompt is trained on as well."""
    long = "水" * 30
    for row in (
        sample("水表过户", "可以的", system=long),
        sample("水表过户", "可以的", input=long),
        sample("水表过户", **{**PAIR, "rejected": long}),
    ):
        assert outcomes(BOUNDS.apply(Batch.of(rows(row)))) == ["length.too_long"]


@pytest.mark.parametrize("step", [Shape(), BOUNDS], ids=lambda step: step.name)
def test_an_empty_batch(step: Any) -> None:
    assert outcomes(step.apply(Batch.of(cut()))) == []


def test_the_first_reason_stays() -> None:
    batch = Batch.of(rows(sample("x", "y"), sample("x", "y"), sample("x", "y")))
    batch = batch.drop("shape", "dead_end", pa.array([True, None, False]))
    batch = batch.drop("length", "too_long", np.array([True, False, True]))
    assert outcomes(batch) == ["shape.dead_end", None, "length.too_long"]


def test_a_reason_outside_the_list_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="not in the closed list"):
        Batch.of(rows(sample("x", "y"))).drop("shape", "ugly", np.array([True]))
