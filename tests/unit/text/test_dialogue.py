"""Earlier answers of a dialogue count: by their share of what is said, or for the whole where they spoil it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipelines.steps import Batch
from pipelines.steps.turns import earlier_answers
from tests.unit.steps.batches import cut, outcomes, rows, sample
from tests.unit.steps.test_quality_steps import step
from washplant.text import matching_view
from washplant.text.dialogue import Earlier, judge_dialogues
from washplant.text.quality import SCORES, Texts, judge

Q, A = "怎么办理过户？", "请携带身份证和房产证到营业厅办理。"
GARBAGE = "xkqz wvbn pqrt zzkx mnbv jhgf"
AGAIN = "水费水费水费水费水费水费"


def scores(*turns: str) -> dict[str, float]:
    done = step().apply(Batch.of(rows(sample(*turns))))
    return dict(done.column("scores")[0].as_py())


@pytest.mark.parametrize(("earlier", "name"), [(GARBAGE, "gibberish"), (AGAIN, "repetition")])
def test_an_earlier_answer_that_is_no_text_spoils_the_dialogue(earlier: str, name: str) -> None:
    given = rows(sample(Q, earlier, "好的，那费用呢？", A), sample(Q, A, "好的，那费用呢？", A))
    done = step().apply(Batch.of(given))
    assert outcomes(done) == [f"quality.{name}", None]
    assert name in done.column("tags")[0].as_py()


@pytest.mark.parametrize(
    "earlier",
    ["请稍等", "好的", "哈哈哈哈", "？？？？", "https://pay.example.com/a/b/c", "不知道", "您是问怎么办理过户？", "OK"],
)
def test_small_talk_between_good_answers_drops_nothing(earlier: str) -> None:
    done = step().apply(Batch.of(rows(sample(Q, earlier, "好的，那我下午去。", f"{A}工作日八点到五点都可以办理，不用预约。"))))
    assert outcomes(done) == [None]


def test_refusals_count_by_their_share_of_what_is_said() -> None:
    found = scores(Q, "抱歉，这个我不太清楚呢", "那水费怎么交？", "可以在网上交水费的")
    assert found["refusal"] == pytest.approx(11 / 20, abs=1e-3)
    assert scores(Q, A, "那水费怎么交？", "不知道")["refusal"] == 1.0  # the last answer counts as before
    assert scores(Q, "不知道", Q, "不清楚")["refusal"] == 1.0


def test_code_between_the_turns_is_no_trouble() -> None:
    code = "```python\nx = {{}}; y = [[], [], []]; x == y or x == y\n```"
    assert set(scores("写一个例子", code, "再简单一点？", "```\nx = 1\n```").values()) == {0.0}


@pytest.mark.parametrize("made", [rows, cut])
def test_the_earlier_answers_and_what_each_answers(made: object) -> None:
    given = made(  # type: ignore[operator]
        sample("a", "b"),
        sample("a", "b", "c", "d", "e", "f"),
        {**sample(), "messages": None},
        sample(("assistant", "x"), "a", ("user", "c")),
        sample("a", "b", "c", None, task="preference", chosen="C", rejected="R"),
        sample("a", None, "c", "d"),
    )
    found = earlier_answers(given)
    assert found is not None
    pairs = zip(found.owner.tolist(), found.question.to_pylist(), found.answer.to_pylist(), strict=True)
    assert list(pairs) == [(1, "a", "b"), (1, "c", "d"), (3, "", "x"), (3, "x", "a"), (5, "a", "")]


def test_rows_of_one_turn_are_not_looked_at() -> None:
    assert earlier_answers(rows(sample(Q, A), {**sample(), "messages": None}, sample(Q))) is None
    assert earlier_answers(rows()) is None
    assert earlier_answers(rows(sample(Q, A, Q, A, task="preference"))) is None


def test_no_score_is_less_than_without_the_earlier_answers() -> None:
    said = [Q, A, GARBAGE, "不知道", "https://a.example.com/", "好的", ""]
    texts = Texts(*(pa.array(said) for _ in range(2)), *(matching_view(pa.array(said)) for _ in range(2)), np.ones(7, bool))
    earlier = Earlier(np.array([0, 0, 2, 5, 6, 6]), pa.array([Q] * 6), pa.array([A, "不知道", A, GARBAGE, "", "好的"]))
    alone, together = judge(texts).scores, judge_dialogues(texts, earlier).scores
    assert all((together[name] >= alone[name]).all() and (together[name] <= 1.0).all() for name in SCORES)
    assert [together["gibberish"][row] > 0.4 for row in (0, 2, 5)] == [False, True, True]
