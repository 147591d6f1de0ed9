"""Mask and Normalise: every text of a sample is worked on, nothing else is, and rows stay where they are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.steps import Batch
from pipelines.steps.mask import Mask
from pipelines.steps.normalise import Normalise
from tests.unit.steps.batches import contents, cut, rows, sample
from washplant.text.pii import Policy

PHONE, MASKED = "13812345678", "[手机号]"
RESIDENT = "110105199003077710"
MASK, NORMALISE = Mask(policy=Policy(("mobile", "resident_id"))), Normalise()
TEXTS = ("system", "input", "chosen", "rejected", "label")

both = pytest.mark.parametrize("made", [rows, cut])


def masked(batch: pa.RecordBatch) -> Batch:
    return MASK.apply(Batch.of(batch))


@both
def test_every_text_is_masked_and_counted(made: Any) -> None:
    said = f"电话{PHONE}，另一个{PHONE}"
    done = masked(
        made(
            sample("没有号码", "好的"),
            sample(said, f"记下了{PHONE}", "再见", "再见"),
            sample("Q", task="preference", **dict.fromkeys(TEXTS, PHONE)),
            {**sample(input=PHONE), "messages": None},
        )
    )
    assert contents(done.rows) == [
        ["没有号码", "好的"],
        [said.replace(PHONE, MASKED), f"记下了{MASKED}", "再见", "再见"],
        ["Q"],
        None,
    ]
    assert [done.column(name)[2].as_py() for name in TEXTS] == [MASKED] * len(TEXTS)
    assert done.masked["mobile"].tolist() == [0, 3, 5, 1]
    assert done.masked["resident_id"].tolist() == [0, 0, 0, 0]
    assert done.changed["mask"].tolist() == [False, True, True, True]


@both
def test_metadata_is_masked_and_not_counted(made: Any) -> None:
    done = masked(
        made(
            sample("Q", "A", meta={"phone": PHONE, "id": RESIDENT, "none": None, "x": "y"}),
            {**sample("Q", "A"), "meta": None},
            sample("Q", "A"),
            sample("Q", "A", meta={"phone": PHONE}),
        )
    )
    assert done.column("meta").to_pylist() == [
        [("phone", MASKED), ("id", "[身份证号]"), ("none", None), ("x", "y")],
        None,
        [],
        [("phone", MASKED)],
    ]
    assert done.masked["mobile"].tolist() == [0, 0, 0, 0]


@both
def test_identity_ids_and_paths_are_not_touched(made: Any) -> None:
    given = made(sample("Q", "A", id=PHONE, key=f'["{PHONE}"]', image_path=f"{PHONE}.jpg", tags=[PHONE]))
    done = masked(given)
    assert done.rows.to_pylist() == given.to_pylist()
    assert done.rows.schema == given.schema


def test_a_second_pass_adds_to_the_counts() -> None:
    """A number split by markup is whole only after normalising."""
    batch = masked(rows(sample(f"138<b>1234</b>5678 和 {PHONE}", "A")))
    assert batch.masked["mobile"].tolist() == [1]
    batch = MASK.apply(NORMALISE.apply(batch))
    assert contents(batch.rows) == [[f"{MASKED} 和 {MASKED}", "A"]]
    assert batch.masked["mobile"].tolist() == [2]
    assert batch.changed["mask"].tolist() == batch.changed["normalise"].tolist() == [True]


def test_nothing_asked_for_nothing_done() -> None:
    batch = Batch.of(rows(sample(PHONE, PHONE)))
    assert Mask(policy=Policy(())).apply(batch) is batch
    assert Mask(policy=Policy(("resident_id",))).apply(batch).masked.keys() == {"resident_id"}


@both
def test_every_text_is_tidied_and_metadata_stays(made: Any) -> None:
    untidy = "<p>水  表</p>"
    given = made(
        sample("清楚的话", "好"),
        sample(untidy, "好", meta={"raw": untidy}),
        sample("Q", task="preference", **dict.fromkeys(TEXTS, untidy)),
        {**sample(), "messages": None},
        sample(None, "A"),
    )
    done = NORMALISE.apply(Batch.of(given))
    assert contents(done.rows) == [["清楚的话", "好"], ["水 表", "好"], ["Q"], None, [None, "A"]]
    assert [done.column(name)[2].as_py() for name in TEXTS] == ["水 表"] * len(TEXTS)
    assert done.column("meta").to_pylist() == given.column("meta").to_pylist()
    assert done.changed["normalise"].tolist() == [False, True, True, False, False]
    done.rows.validate(full=True)


@pytest.mark.parametrize("step", [MASK, NORMALISE], ids=lambda step: step.name)
def test_an_empty_batch_stays_empty(step: Any) -> None:
    for batch in (rows(), cut()):
        assert step.apply(Batch.of(batch)).rows.num_rows == 0


def test_a_dropped_row_is_worked_on_all_the_same() -> None:
    """Rejects are written, too: they must hold no personal data."""
    batch = Batch.of(rows(sample(PHONE, "A"))).drop("shape", "dead_end", pa.array([True]))
    assert contents(MASK.apply(batch).rows) == [[MASKED, "A"]]
