"""Which of new rows are near duplicates of each other or of rows of an index: one machine, any number of threads.

    sketches -> equal texts -> rows with equal band keys -> exact similarity -> which row stays

Every step is the one that `pipelines.dedup` runs on a cluster. Rows of the index come first; among new rows `preference`
decides, then the id: nothing hangs on the order or partitioning of the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.duplicates.buckets import meetings
from washplant.duplicates.greedy import Graph, Verdicts, decide
from washplant.duplicates.held import Held, HeldPairs, Meaning, told
from washplant.duplicates.packed import BUCKETS, Entries, joined, look_up, pair_codes, rows_of
from washplant.duplicates.sketches import Sketches, in_order
from washplant.duplicates.views import Views, compared, equal, portions


@dataclass(frozen=True)
class Standing:
    """Rows of an index that new rows are compared with: texts, band keys, and digests as (sorted digests, their rows)."""

    views: Views
    entries: Entries
    digests: tuple[npt.NDArray[Any], npt.NDArray[Any]]


@dataclass(frozen=True)
class Found:
    """Of every new row: whether it stays; `removed`: row, kept_id, similarity, reason; `clusters`: row, cluster of all rows
    with a duplicate. `pairs`: verified pairs; `candidates`: pairs that were compared; `held`: similar pairs that the meaning
    guard holds apart."""

    kept: npt.NDArray[Any]
    removed: pa.Table
    clusters: pa.Table
    pairs: int
    candidates: int
    held: Held


@dataclass(frozen=True)
class Pairs:
    """Rows of two sides that are similar: `other` counts in the part of the index, or among the new rows (part -1).
    `equal`: because their texts are the same. `differs`: as of `Guard.apart`."""

    part: int
    row: npt.NDArray[Any]
    other: npt.NDArray[Any]
    similarity: npt.NDArray[Any]
    differs: npt.NDArray[np.int8]
    equal: bool = False

    def take(self, chosen: npt.NDArray[np.bool_]) -> Pairs:
        """Some of them."""
        rows, others, similarity = self.row[chosen], self.other[chosen], self.similarity[chosen]
        return Pairs(self.part, rows, others, similarity, self.differs[chosen], self.equal)


def find(
    views: Views,
    sketches: Sketches,
    preference: npt.NDArray[Any],
    threshold: float,
    threads: int,
    standing: Sequence[Standing] = (),
    meaning: Meaning | None = None,
) -> Found:
    """Decide about all rows of `views`. preference: float64[rows], larger is preferred; no `meaning`: similarity alone says
    what a duplicate is."""
    ids = pc.rank(views.ids(np.arange(len(views))), tiebreaker="first").to_numpy() if len(views) else np.zeros(0, int)
    place = np.empty(len(views), dtype=np.int64)
    place[np.lexsort((ids, -preference))] = np.arange(len(views))
    leader = _leaders(views, sketches, place)
    exact = [_exact(views, sketches, number, part) for number, part in enumerate(standing)]
    leading = (leader == np.arange(len(views))) & sketches.present
    for pairs in exact:
        leading[pairs.row] = False
    similar, held, candidates = [], [], 0
    for number, codes in [(-1, _candidates(sketches, leading, threads))] + [
        (number, _meeting(sketches, leading, part, threads)) for number, part in enumerate(standing)
    ]:
        candidates += len(codes)
        other = views if number < 0 else standing[number].views
        pairs = _verified(views, other, codes, number, threshold, threads, meaning)
        similar.append(pairs.take(pairs.differs == 0))
        held.append(_held(pairs.take(pairs.differs > 0), other, place))
    decided = _decided(views, leader, place, [*exact, *similar], standing)
    apart = told(meaning, views, held) if meaning else Held({}, [])
    return Found(*decided, sum(len(pairs.row) for pairs in [*exact, *similar]), candidates, apart)


def _held(pairs: Pairs, others: Views, place: npt.NDArray[Any]) -> HeldPairs:
    other = place[pairs.other] if pairs.part < 0 else pairs.other
    places = np.stack([place[pairs.row], other], axis=1)
    return HeldPairs(others, pairs.row, pairs.other, places, pairs.similarity, pairs.differs)


def _leaders(views: Views, sketches: Sketches, place: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of every row the most preferred one of equal text; rows without a text are their own."""
    rows = np.flatnonzero(sketches.present)
    order = rows[np.lexsort((place[rows], sketches.digest[rows]))]
    digest = sketches.digest[order]
    first = np.concatenate([[True], digest[1:] != digest[:-1]])[: len(order)]
    leader = np.arange(len(views))
    leader[order] = order[first][np.cumsum(first) - 1]
    followers = np.flatnonzero(leader != np.arange(len(views)))
    for portion in portions(views, followers, views, leader[followers]):
        chosen = followers[portion]
        apart = chosen[~equal(views, chosen, views, leader[chosen])]
        leader[apart] = apart  # two texts with one digest
    return leader


