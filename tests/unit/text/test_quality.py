"""Scores: what each one sees, what it leaves alone, and the same numbers with and without numba."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.text import characters, matching_view, quality, repetition
from washplant.text.characters import COLUMNS, Kind, character_counts
from washplant.text.language import script_language

ZH = "请携带身份证原件和房产证复印件到就近营业厅办理"
EN = "Please restart the router and wait until all four lights are green"


def scores(question: str, answer: str) -> dict[str, float]:
    asked, answered = pa.array([question]), pa.array([answer])
    texts = quality.Texts(asked, answered, matching_view(asked), matching_view(answered), np.array([True]))
    return {name: float(score[0]) for name, score in quality.judge(texts).scores.items()}


@pytest.mark.parametrize(
    ("question", "answer", "name"),
    [
        ("怎么缴费？", "水费水费水费水费水费水费", "repetition"),
        ("怎么缴费？", f"{ZH}。{ZH}。{ZH}。", "repetition"),
        ("怎么缴费？", "哈哈哈哈哈", "repetition"),
        ("怎么缴费？", "#￥%……&*（）——+", "symbols"),
        ("怎么缴费？", "8123 9912 8831 2230 1182 9930 1182 3399", "digits"),
        ("怎么缴费？", "https://a.example.com/x?y=1", "urls"),
        ("how?", "xkqz wvbn pqrt zzkx mnbv jhgf", "gibberish"),
        ("怎么缴费？", "憎汰瘩撤疾铡脖欠铡礁尖稠吧轿醚掣", "gibberish"),
        ("怎么缴费？", "璇锋惡甯﹁韩浠借瘉鍘熶欢", "gibberish"),
        ("阶梯水价怎么计算？", "阶梯水价怎么计算", "echo"),
        ("阶梯水价怎么计算？", EN, "language_mismatch"),
        (EN, ZH, "language_mismatch"),
        ("怎么缴费？", "抱歉，这个我不太清楚呢", "refusal"),
        ("how?", "Sorry, I don't know.", "refusal"),
        ("怎么缴费？", "嗯嗯", "low_information"),
        ("怎么缴费？", "好的", "low_information"),
        ("怎么缴费？", "👍👍", "low_information"),
        ("怎么缴费？", "【系统消息】会话已结束", "low_information"),
    ],
)
def test_trouble_is_seen(question: str, answer: str, name: str) -> None:
    found = scores(question, answer)
    assert found[name] >= 0.6 or (name == "gibberish" and found[name] >= 0.5), found


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("怎么缴费？", ZH),
        ("How do I fix it?", EN),
        ("能办理吗？", "能办理。"),
        ("几点关门？", "18:00"),
        ("多少钱？", "2.95元/吨"),
        ("户号多少？", "1002003004"),
        ("明天上午营业厅正常上班办理业务吗？", "明天上午营业厅正常上班办理业务。"),
        ("翻译成英文：请重启路由器", EN),
        ("写一个循环", "for i in range(10):\n    print(i)"),
        ("“flavor”是什么意思？", "flavor means the taste of food or drink in the mouth."),
        ("怎麼繳費？", "請攜帶身分證正本到營業廳辦理過戶手續，三個工作天內完成。"),
        ("谢谢", "不客气"),
        ("不知道户号怎么办？", "户号在缴费短信和表箱标签上，也可拨打96116报地址查询。"),
        ("联系方式？", "service@example.com"),
        ("WiFi名称？", "ChinaNet-5G"),
    ],
)
def test_good_rows_have_no_trouble(question: str, answer: str) -> None:
    limits = {"symbols": 0.7, "low_information": 0.6, "gibberish": 0.5, "echo": 0.8, "repetition": 0.3}
    found = scores(question, answer)
    assert {name: score for name, score in found.items() if score >= limits.get(name, 0.5)} == {}


def test_scores_are_shares() -> None:
    for name, score in scores("怎么缴费？", "！！！！！！！！！！").items():
        assert 0 <= score <= 1, name
    assert tuple(scores("", "")) == quality.SCORES


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("请问", "zh"),
        ("どうぞ", "ja"),
        ("漢字とかな", "ja"),
        ("안녕", "ko"),
        ("привет", "ru"),
        ("مرحبا", "ar"),
        ("hello", "latin"),
    ],
)
def test_language_by_script(text: str, language: str) -> None:
    assert script_language(character_counts(pa.array([text]))).tolist() == [language]


def test_product_names_make_no_english() -> None:
    counts = character_counts(pa.array(["请下载 Microsoft Edge 浏览器", "123", "", "iPhone 15 Pro Max 好用"]))
    assert script_language(counts).tolist() == ["zh", "", "", "latin"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=80), st.text("ab 好的。", max_size=80)), max_size=20))
@settings(max_examples=100, deadline=None)
def test_numba_and_numpy_agree(texts: list[str | None]) -> None:
    pytest.importorskip("numba")
    array = pa.array([text and text.encode("utf-8", "ignore").decode() for text in texts], pa.string())
    filled = array.fill_null("")
    assert character_counts(array).tolist() == characters._counted(filled).tolist()
    lengths = np.array([len(text) for text in filled.to_pylist()], dtype=np.int64)
    long = filled.filter(pa.array(lengths >= 5))
    sizes = np.where(np.arange(len(long)) % 2, 3, 5).astype(np.int64)
    found = repetition.distinct_ngrams(long, lengths[lengths >= 5], sizes)
    assert found.tolist() == repetition._distinct(long, sizes).tolist()
    assert found.tolist() == [
        len({t[i : i + n] for i in range(len(t) - n + 1)}) for t, n in zip(long.to_pylist(), sizes.tolist(), strict=True)
    ]


def test_every_character_has_one_kind() -> None:
    text = "a1 好\n。é̈😀한か"
    counts = character_counts(pa.array([text, None, ""]))
    assert counts.shape == (3, COLUMNS)
    assert counts[0, : Kind.PAIRS].sum() == len(text)
    assert not counts[1:].any()
