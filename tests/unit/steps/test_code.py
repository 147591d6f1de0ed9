"""A company may train its own code assistant: code survives every default step to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.clean import clean_batch
from pipelines.steps import chain
from tests.unit.steps.batches import rows, sample
from washplant.config import CleanOptions
from washplant.text import code

DATA = Path(__file__).parents[3] / "examples" / "code-assistant" / "data" / "snippets.jsonl"
SNIPPETS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
NOT_WHOLLY_CODE = ("fenced", "mixed")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda one: f"{one['id']}-{one['language']}")
@pytest.mark.parametrize("turn", ["answer", "question"])
def test_code_is_kept_to_the_byte(snippet: dict[str, Any], turn: str) -> None:
    asked, answered = snippet["question"], snippet["code"]
    turns = (asked, answered) if turn == "answer" else (answered, "这段代码没有问题，可以直接使用。")
    done = clean_batch(rows(sample(*turns)), chain(CleanOptions()))
    kept = [one["content"] for one in done.column("messages")[0].as_py()]
    assert kept == list(turns)
    assert done.column("drop_reason").to_pylist() == [None]


def test_a_preference_between_codes_is_kept() -> None:
    given = [sample(one["question"], task="preference", chosen=one["code"], rejected=one["code"] + "\n") for one in SNIPPETS]
    done = clean_batch(rows(*given), chain(CleanOptions()))
    assert done.column("chosen").to_pylist() == [one["code"] for one in SNIPPETS]
    assert set(done.column("drop_reason").to_pylist()) == {None}


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda one: f"{one['id']}-{one['language']}")
def test_code_is_told_from_prose(snippet: dict[str, Any]) -> None:
    assert code.is_code(snippet["code"]) == (snippet["language"] not in NOT_WHOLLY_CODE)


@pytest.mark.parametrize(
    "prose",
    [
        "您好，请问水费怎么交？",
        "1. 打开微信\n2. 点击“生活缴费”\n3. 输入户号（10位）",
        "if you have a question, call us\nand we will help you",
        "<p>水费每月 15 日出账。</p>\n<p>请在月底前缴清。</p>",
        "<table>\n<tr><td>阶梯</td><td>单价</td></tr>\n<tr><td>一</td><td>2.30</td></tr>\n</table>",
        "Dear customer;\nyour bill is 30 (thirty) yuan;\nplease pay it soon.",
        "户号：1001\n姓名：略\n地址：人民路",
        "A = 3, B = 4",
        "for more details\nsee our site\n\nthank you",
        "第一阶梯：2.30元/吨；\n第二阶梯：3.45元/吨；\n第三阶梯：6.90元/吨。",
        "- 带身份证\n- 带房产证\n\n然后到营业厅（人民路）办理",
    ],
)
def test_prose_is_no_code(prose: str) -> None:
    assert not code.is_code(prose)
    assert code.parts(prose) == [prose]


def test_parts_join_to_the_text() -> None:
    for one in SNIPPETS:
        text = f"说明如下：\n\n{one['code']}\n\n就是这样。"
        assert "".join(code.parts(text)) == text
