"""Boilerplate, Sensitive and Quality on batches: columns, reasons, tags, scores, and what comes from others."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.clean import clean_batch
from pipelines.explain import describe, dialogue, explain
from pipelines.steps import Batch, chain, quality
from pipelines.steps.base import REASONS
from pipelines.steps.quality import Quality
from tests.unit.steps.batches import contents, cut, outcomes, rows, sample
from washplant.config import CleanOptions
from washplant.config.clean import Bounds, QualityOptions, Thresholds
from washplant.errors import ConfigError
from washplant.sample import SAMPLE_SCHEMA
from washplant.text.quality import SCORES

GOOD = ("怎么办理过户？", "请携带身份证和房产证到营业厅办理。")
BAD = ("怎么办理过户？", "不知道")


def step(**changed: Any) -> Quality:
    options = QualityOptions(**changed)
    return Quality(**{name: getattr(options, name) for name in QualityOptions.model_fields})


@pytest.mark.parametrize("made", [rows, cut])
def test_every_row_has_every_score(made: Any) -> None:
    given = made(
        sample(*GOOD),
        sample(*BAD),
        sample("Q", task="preference", chosen=BAD[1], rejected="x"),
        sample("水表坏了", task="text_classification", label="报修"),
        {**sample(), "messages": None},
    )
    done = step().apply(Batch.of(given))
    scores = [dict(row) for row in done.column("scores").to_pylist()]
    assert all(tuple(row) == SCORES for row in scores)
    assert [row["refusal"] for row in scores] == [0, 1, 1, 0, 0]
    assert outcomes(done) == [None, "quality.refusal", "quality.refusal", None, None]
    assert [row or [] for row in done.column("tags").to_pylist()] == [
        ["lang:zh"],
        ["refusal", "lang:zh"],
        ["refusal", "lang:zh"],
        ["lang:zh"],
        [],
    ]
    done.rows.validate(full=True)


def test_thresholds_are_the_users() -> None:
    given = Batch.of(rows(sample(*BAD)))
    kept = step(drop=Thresholds(), tag=Thresholds()).apply(given)
    assert outcomes(kept) == [None]
    assert kept.column("tags").to_pylist() == [["lang:zh"]]


def test_what_others_noticed_stays() -> None:
    given = rows(sample(*GOOD, tags=["vip", "refusal"], scores=[("theirs", 0.5), ("echo", 1.0)]), sample(*BAD))
    done = step().apply(Batch.of(given))
    assert done.column("tags").to_pylist() == [["vip", "lang:zh"], ["refusal", "lang:zh"]]
    scores = [dict(row) for row in done.column("scores").to_pylist()]
    assert (scores[0]["theirs"], scores[0]["echo"], scores[1]["refusal"]) == (0.5, 0.0, 1.0)


def test_languages() -> None:
    batch = step(languages=("zh",)).apply(
        Batch.of(rows(sample(*GOOD), sample("42", "18:00"), sample("Привет", "Как дела, друг?")))
    )
    assert outcomes(batch) == [None, None, "quality.language"]


def test_a_users_scorer(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("long", "tests.unit.steps.test_quality_steps:length_score", quality.GROUP)
    monkeypatch.setattr(quality, "entry_points", lambda group: [point] if group == quality.GROUP else [])
    given = Batch.of(rows(sample(*GOOD), sample("几点？", "八点")))
    done = step(scorers={"long": Bounds(min=5)}).apply(given)
    assert outcomes(done) == [None, "quality.scorer"]
    assert dict(done.column("scores")[0].as_py())["long"] == len(GOOD[1])
    with pytest.raises(ConfigError, match="no scorer 'lang'; installed: long"):
        step(scorers={"lang": Bounds()}).apply(given)


def length_score(questions: pa.StringArray, answers: pa.StringArray) -> np.ndarray:
    """A scorer as a third party writes it."""
    return np.array([float(len(answer)) for answer in answers.to_pylist()])


def test_sensitive_words() -> None:
    pytest.importorskip("ahocorasick_rs")
    pytest.importorskip("opencc")
    given = rows(sample("能赌 博吗？", "赌博违法。"), sample(*GOOD))
    for action, reason, said in (
        ("tag", None, "赌博违法。"),
        ("mask", None, "██违法。"),
        ("drop", "sensitive.sensitive_word", "赌博违法。"),
    ):
        options = CleanOptions.model_validate({"sensitive": {"lists": {"game": {"words": ["赌博"]}}, "action": action}})
        done = clean_batch(given, chain(options))
        assert done.column("drop_reason").to_pylist() == [reason and reason.partition(".")[2], None]
        assert contents(done)[0][1] == said
        assert "sensitive:game" in done.column("tags")[0].as_py()
        assert dict(done.column("scores")[0].as_py())["sensitive:game"] == 2.0


def test_reasons_cover_all_scores() -> None:
    assert set(SCORES) < set(REASONS["quality"])
    assert set(Thresholds.model_fields) == set(SCORES)


_WORDS = st.sampled_from(
    [
        "您好，",
        "请稍等",
        "会话已结束",
        "\n",
        "<b>",
        "</b>",
        "&nbsp;",
        "１３８",
        "13812345678",
        "。",
        "发自我的iPhone",
        "def f():\n    x = 1;\n",
        "```",
        " ",
    ]
)
_TEXTS = st.lists(st.one_of(_WORDS, st.text(max_size=6)), max_size=8).map(
    lambda parts: "".join(parts).encode("utf-8", "ignore").decode()
)


@given(st.lists(st.tuples(_TEXTS, _TEXTS), min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
def test_cleaning_twice_is_cleaning_once(pairs: list[tuple[str, str]]) -> None:
    steps = chain(CleanOptions())
    once = clean_batch(rows(*(sample(*pair) for pair in pairs)), steps)
    again = clean_batch(once.select(SAMPLE_SCHEMA.names), steps)
    for name in ("messages", "tags", "scores", "drop_reason"):
        assert again.column(name).to_pylist() == once.column(name).to_pylist()


def test_a_row_is_explained() -> None:
    [found] = explain(dialogue("<b>水费</b>怎么交？", "拨打13812345678。\n发自我的iPhone"), CleanOptions())
    assert [change.step for change in found.changes] == ["mask", "normalise", "boilerplate"]
    assert dict(found.texts)["assistant 2"] == "拨打[手机号]。"
    assert "13812345678" in describe(found, colour=False)
    assert "13812345678" not in describe(found, colour=False, personal=False) + str(found.as_dict())
    [dropped] = explain(dialogue(*BAD), CleanOptions())
    assert dropped.dropped == "quality.refusal"
    assert "dropped      quality.refusal" in describe(dropped, colour=False)
