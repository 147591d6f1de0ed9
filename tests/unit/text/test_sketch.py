"""n-grams, signatures, bands and exact Jaccard, against datasketch and brute force."""

from __future__ import annotations

import datasketch
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.errors import ConfigError
from washplant.text import (
    band_keys,
    base_hashes,
    candidate_probability,
    char_ngram_hashes,
    choose_bands,
    jaccard,
    length_class,
    mean_recall,
    minhash,
    ngram_size,
    ngrams,
    permutations,
    signatures,
)

GOLDEN = [[300461568, 532733450, 350622894, 20810479], [1216112156, 351208378, 1665560106, 3001729708]]

_TEXTS = st.lists(st.none() | st.text("ab好的😀", max_size=12) | st.text(max_size=12), max_size=12)


def ngram_set(text: str, n: int) -> set[str]:
    return {text[i : i + n] for i in range(len(text) - n + 1)} if len(text) >= n else {"short:" + text} if text else set()


def row(ngrams: tuple[np.ndarray, np.ndarray], i: int) -> set[int]:
    return set(ngrams[1][ngrams[0][i] : ngrams[0][i + 1]].tolist())


@given(_TEXTS, st.integers(1, 6))
def test_hashes_stand_for_ngrams(texts: list[str | None], n: int) -> None:
    ngrams = char_ngram_hashes(pa.array(texts, pa.string()), n)
    sets = [ngram_set(text or "", n) for text in texts]
    found = [row(ngrams, i) for i in range(len(texts))]
    assert [len(found_) for found_ in found] == [len(set_) for set_ in sets]
    for i, left in enumerate(sets):
        for j, right in enumerate(sets):
            assert len(found[i] & found[j]) == len(left & right)


@given(_TEXTS, st.integers(1, 6), st.data())
def test_slices_and_neighbours_do_not_matter(texts: list[str | None], n: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(texts)))
    array = pa.array(texts, pa.string())
    whole, part = char_ngram_hashes(array, n), char_ngram_hashes(array.slice(start), n)
    assert part.hashes.tolist() == whole.hashes[whole.offsets[start] :].tolist()


def test_short_texts_are_not_merged() -> None:
    """OpenDCAI/DataFlow#526: distinct texts shorter than n became one; text-dedup#77: all but one were dropped."""
    texts = pa.array(["好", "坏", "好的", "ab", "ba", "退款"])
    assert len(np.unique(signatures(texts, 5), axis=0)) == len(texts)
    assert len(set(char_ngram_hashes(texts, 5).hashes.tolist())) == len(texts)


def test_the_bytes_behind_a_null_are_not_text() -> None:
    offsets = pa.py_buffer(np.array([0, 3, 6], dtype=np.int32))
    texts = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), offsets, pa.py_buffer(b"abcxyz")], null_count=1)
    assert texts.to_pylist() == [None, "xyz"]
    assert char_ngram_hashes(texts, 2).offsets.tolist() == [0, 0, 2]


def test_ngram_size() -> None:
    assert ngram_size([0, 49, 50, 400]).tolist() == [3, 3, 5, 5]
    assert length_class(pa.array(["好" * 49, "好" * 50, None])).tolist() == [3, 5, 3]


def test_ngram_size_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        char_ngram_hashes(pa.array(["a"]), 0)


# -------------------------------------------------------------------------------------------------- signatures


@given(_TEXTS, st.integers(1, 5), st.sampled_from([1, 16, 128]), st.integers(0, 5))
@settings(max_examples=60)
def test_signatures_are_datasketch_signatures(texts: list[str | None], n: int, num_perm: int, seed: int) -> None:
    array = pa.array(texts, pa.string())
    ours = signatures(array, n, num_perm, seed)
    ngrams = char_ngram_hashes(array, n)
    base = base_hashes(ngrams)
    for i in range(len(texts)):
        theirs = datasketch.MinHash(num_perm=num_perm, seed=seed, scheme="affine32", hashfunc=int)
        theirs.update_batch(base[ngrams.offsets[i] : ngrams.offsets[i + 1]].tolist())
        assert ours[i].tolist() == theirs.hashvalues.tolist()


def test_our_rows_load_into_datasketch() -> None:
    texts = pa.array(["今天下午三点的会议改到明天上午十点，请准时参加。", "今天下午三点的会议改到后天上午十点，请准时参加。"])
    rows = signatures(texts, 3)
    left, right = (datasketch.MinHash(hashvalues=values, scheme="affine32", seed=1) for values in rows)
    assert left.jaccard(right) == pytest.approx(np.mean(rows[0] == rows[1]))
    index = datasketch.MinHashLSH(threshold=0.5, num_perm=128)
    index.insert("left", left)
    assert index.query(right) == ["left"]


def test_golden_signature() -> None:
    """Stored indexes hold these values: a change here breaks every one of them."""
    found = signatures(pa.array(["您好，我的订单什么时候发货？", "ab"]), 3, num_perm=4)
    assert found.dtype == np.uint32
    assert found.tolist() == GOLDEN


def test_blocks_and_stretches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    lengths = [0, 1, 7, 3000, 2, 0, 40, 900, 1, 0]
    texts = pa.array(["".join(map(chr, rng.integers(0x4E00, 0x9FFF, size))) for size in lengths])
    whole = signatures(texts, 3)
    monkeypatch.setattr(minhash, "_STRETCH", 13)
    monkeypatch.setattr(ngrams, "BLOCK_BYTES", 500)
    monkeypatch.setattr(ngrams, "BLOCK_ROWS", 3)
    assert np.array_equal(signatures(texts, 3), whole)


