"""shape: blank, truncated, dead end, length."""

from __future__ import annotations

import pyarrow as pa
import pytest

from washplant.text import is_blank, is_dead_end, is_truncated, length


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000\u00a0", "\u200b\ufeff", "\x00"])
def test_blank(text: str) -> None:
    assert is_blank(pa.array([text])).to_pylist() == [True]


@pytest.mark.parametrize("text", ["a", "。", "0", "👍", " 好 "])
def test_not_blank(text: str) -> None:
    assert is_blank(pa.array([text])).to_pylist() == [False]


@pytest.mark.parametrize(
    "text",
    [
        "您可以在订单页面...",
        "您好，关于您的问题……",
        "需要您提供姓名，",
        "支持微信、",
        "步骤如下：",
        "Steps are as follows: ",
        "您可以点击右上角（我的",
        "请在【个人中心",
        "他说“您可以",
        "点击《用户协议",
        "您的退款申请我们这边已经",
        "非常抱歉给您带来不便，这是因为",
        "商品支持七天无理由退货，但是",
        "您可以在个人中心查看订单以及",
        "需要您提供一下订单号码和",
        "麻烦您在页面下方填写一下，请您",
        "为了更快地处理，请提供您的",
    ],
)
def test_truncated(text: str) -> None:
    assert is_truncated(pa.array([text])).to_pylist() == [True]


@pytest.mark.parametrize(
    "text",
    [
        "可以",
        "60元",
        "您的快递单号是 SF1234567890",
        "详情请见 https://example.com/help",
        "好的，已经帮您处理好了",
        "亲，我们这边都是可以给您退的",
        "这件衣服是我上周三在你们店里买的",
        "谢谢您的支持与理解😊",
        "请拨打电话[手机号]",
        "好的（已处理）",
        "区间是 [0, 1)",
        "没关系的亲 :(",
        "我说过“你好“",
        "这款面料穿起来非常柔和",
        "建议买大一码，不要买太低跟",
        "亲，您的会员我们已经帮您开除了",
        "没有比这款更好的了，再好不过",
        "感谢您",
        "因为",
        "重量约为 3kg",
        "请问还有什么可以帮您？",
        "```\nx = [\n```",
        "",
    ],
)
def test_not_truncated(text: str) -> None:
    assert is_truncated(pa.array([text])).to_pylist() == [False]


@pytest.mark.parametrize(
    "text",
    [
        "请稍等",
        "好的",
        "转人工",
        "好的，请稍等。",
        "您好，请稍等~",
        "亲，正在为您转接人工客服，请耐心等待！",
        "稍后回复您",
        "稍后回复您 …",
        "嗯嗯",
        "OK",
        "Please wait a moment.",
    ],
)
def test_dead_end(text: str) -> None:
    assert is_dead_end(pa.array([text])).to_pylist() == [True]


@pytest.mark.parametrize(
    "text",
    ["可以", "60元", "您好", "不可以", "请稍等，退款会在三天内到账。", "转人工请按0号键", "好的坏的都有", "", "？"],
)
def test_no_dead_end(text: str) -> None:
    assert is_dead_end(pa.array([text])).to_pylist() == [False]


def test_nulls_stay_null() -> None:
    texts = pa.chunked_array([pa.array([None, "好"], pa.large_string())])
    for check in (is_blank, is_truncated, is_dead_end, length):
        assert check(texts)[0].as_py() is None
        assert check(texts)[1].as_py() is not None


def test_length_is_in_characters() -> None:
    assert length(pa.array(["好a😀", ""])).to_pylist() == [3, 0]
