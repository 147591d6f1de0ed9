"""Signatures, similarity and digests: the same with numba and with numpy, however long a text is."""

from __future__ import annotations

import datasketch
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from washplant.text import band_keys, base_hashes, char_ngram_hashes, jaccard, minhash, ngrams, signatures
from washplant.text import digests as digests_module
from washplant.text.arrow import compiled_loops
from washplant.text.digests import digests

TEXTS = st.lists(st.none() | st.text("ab好的é😀", max_size=20) | st.text(max_size=20), max_size=12)


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `fast` is not installed."""
    import sys

    for module in (minhash, digests_module, sys.modules["washplant.text.jaccard"]):
        monkeypatch.setattr(module, "compiled_loops", lambda name: None)


def by_numpy(texts: pa.StringArray, n: int) -> np.ndarray:
    before, minhash.compiled_loops = minhash.compiled_loops, lambda name: None
    try:
        return signatures(texts, n)
    finally:
        minhash.compiled_loops = before


@given(TEXTS, st.integers(1, 6))
def test_signatures_agree(texts: list[str | None], n: int) -> None:
    pytest.importorskip("numba")
    array = pa.array(texts, pa.string())
    assert np.array_equal(signatures(array, n), by_numpy(array, n))


@pytest.mark.parametrize("length", [8190, 8191, 8192, 8193, 8196, 8197, 16384, 100_003])
def test_a_text_longer_than_a_stretch_is_signed_whole(length: int) -> None:
    """Code points are decoded 8192 at a time; windows that lie across are not lost."""
    points = np.random.default_rng(length).integers(0x4E00, 0x9FFF, length)
    texts = pa.array(["".join(map(chr, points))])
    assert np.array_equal(signatures(texts, 5), by_numpy(texts, 5))


def test_similarity_agrees(no_numba: None) -> None:
    rng = np.random.default_rng(1)
    draw = ["".join(map(chr, rng.integers(97, 101, size))) for size in rng.integers(0, 60, 600)]
    left, right = pa.array(draw[:300]), pa.array(draw[300:])
    slow = jaccard(left, right, 3)
    fast = np.empty(300)
    loops = compiled_loops("jaccard_kernel")
    if loops is None:
        pytest.skip("needs numba")
    from washplant.text.arrow import utf8

    rows = np.arange(300)
    loops.similarities(*utf8(left), rows, *utf8(right), rows, np.full(300, 3), fast)
    assert fast.tolist() == slow.tolist()


@given(TEXTS)
def test_digests_agree_and_tell_texts_apart(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    found = digests(array)
    before, digests_module.compiled_loops = digests_module.compiled_loops, lambda name: None
    try:
        assert digests(array).tolist() == found.tolist()
    finally:
        digests_module.compiled_loops = before
    distinct = {text or "" for text in texts}
    assert len(set(found.tolist())) == len(distinct)


def test_signatures_of_datasketch_give_our_keys() -> None:
    """Theirs load into our index: a MinHash that was made elsewhere meets the same buckets."""
    texts = pa.array(["今天下午三点的会议改到明天上午十点，请准时参加。", "请在本月底以前缴清水费。"])
    grams = char_ngram_hashes(texts, ngrams.SHORT_NGRAM)
    theirs = []
    for row in range(2):
        made = datasketch.MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=int)
        made.update_batch(base_hashes(grams)[grams.offsets[row] : grams.offsets[row + 1]].tolist())
        theirs.append(made.hashvalues)
    ours = signatures(texts, ngrams.SHORT_NGRAM)
    assert np.array_equal(band_keys(np.array(theirs, dtype=np.uint32), 25, 5, salt=3), band_keys(ours, 25, 5, salt=3))
