"""Quality, boilerplate and code are linear, too."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.text.test_time import HOSTILE, LIMIT_CPU_S
from washplant.text import matching_view, normalise, quality
from washplant.text.boilerplate import KINDS, rules, strip
from washplant.text.code import has_code
from washplant.text.mined import count_lines
from washplant.text.policy import Policy

MORE = {
    "greetings": "您好，" * 110_000,
    "notices": "会话已结束\n" * 60_000,
    "mail footers": "本邮件及其附件" * 50_000,
    "quoted mails": "On 1\nx wrote\n" * 80_000,
    "headers": "发件人：a\n" * 80_000,
    "menus": "回复1查询" * 80_000,
    "fillers": "嗯，" * 160_000,
    "signatures": "客服中心" * 80_000,
    "assignments": "a = b\n" * 170_000,
    "calls": "f(" * 500_000,
    "open braces": "{\n" * 500_000,
    "one long line of code": "x = " + "y + " * 250_000,
    "if without end": "if " * 330_000,
    "selects": "select " * 140_000,
    "refusals": "不知道" * 110_000,
    "links": "https://" * 125_000,
    "emoji": "👩\u200d" * 140_000,
    "exclamations": "!" * 1_000_000,
    "wide": "！" * 330_000,
}
TEXTS = HOSTILE | MORE


def _judge(texts: pa.Array) -> object:
    views = matching_view(texts)
    return quality.judge(quality.Texts(texts, texts, views, views, np.ones(len(texts), dtype=bool)))


def _has_code(texts: pa.Array) -> object:
    return [has_code(text) for text in texts.to_pylist()]


FUNCTIONS: dict[str, Callable[[pa.Array], object]] = {
    "judge": _judge,
    "boilerplate": lambda texts: strip(texts, rules(KINDS)),
    "code": _has_code,
    "lines": count_lines,
    "normalise": normalise,
    "policy": lambda texts: normalise(texts, Policy(width="all", emoji="remove", punctuation="squeeze")),
}


def cpu_s(function: Callable[[pa.Array], object], text: str) -> float:
    """CPU seconds for one text."""
    texts = pa.array([text])
    start = time.process_time()
    function(texts)
    return time.process_time() - start


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_text_is_slow(function: str, name: str) -> None:
    run, text = FUNCTIONS[function], TEXTS[name]
    cpu_s(run, "暖机 hi, x = 1; &amp;\n嗯，https://a.b 会话已结束")
    assert cpu_s(run, text) < LIMIT_CPU_S