def _exact(views: Views, sketches: Sketches, number: int, part: Standing) -> Pairs:
    """New rows whose text a row of the index has."""
    known, rows = part.digests
    mine = np.flatnonzero(sketches.present)
    at = np.searchsorted(known, sketches.digest[mine])
    hit = at < len(known)
    hit[hit] = known[at[hit]] == sketches.digest[mine[hit]]
    row, other = mine[hit], rows[at[hit]].astype(np.int64)
    same = np.zeros(len(row), dtype=np.bool_)
    for portion in portions(views, row, part.views, other):
        same[portion] = equal(views, row[portion], part.views, other[portion])
    return Pairs(number, row[same], other[same], np.ones(int(same.sum())), np.zeros(int(same.sum()), dtype=np.int8), equal=True)


def _candidates(sketches: Sketches, leading: npt.NDArray[Any], threads: int) -> npt.NDArray[Any]:
    """Codes of the pairs of leading rows that share a band key."""

    def of_bucket(number: int) -> npt.NDArray[Any]:
        keys, rows = _leading(sketches, leading, number)
        found: list[npt.NDArray[Any]] = [np.zeros(0, dtype=np.uint64)]
        for left, right in meetings(keys, sketches.digest[rows], np.ones(len(keys), dtype=np.bool_)):
            if len(left):
                one, other = rows[left], rows[right]
                found.append(pair_codes(np.minimum(one, other), np.maximum(one, other)))
        codes: npt.NDArray[Any] = np.unique(np.concatenate(found))
        return codes

    return _union(in_order(of_bucket, range(BUCKETS), threads))


def _meeting(sketches: Sketches, leading: npt.NDArray[Any], part: Standing, threads: int) -> npt.NDArray[Any]:
    """Codes of the pairs of a leading row and a row of the index that share a band key."""

    def of_bucket(number: int) -> npt.NDArray[Any]:
        keys, rows = _leading(sketches, leading, number)
        at, other = look_up(part.entries.bucket(number), keys)
        return pair_codes(rows[at], other)

    return _union(in_order(of_bucket, range(BUCKETS), threads))


