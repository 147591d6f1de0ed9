"""Rows that share a key: every pair of a small bucket, a bounded number in a crowded one, and blobs that come back whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dedup.candidates import id_texts, id_words
from washplant.duplicates.buckets import NEIGHBOURS, WHOLE_BUCKET, meetings, pack, unpack
from washplant.duplicates.packed import Entries, look_up, pair_codes, rows_of
from washplant.errors import InvariantError

entries = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.booleans()), max_size=30)


def met(found: list[tuple[int, int, bool]]) -> set[frozenset[int]]:
    keys, ranks, fresh = (np.array([entry[at] for entry in found]) for at in range(3))
    pairs = set()
    for left, right in meetings(keys.astype(np.uint64), ranks.astype(np.uint64), fresh.astype(np.bool_)):
        pairs |= {frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    return pairs


@given(entries)
def test_all_rows_of_a_small_bucket_meet_where_one_is_new(found: list[tuple[int, int, bool]]) -> None:
    expected = {
        frozenset((i, j))
        for i, (key, rank, new) in enumerate(found)
        for j, (other, other_rank, other_new) in enumerate(found[:i])
        if key == other and rank != other_rank and (new or other_new)
    }
    assert met(found) == expected


def test_a_crowded_bucket_costs_in_proportion() -> None:
    rows = 20 * WHOLE_BUCKET
    pairs = met([(1, row, True) for row in range(rows)])
    assert len(pairs) <= rows * (NEIGHBOURS + 1)
    assert len({row for pair in pairs for row in pair}) == rows, "everyone meets somebody"


def test_another_key_brings_other_neighbours() -> None:
    rows = 3 * WHOLE_BUCKET
    one, other = (met([(key, row, True) for row in range(rows)]) for key in (1, 2))
    assert len(one & other) < len(one) / 2


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**128 - 1)), max_size=40), st.sampled_from([1, 4, 16]))
def test_blobs_hold_what_was_packed(found: list[tuple[int, int]], buckets: int) -> None:
    keys = np.array([key for key, _ in found], dtype=np.uint64)
    ids = pa.array([f"{id_:032x}" for _, id_ in found], pa.string())
    back = []
    for bucket, blob in pack(keys, id_words(ids), buckets):
        some, words = unpack(blob)
        assert set((some % buckets).tolist()) == {bucket}
        back += list(zip(some.tolist(), id_texts(words).to_pylist(), strict=True))
    assert sorted(back) == sorted(zip(keys.tolist(), ids.to_pylist(), strict=True))


def test_ids_of_another_form_are_refused() -> None:
    with pytest.raises(InvariantError, match="hexadecimal"):
        id_words(pa.array(["x" * 32]))
    with pytest.raises(InvariantError, match="hexadecimal"):
        id_words(pa.array(["ab"]))


@given(st.lists(st.integers(0, 9), max_size=30), st.lists(st.integers(0, 9), max_size=10))
def test_a_look_up_finds_every_row_of_a_key(known: list[int], wanted: list[int]) -> None:
    standing = (np.array(sorted(known), dtype=np.uint64), np.arange(len(known), dtype=np.uint32))
    at, rows = look_up(standing, np.array(wanted, dtype=np.uint64))
    expected = {(i, j) for i, key in enumerate(wanted) for j, other in enumerate(sorted(known)) if key == other}
    assert set(zip(at.tolist(), rows.tolist(), strict=True)) == expected


def test_entries_stand_in_their_buckets() -> None:
    keys = np.random.default_rng(1).integers(0, 2**63, 1000).astype(np.uint64)
    packed = Entries.of(keys, np.arange(1000))
    assert all(((packed.bucket(n)[0] % 64) == n).all() for n in range(64))
    assert (keys[packed.rows] == packed.keys).all()


def test_codes_of_pairs_come_back_once() -> None:
    left, right = np.array([1, 1, 4_000_000_000]), np.array([2, 2, 7])
    assert [side.tolist() for side in rows_of(pair_codes(left, right))] == [[1, 4_000_000_000], [2, 7]]
