"""Band keys and the similarity of pairs: what is near enough meets, also across the boundary of the n-gram sizes."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dedup.candidates import pair_similarity
from washplant.config import DedupOptions
from washplant.duplicates import Sketching
from washplant.text.ngrams import LONG_NGRAM, SHORT_LENGTH, SHORT_NGRAM

SKETCHING = Sketching.of(DedupOptions(), seed=0)
LETTERS = "".join(chr(0x4E00 + n) for n in range(600))


def keys(texts: list[str | None], comparable: list[bool] | None = None) -> list[list[int]]:
    """Band keys of each text."""
    found: list[list[int]] = SKETCHING.keys(
        pa.array(texts, pa.string()), pa.array(comparable or [True] * len(texts))
    ).to_pylist()
    return found


def shares(a: list[int], b: list[int]) -> bool:
    return bool(set(a) & set(b))


def ngrams(text: str, size: int) -> set[str]:
    return {text[n : n + size] for n in range(len(text) - size + 1)} or {text}


def brute_force(a: str, b: str) -> float:
    """Jaccard similarity, the n-gram size by the shorter text."""
    size = SHORT_NGRAM if min(len(a), len(b)) < SHORT_LENGTH else LONG_NGRAM
    left, right = ngrams(a, size), ngrams(b, size)
    return len(left & right) / len(left | right)


def test_texts_shorter_than_an_ngram_have_no_keys() -> None:
    found = keys(["", "水", "水表", "水表坏"])
    assert [len(own) for own in found] == [0, 0, 0, SKETCHING.bands]


def test_what_is_null_or_not_comparable_has_no_keys() -> None:
    text = "水表怎么过户，需要什么材料"
    assert [len(own) for own in keys([None, text, text], [True, False, True])] == [0, 0, SKETCHING.bands]
    assert keys([None, ""]) == [[], []]
    assert keys([]) == []


def test_a_slice_of_a_column_has_the_keys_of_its_own_rows() -> None:
    texts = pa.array(["第一条很长很长的文本", None, "水表怎么过户，需要什么材料", "停水通知什么时候发布"])
    every = pa.array([True, True, True, False])
    whole = SKETCHING.keys(texts, every).to_pylist()
    assert SKETCHING.keys(texts.slice(2), every.slice(2)).to_pylist() == whole[2:]


def test_texts_around_the_boundary_are_keyed_under_both_sizes() -> None:
    lengths = [SHORT_LENGTH - 1, SHORT_LENGTH, 69, 70, 500]
    found = keys([LETTERS[:length] for length in lengths])
    assert [len(own) // SKETCHING.bands for own in found] == [1, 2, 2, 1, 1]
    assert all(len(set(own)) == len(own) for own in found), "the sizes never share a key"


def test_near_twins_meet_across_the_boundary() -> None:
    """200 pairs, one text below 50 characters and one at or above, J ≥ .85: at least 99 in 100 share a key."""
    pick = random.Random(7)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < 200:
        short = "".join(pick.choices(LETTERS, k=pick.randint(44, 49)))
        tail = "".join(pick.choices(LETTERS, k=SHORT_LENGTH - len(short) + pick.randint(0, 2)))
        pair = (short, short + tail)
        if brute_force(*pair) >= 0.85:
            pairs.append(pair)
    left, right = keys([a for a, _ in pairs]), keys([b for _, b in pairs])
    met = sum(shares(a, b) for a, b in zip(left, right, strict=True))
    assert met >= 198, f"{met} of 200"


def test_strangers_hardly_ever_meet() -> None:
    pick = random.Random(8)
    found = keys(["".join(pick.choices(LETTERS, k=pick.randint(10, 120))) for _ in range(300)])
    everyone = [key for own in found for key in own]
    assert len(set(everyone)) == len(everyone)


def test_another_seed_or_size_makes_another_index() -> None:
    names = {
        Sketching.of(DedupOptions(**changed), seed).name
        for changed, seed in [({}, 0), ({}, 1), ({"threshold": 0.7}, 0), ({"num_perm": 256}, 0), ({"recall": 0.99}, 0)]
    }
    assert len(names) == 5
    assert SKETCHING.name == Sketching.of(DedupOptions(keep="newest"), 0).name, "what changes no key"


texts = st.text("水表过户ab1", max_size=8) | st.text("水表过户停气费单ab12", min_size=44, max_size=60)


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_similarity_is_that_of_plain_sets(pairs: list[tuple[str, str]]) -> None:
    left, right = (pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1))
    expected = [brute_force(a, b) for a, b in pairs]
    assert pair_similarity(left, right).tolist() == pytest.approx(expected)
    assert pair_similarity(right, left).tolist() == pytest.approx(expected)


def test_the_shorter_text_chooses_the_size() -> None:
    short, long = LETTERS[:49], LETTERS[:50]
    found = pair_similarity(pa.array([short, long, long]), pa.array([long, long, LETTERS[:51]]))
    assert found.tolist() == pytest.approx([47 / 48, 1.0, 46 / 47])


def test_a_missing_text_is_similar_to_nothing() -> None:
    found = pair_similarity(
        pa.array([None, "水表怎么过户", None], pa.string()), pa.array(["水表怎么过户", None, None], pa.string())
    )
    assert not (found >= np.float64(0.01)).any()