def _leading(sketches: Sketches, leading: npt.NDArray[Any], number: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    keys, rows = joined(sketches.entries, number)
    chosen = leading[rows]
    return keys[chosen], rows[chosen]


def _union(codes: Iterator[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    union: npt.NDArray[Any] = np.unique(np.concatenate([np.zeros(0, dtype=np.uint64), *codes]))
    return union


def _verified(
    views: Views,
    others: Views,
    codes: npt.NDArray[Any],
    number: int,
    threshold: float,
    threads: int,
    meaning: Meaning | None,
) -> Pairs:
    """The pairs that are similar enough."""
    row, other = rows_of(codes)

    def measured(portion: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        found = compared(views, row[portion], others, other[portion])
        near = portion[found >= threshold]
        apart = meaning.differs(views, row[near], others, other[near]) if meaning else np.zeros(len(near), dtype=np.int8)
        return near, found[found >= threshold], apart

    similarity, differs = np.full(len(row), -1.0), np.zeros(len(row), dtype=np.int8)
    for near, found, apart in in_order(measured, portions(views, row, others, other), threads):
        similarity[near], differs[near] = found, apart
    return Pairs(number, row, other, similarity, differs).take(similarity >= threshold)


def _decided(
    views: Views,
    leader: npt.NDArray[Any],
    place: npt.NDArray[Any],
    found: list[Pairs],
    standing: Sequence[Standing],
) -> tuple[npt.NDArray[Any], pa.Table, pa.Table]:
    """`Found.kept`, `removed` and `clusters`. Rows of the index stand before all; then new rows by their place."""
    base = np.concatenate([[0], np.cumsum([len(part.views) for part in standing])]).astype(np.int64)
    total = int(base[-1])
    left = np.concatenate([np.zeros(0, dtype=np.int64), *(total + place[pairs.row] for pairs in found)])
    right = np.concatenate(
        [left[:0], *(total + place[pairs.other] if pairs.part < 0 else base[pairs.part] + pairs.other for pairs in found)]
    )
    similarity = np.concatenate([np.zeros(0), *(pairs.similarity for pairs in found)])
    nodes, at = np.unique(np.concatenate([left, right]), return_inverse=True)
    row_at = np.empty(len(views), dtype=np.int64)
    row_at[place] = np.arange(len(views))
    names = _names(views, row_at, standing, base, nodes)
    verdicts = decide(Graph(names.to_pylist(), [None] * len(nodes), at[: len(left)], at[len(left) :], similarity))
    # Of every new row the node that its leader is; -1 for most, which are like no other.
    node = np.full(len(views), -1, dtype=np.int64)
    mine = np.flatnonzero(nodes >= total)
    node[row_at[nodes[mine] - total]] = mine
    equal_rows = np.concatenate([left[:0], *(pairs.row for pairs in found if pairs.equal)])
    return _outcome(views, leader, node[leader], verdicts, names, np.isin(leader, equal_rows))


def _names(
    views: Views, row_at: npt.NDArray[Any], standing: Sequence[Standing], base: npt.NDArray[Any], nodes: npt.NDArray[Any]
) -> pa.StringArray:
    """The ids of nodes: rows of the index by their number, then new rows by their place."""
    parts = []
    for number, part in enumerate(standing):
        inside = nodes[(nodes >= base[number]) & (nodes < base[number + 1])]
        parts.append(part.views.ids(inside - base[number]))
    parts.append(views.ids(row_at[nodes[nodes >= base[-1]] - base[-1]]))
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def _outcome(
    views: Views,
    leader: npt.NDArray[Any],
    node: npt.NDArray[Any],
    verdicts: Verdicts,
    names: pa.StringArray,
    known: npt.NDArray[Any],
) -> tuple[npt.NDArray[Any], pa.Table, pa.Table]:
    """A row of equal text shares its leader's fate. node: of each row's leader, -1 where it is like no other; known: rows
    whose text a row of the index has."""
    rows = np.arange(len(views))
    linked = node >= 0
    near = linked.copy()
    near[linked] = verdicts.stands[node[linked]] != node[linked]
    kept = ~near & (leader == rows)
    gone = np.flatnonzero(~kept)
    like = np.ones(len(views))
    like[near] = verdicts.similarity[node[near]]
    stands = np.zeros(len(views), dtype=np.int64)
    stands[near] = verdicts.stands[node[near]]
    equal_text = known | ~near
    by_similarity, by_equality = gone[near[gone]], gone[~near[gone]]
    removed = pa.table(
        {
            "row": np.concatenate([by_similarity, by_equality]),
            "kept_id": pa.chunked_array(
                [names.take(pa.array(stands[by_similarity])), views.ids(leader[by_equality])], pa.string()
            ),
            "similarity": np.concatenate([like[by_similarity], like[by_equality]]),
            "reason": pc.if_else(
                pa.array(equal_text[np.concatenate([by_similarity, by_equality])]), "exact_duplicate", "near_duplicate"
            ),
        }
    ).sort_by("row")
    crowd = np.bincount(leader, minlength=len(views))[leader] > 1
    similar, same = np.flatnonzero(linked), np.flatnonzero(crowd & ~linked)
    groups = pa.array(verdicts.cluster, pa.string()).take(pa.array(node[similar]))
    clusters = pa.table(
        {
            "row": np.concatenate([similar, same]),
            "cluster": pa.chunked_array([groups, views.ids(leader[same])], pa.string()),
        }
    ).sort_by("row")
    return kept, removed, clusters
