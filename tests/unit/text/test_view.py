"""matching_view: what two texts are compared by."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.text import matching_view


def view(text: str) -> str:
    return matching_view(pa.array([text]))[0].as_py()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好，我的订单１２３呢？", "您好我的订单123呢"),
        ("Hello, WORLD!", "hello world"),
        ("ｉＰｈｏｎｅ １５", "iphone15"),
        ("①㎏ﬁ", "1kgfi"),
        ("好的👍🏻~", "好的"),
        ("1️⃣", "1"),
        ("👩\u200d💻好", "好"),
        ("a\u200bb\u3000c\n", "ab c"),
        ("I can't; can tell", "i cant can tell"),
        ("3-5天", "3至5天"),
        ("3.5天", "3点5天"),
        ("1、3、5单元", "1 3 5单元"),
        ("10:30", "10时30"),
        ("1,234,567.8元", "1234567点8元"),
        ("March 3, 2024", "march3 2024"),
        ("打５０％折", "打50%折"),
        ("￥5 或 $5", "¥5或$5"),
        ("气温 -5℃", "气温-5c"),
        ("热线-96116", "热线96116"),
        ("- 5 条", "5条"),
        ("压力＜5", "压力<5"),
        ("e\u0301 a\u0301 3-5", "\u00e9 \u00e13至5"),
        ("", ""),
        (" \n\u3000\u200b", ""),
    ],
)
def test_views(text: str, expected: str) -> None:
    assert view(text) == expected


def test_texts_without_letters_stay_apart() -> None:
    views = matching_view(pa.array(["？？？", "！", "👍", "👎", "...", "（）", "%"])).to_pylist()
    assert "" not in views
    assert len(set(views)) == len(views)


def test_full_width_and_half_width_are_equal() -> None:
    assert view("ＡＢＣ，１２３！") == view("abc,123!")


def test_nulls_stay() -> None:
    assert matching_view(pa.array([None, "A", None])).to_pylist() == [None, "a", None]
    assert matching_view(pa.array([], pa.string())).to_pylist() == []


@given(st.text(max_size=30))
@settings(max_examples=500)
def test_never_empty_unless_nothing_is_there(text: str) -> None:
    seen = [c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Zs", "Zl", "Zp", "Cc", "Cf")]
    assert bool(view(text)) == bool(seen)


@given(st.lists(st.text(max_size=12), max_size=8))
def test_a_row_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    assert matching_view(pa.array(texts, pa.string())).to_pylist() == [view(text) for text in texts]
