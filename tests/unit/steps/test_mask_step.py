"""Mask as a step: rows are dropped where the policy says so, and a second pass looks only at what has changed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.steps import Batch, chain
from pipelines.steps import mask as step
from pipelines.steps.base import REASONS
from pipelines.steps.mask import Mask
from pipelines.steps.normalise import Normalise
from pipelines.steps.texts import gather, scatter
from tests.unit.steps.batches import contents, cut, outcomes, rows, sample
from washplant.config import CleanOptions
from washplant.text.pii import KINDS, Policy, Rule

DROPPING = Mask(
    policy=Policy(rules=(Rule("meter", r"\d{8}", "表号", "", "[表号]"),), actions=(("bank_card", "drop"), ("meter", "drop")))
)


@pytest.mark.parametrize("made", [rows, cut])
def test_rows_are_dropped_by_kind_and_masked_all_the_same(made: Any) -> None:
    batch = DROPPING.apply(
        Batch.of(
            made(
                sample("卡4111111111111111", "好"),
                sample("表号12345678", "好"),
                sample("我叫王小明", "好"),
                sample("你好", "好"),
            )
        )
    )
    assert outcomes(batch) == ["mask.bank_card", "mask.own_rule", None, None]
    assert contents(batch.rows) == [["卡[银行卡号]", "好"], ["表号[表号]", "好"], ["我叫[姓名]", "好"], ["你好", "好"]]


def test_every_kind_is_a_reason() -> None:
    assert REASONS["mask"] == (*KINDS, "own_rule")


def test_the_default_chain_takes_out_every_kind() -> None:
    said = "我叫王小明，13812345678，11010519491231002X，zhang88@163.com，住阳光花园3栋2单元401"
    batch = Batch.of(rows(sample(said, "好的", meta={"note": said})))
    for one in chain(CleanOptions()):
        batch = one.apply(batch)
    expected = "我叫[姓名]，[手机号]，[身份证号]，[邮箱]，住[地址]"
    assert contents(batch.rows) == [[expected, "好的"]]
    assert batch.column("meta").to_pylist() == [[("note", expected)]]
    audit = {name: counts.tolist() for name, counts in batch.masked_in.items()}
    kinds = ("name", "mobile", "resident_id", "email", "address")
    assert audit == {f"{column}.{kind}": [1] for column in ("messages", "meta.note") for kind in kinds}
    assert batch.masked["mobile"].tolist() == [1], "the metadata is audited, not counted"


def test_a_second_pass_looks_only_at_changed_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str | None]] = []
    real = step.mask

    def spy(texts: pa.Array, policy: Policy) -> Any:
        seen.append(texts.to_pylist())
        return real(texts, policy)

    monkeypatch.setattr(step, "mask", spy)
    mask = Mask(policy=Policy())
    batch = mask.apply(Batch.of(rows(sample("你好", "好"), sample("138<b>1234</b>5678", "好"))))
    batch = mask.apply(Normalise().apply(batch))
    assert contents(batch.rows) == [["你好", "好"], ["[手机号]", "好"]]
    assert [text for text in seen[1] if text] == ["13812345678", "好"]
    mask.apply(batch)
    assert not any(text == "你好" for texts in seen[1:] for text in texts)


@pytest.mark.parametrize("made", [rows, cut])
def test_texts_go_back_where_they_came_from(made: Any) -> None:
    given = made(
        sample("a", "b", system="s", input="i", meta={"k": "v", "n": None}),
        {**sample(), "messages": None, "meta": None},
        sample("c", None, chosen="x", rejected="y", label="z"),
        sample(),
    )
    texts = gather(given)
    back = scatter(given, texts, texts.array)
    back.validate(full=True)
    assert back.to_pylist() == given.to_pylist() and back.schema == given.schema
    assert len(texts.owner) == len(texts.array) == texts.parts[-1].stop
