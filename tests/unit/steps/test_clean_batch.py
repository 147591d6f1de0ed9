"""The chain over one batch: as many rows out as in, and beside each what was done to it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.clean import _ADDED, clean_batch
from pipelines.steps import chain
from tests.unit.steps.batches import cut, rows, sample
from washplant.config import CleanOptions
from washplant.sample import SAMPLE_SCHEMA

PHONE = "13812345678"
STEPS = chain(CleanOptions())

SAMPLES = [
    sample("<b>水表 过户</b>", f"请拨打{PHONE}或{PHONE}。"),
    sample("水表过户", "好的，已办理"),
    sample("水表过户", "请稍等"),
    {**sample(), "messages": None},
    sample(task="image_classification", image_path="a/B.jpg", label="清晰"),
    sample("水表过户", task="preference", chosen="到营业厅办理。", rejected="不知道。"),
    sample("水表坏了", task="text_classification", label="报修"),
]


@pytest.mark.parametrize("made", [rows, cut])
def test_columns_that_the_chain_adds(made: Any) -> None:
    done = clean_batch(made(*SAMPLES), STEPS)
    done.validate(full=True)
    assert done.schema.names == [*SAMPLE_SCHEMA.names, *_ADDED.names]
    assert done.num_rows == len(SAMPLES)
    column = {name: done.column(name).to_pylist() for name in done.schema.names}
    assert column["changed_by"] == [["mask", "normalise"], [], [], [], [], [], []]
    assert column["masked"] == [[("mobile", 2)], [], [], [], [], [], []]
    assert column["answer_length"] == [len("请拨打[手机号]或[手机号]。"), 6, 3, 0, 2, 7, 2]
    reasons = [f"{s}.{r}" if s else None for s, r in zip(column["drop_step"], column["drop_reason"], strict=True)]
    assert reasons == [None, None, "shape.dead_end", "shape.empty_question", None, None, None]
    assert column["question_view"] == ["水表过户", "水表过户", "水表过户", "", "a/B.jpg", "水表过户", "水表坏了"]
    assert column["view"][1] == "水表过户\n好的已办理"
    assert column["view"][3:5] == ["\n", "a/B.jpg\n清晰"]
    assert None not in column["view"] + column["question_view"]


def test_a_batch_and_its_parts_come_out_alike() -> None:
    whole = clean_batch(rows(*SAMPLES), STEPS)
    for size in (1, 2, 3):
        given = rows(*SAMPLES)
        parts = [clean_batch(given.slice(at, size), STEPS) for at in range(0, len(SAMPLES), size)]
        assert pa.Table.from_batches(parts).to_pylist() == whole.to_pylist()


def test_cleaning_what_is_clean_changes_nothing() -> None:
    once = clean_batch(rows(*SAMPLES), STEPS)
    again = clean_batch(once.select(SAMPLE_SCHEMA.names), STEPS)
    assert again.column("changed_by").to_pylist() == [[]] * len(SAMPLES)
    for name in (*SAMPLE_SCHEMA.names, "view", "drop_reason"):
        assert again.column(name).to_pylist() == once.column(name).to_pylist()


def test_an_empty_batch_has_the_same_columns() -> None:
    for batch in (rows(), cut()):
        assert clean_batch(batch, STEPS).schema == clean_batch(rows(*SAMPLES), STEPS).schema


def test_columns_beside_the_sample_pass_through() -> None:
    given = rows(*SAMPLES).append_column("raw_run", pa.array(range(len(SAMPLES)), pa.int32()))
    assert clean_batch(given, STEPS).column("raw_run").to_pylist() == list(range(len(SAMPLES)))


def test_without_masking_nothing_is_counted() -> None:
    done = clean_batch(rows(*SAMPLES), chain(CleanOptions(mask=())))
    assert PHONE in done.column("messages")[0][1]["content"].as_py()
    assert done.column("masked").to_pylist() == [[]] * len(SAMPLES)