def test_empty_rows() -> None:
    assert (signatures(pa.array(["", None]), 3) == minhash.EMPTY).all()
    assert signatures(pa.array([], pa.string()), 3).shape == (0, 128)


@pytest.mark.parametrize(("num_perm", "seed"), [(128, 1), (128, 42), (17, 3), (256, 2**32 - 1)])
def test_permutations_are_those_of_datasketch(num_perm: int, seed: int) -> None:
    theirs = datasketch.MinHash(num_perm=num_perm, seed=seed, scheme="affine32").permutations
    ours = permutations(num_perm, seed)
    assert ours.a.dtype == ours.b.dtype == np.uint32
    assert np.array_equal(ours.a, theirs[0])
    assert np.array_equal(ours.b, theirs[1])


def test_permutations_are_odd_and_seeded() -> None:
    assert (permutations(128, 1).a & 1).all()
    assert not np.array_equal(permutations(128, 1).a, permutations(128, 2).a)


def edited_pairs(count: int, seed: int) -> tuple[pa.Array, pa.Array]:
    rng = np.random.default_rng(seed)
    left, right = [], []
    for _ in range(count):
        points = rng.integers(0x4E00, 0x4E00 + 3000, int(rng.integers(150, 400)))
        edited = points.copy()
        places = rng.random(len(points)) < rng.choice([0.0, 0.01, 0.03, 0.08, 0.2])
        edited[places] = rng.integers(0x4E00, 0x9FFF, int(places.sum()))
        left.append("".join(map(chr, points)))
        right.append("".join(map(chr, edited)))
    return pa.array(left), pa.array(right)


def test_rmse_is_what_theory_says() -> None:
    left, right = edited_pairs(2000, 11)
    exact = jaccard(left, right, 5)
    estimate = (signatures(left, 5) == signatures(right, 5)).mean(axis=1)
    rmse = np.sqrt(np.mean((estimate - exact) ** 2))
    theory = np.sqrt(np.mean(exact * (1 - exact)) / 128)
    assert rmse <= 1.1 * theory


# -------------------------------------------------------------------------------------------------- bands


def test_bands_of_different_number_never_share_a_key() -> None:
    same = np.zeros((3, 128), dtype=np.uint32)
    keys = band_keys(same, 32, 4)
    assert keys.dtype == np.uint64
    assert (keys[0] == keys[1]).all()
    assert len(np.unique(keys[0])) == 32
    assert len(np.unique(keys[0] >> np.uint64(59))) == 32


def test_salt_separates_ngram_sizes() -> None:
    rows = np.arange(256, dtype=np.uint32).reshape(2, 128)
    assert not np.isin(band_keys(rows, 25, 5, salt=3), band_keys(rows, 25, 5, salt=5)).any()


def test_a_key_depends_on_every_value_of_its_band_and_their_order() -> None:
    base = np.arange(10, dtype=np.uint32)[None, :]
    for column in range(10):
        changed = base.copy()
        changed[0, column] ^= 1
        differs = band_keys(base, 2, 5) != band_keys(changed, 2, 5)
        assert differs.tolist() == [[column < 5, column >= 5]]
    assert band_keys(base[:, [1, 0, 2, 3, 4]], 1, 5) != band_keys(base, 1, 5)


def test_one_band() -> None:
    assert band_keys(np.ones((2, 8), dtype=np.uint32), 1, 8).shape == (2, 1)
    with pytest.raises(ValueError, match="do not fit"):
        band_keys(np.ones((2, 8), dtype=np.uint32), 2, 5)


def test_choose_bands() -> None:
    assert choose_bands(0.7) == (25, 5)  # measured: recall .9995 (FIELD-NOTES §5)
    assert choose_bands(0.5)[1] < 5 < choose_bands(0.9)[1]
    bands, rows = choose_bands(0.8, 256, 0.9999)
    assert bands * rows <= 256
    assert mean_recall(0.8, bands, rows) >= 0.9999 > mean_recall(0.8, 256 // (rows + 1), rows + 1)
    assert candidate_probability(0.7, 25, 5) == pytest.approx(1 - (1 - 0.7**5) ** 25)


def test_choose_bands_says_what_cannot_be() -> None:
    with pytest.raises(ConfigError, match="16 permutations"):
        choose_bands(0.05, 16)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        choose_bands(1.5)


# -------------------------------------------------------------------------------------------------- jaccard


@given(
    st.lists(st.tuples(st.none() | st.text("ab好", max_size=14), st.none() | st.text("ab好", max_size=14)), max_size=10),
    st.integers(1, 5),
)
def test_jaccard_is_exact(pairs: list[tuple[str | None, str | None]], n: int) -> None:
    left, right = (pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1))
    for (a, b), found in zip(pairs, jaccard(left, right, n), strict=True):
        if a is None or b is None:
            assert np.isnan(found)
            continue
        one, two = ngram_set(a, n), ngram_set(b, n)
        assert found == (len(one & two) / len(one | two) if one | two else 1.0)


def test_jaccard_over_many_blocks() -> None:
    left, right = edited_pairs(300, 3)
    left, right = pa.concat_arrays([left] * 20), pa.concat_arrays([right] * 20)
    found = jaccard(left, right, 5)
    assert np.array_equal(found[:300], found[-300:])
    assert (jaccard(left, left, 5) == 1.0).all()


def test_jaccard_wants_pairs() -> None:
    with pytest.raises(ValueError, match="2 texts on the left, 1 on the right"):
        jaccard(pa.array(["a", "b"]), pa.array(["a"]), 3)
