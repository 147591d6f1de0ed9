"""No text takes more than linear time: each of these is about 1 MB, and would take minutes to hours otherwise.

The bound tells a text that hangs a job from a slow machine, not fast code from slow: `benchmarks.cleaning` times that.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from washplant.text import (
    is_blank,
    is_dead_end,
    is_truncated,
    jaccard,
    mask,
    matching_view,
    normalise,
    signatures,
)

LIMIT_CPU_S = 30.0  # each takes under 2 s on a free core

HOSTILE = {
    "one character": "啊" * 330_000,
    "one digit": "1" * 1_000_000,
    "spaced digits": "1 " * 500_000,
    "spaced threes": "1 3" * 330_000,
    "phones": "13812345678 " * 80_000,
    "phones in groups": "138 1234 5678-" * 70_000,
    "phones after phones": "13812345678.138 1234 5678." * 40_000,
    "ids and phones": "11010519491231002X 13812345678 " * 30_000,
    "zero width": "1\u200b" * 250_000,
    "less than": "<" * 1_000_000,
    "nested tags": "<b>" * 100_000 + "x" + "</b>" * 100_000,
    "tags in tags": "<" * 50_000 + "b>" * 50_000,
    "open tags": "<a " * 300_000,
    "open attributes": "<a b='" * 150_000,
    "open scripts": "<script>" * 100_000,
    "open comments": "--><!--" * 100_000,
    "ampersands": "&amp;" * 200_000,
    "backticks": "` " * 500_000,
    "fences": "```\n" * 250_000,
    "mojibake": "Ã©" * 250_000,
    "joiners": "\u200d" * 330_000,
    "spaces": " " * 1_000_000 + "x",
    "line breaks": "x" + "\n" * 1_000_000 + "x",
    "indented": "def f:\n" + "  x\n" * 250_000,
    "brackets": "（" * 330_000,
    "quotes": "“" * 330_000,
    "dots": "." * 1_000_000,
    "stalls": "请稍等" * 110_000 + "吗",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("function", [mask, normalise, matching_view, is_blank, is_truncated, is_dead_end])
def test_no_text_is_slow(function: Callable[[pa.Array], object], name: str) -> None:
    function(pa.array(["暖机 &amp; １３８１２３４５６７８"]))
    texts = pa.array([HOSTILE[name]])
    start = time.process_time()
    function(texts)
    assert time.process_time() - start < LIMIT_CPU_S


@pytest.mark.parametrize("name", ["one character", "one digit", "phones"])
def test_sketches_of_long_texts(name: str) -> None:
    texts = pa.array([HOSTILE[name]] * 2)
    start = time.process_time()
    signatures(texts, 5)
    assert jaccard(texts, texts, 5).tolist() == [1.0, 1.0]
    assert time.process_time() - start < LIMIT_CPU_S
