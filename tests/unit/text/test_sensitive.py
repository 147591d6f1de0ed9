"""Listed words are found in spite of evasions, at offsets of the original."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ahocorasick_rs")
pytest.importorskip("opencc")

from washplant.config.clean import SensitiveOptions
from washplant.text.sensitive import MASK, Lexicon

LEXICON = Lexicon({"game": ("赌博", "ass", "bad word"), "paper": ("代办假证",)})


@pytest.mark.parametrize(
    "text", ["赌博", "赌 博", "赌～博", "賭博", "赌*·*博", "ａｓｓ!", "a-s-s", "a s s", "ASS.", "Bad  Word"]
)
def test_evasions(text: str) -> None:
    [masked] = LEXICON.mask(pa.array([f"前{text}后" if not text.isascii() else f"x {text} y"])).to_pylist()
    assert MASK in masked
    assert len(masked) == len(text) + (2 if not text.isascii() else 4)


@pytest.mark.parametrize("text", ["class", "as set", "assume", "赌。博", "赌\n博", "赌一把博", "赌a博", "", "bass"])
def test_what_is_no_such_word(text: str) -> None:
    assert LEXICON.mask(pa.array([text])).to_pylist() == [text]


def test_counts_by_category_and_rows_apart() -> None:
    texts = pa.array(["赌", "博", "赌博和代办假证，赌 博", None, "好"])
    assert LEXICON.counts(texts).tolist() == [[0, 0], [0, 0], [2, 1], [0, 0], [0, 0]]
    assert LEXICON.counts(texts.slice(2, 2)).tolist() == [[2, 1], [0, 0]]


def test_an_empty_list_finds_nothing() -> None:
    assert Lexicon({"none": ()}).mask(pa.array(["赌博"])).to_pylist() == ["赌博"]


@given(st.lists(st.sampled_from([*"赌博代办假证 ～.aAsS\n", "😀", "賭"]), max_size=30).map("".join))
@settings(max_examples=200, deadline=None)
def test_masking_is_idempotent(text: str) -> None:
    once = LEXICON.mask(pa.array([text]))
    assert LEXICON.mask(once).to_pylist() == once.to_pylist()
    assert len(once[0].as_py()) == len(text)
    assert not LEXICON.counts(once).any()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("forgery", "哪里能办 假-證？", "哪里能█████？"),
        ("gambling", "推荐一个Online  Casino吧", "推荐一个██████████████吧"),
        ("fraud", "这是殺猪盘吗", "这是███吗"),
    ],
)
def test_shipped_lists_work_by_their_name(name: str, text: str, said: str) -> None:
    options = SensitiveOptions.model_validate({"lists": {name: f"builtin:{name}"}}).relative_to(Path())
    lexicon = Lexicon({name: options.lists[name].words})
    assert lexicon.mask(pa.array([text])).to_pylist() == [said]
    assert lexicon.counts(pa.array([text, "水费怎么交？发票在哪里开？"])).tolist() == [[1], [0]]


def test_an_unknown_shipped_list_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="no shipped list 'drugs'; there are: gambling, forgery, fraud"):
        SensitiveOptions.model_validate({"lists": {"x": "builtin:drugs"}})
