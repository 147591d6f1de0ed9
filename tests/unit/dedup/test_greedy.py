"""Which of several similar rows stays, held against plain Python on random graphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from washplant.duplicates import greedy
from washplant.duplicates.greedy import Graph, Verdicts, components, decide
from washplant.errors import InvariantError

Edge = tuple[int, int, float]


@dataclass(frozen=True)
class Case:
    """A graph as plain data."""

    ids: list[str]
    clusters: list[str | None]
    edges: list[Edge]

    def decide(self, edges: list[Edge] | None = None) -> Verdicts:
        chosen = self.edges if edges is None else edges
        ends = np.array([edge[:2] for edge in chosen], dtype=np.int64).reshape(-1, 2)
        near = np.array([edge[2] for edge in chosen], dtype=np.float64)
        return decide(Graph(self.ids, self.clusters, ends[:, 0], ends[:, 1], near))

    def around(self, row: int) -> dict[int, float]:
        """The neighbours of a row and how similar each is."""
        return {b if a == row else a: near for a, b, near in self.edges if row in (a, b)}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to 12 rows: ids in no order, some rows with a cluster already, every pair at most once, in either direction."""
    rows = draw(st.integers(1, 12))
    ids = draw(st.permutations([f"id{n:02}" for n in range(rows)]))
    clusters = draw(st.lists(st.none() | st.sampled_from(["c0", "c1", "c2"]), min_size=rows, max_size=rows))
    pairs = [(a, b) for a in range(rows) for b in range(a)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    similarity = st.sampled_from([0.8, 0.85, 0.9, 1.0])
    edges = [(a, b, draw(similarity)) if draw(st.booleans()) else (b, a, draw(similarity)) for a, b in chosen]
    return Case(list(ids), clusters, edges)


def brute_force(case: Case) -> list[int]:
    """Rows that stay: in order of preference, whoever has no neighbour among those that stay already."""
    kept: list[int] = []
    for row in range(len(case.ids)):
        if not set(case.around(row)) & set(kept):
            kept.append(row)
    return kept


def reachable(case: Case, row: int) -> set[int]:
    found, waiting = {row}, [row]
    while waiting:
        new = set(case.around(waiting.pop())) - found
        found |= new
        waiting += new
    return found


@given(cases())
def test_the_preferred_rows_stay_and_no_two_of_them_are_neighbours(case: Case) -> None:
    """The lexicographically first maximal independent set."""
    kept = brute_force(case)
    stands = case.decide().stands.tolist()
    assert [row for row, other in enumerate(stands) if row == other] == kept
    assert not [1 for a, b, _ in case.edges if a in kept and b in kept]


@given(cases())
def test_a_dropped_row_names_its_most_similar_kept_neighbour(case: Case) -> None:
    verdicts, kept = case.decide(), brute_force(case)
    for row in range(len(case.ids)):
        if row in kept:
            assert (verdicts.stands[row], verdicts.similarity[row]) == (row, 1.0)
        else:
            staying = {other: near for other, near in case.around(row).items() if other in kept}
            best = min(staying, key=lambda other: (-staying[other], other))
            assert (verdicts.stands[row], verdicts.similarity[row]) == (best, staying[best])


@given(cases())
def test_components_are_what_a_walk_reaches(case: Case) -> None:
    ends = np.array([edge[:2] for edge in case.edges], dtype=np.int64).reshape(-1, 2)
    root = components(ends[:, 0], ends[:, 1], len(case.ids))
    assert root.tolist() == [min(reachable(case, row)) for row in range(len(case.ids))]


@given(cases())
def test_a_cluster_stays_once_given_and_the_rest_joins_the_least_one(case: Case) -> None:
    cluster = case.decide().cluster
    for row, before in enumerate(case.clusters):
        group = reachable(case, row)
        known = {found for other in group if (found := case.clusters[other]) is not None}
        expected = min(known) if known else min(case.ids[other] for other in group)
        assert cluster[row] == (before if before is not None else expected)


@given(cases())
def test_links_join_exactly_the_clusters_that_meet(case: Case) -> None:
    """Pair by pair with the least of a component's clusters, so that all of them are joined."""
    expected = set()
    for row in range(len(case.ids)):
        known = sorted({found for other in reachable(case, row) if (found := case.clusters[other]) is not None})
        expected |= {(known[0], other) for other in known[1:]}
    assert set(case.decide().links) == expected


@given(cases(), st.randoms())
def test_the_order_and_direction_of_edges_change_nothing(case: Case, random: object) -> None:
    edges = [(b, a, near) if n % 2 else (a, b, near) for n, (a, b, near) in enumerate(case.edges)]
    random.shuffle(edges)  # type: ignore[attr-defined]
    one, other = case.decide(), case.decide(edges)
    assert one.stands.tolist() == other.stands.tolist()
    assert one.similarity.tolist() == other.similarity.tolist()
    assert (one.cluster, one.links) == (other.cluster, other.links)


def test_a_chain_keeps_every_other_row() -> None:
    """Not its ends alone: 0-1-2-3-4, each similar to the next, is three rows and not one."""
    case = Case([str(n) for n in range(5)], [None] * 5, [(n, n + 1, 0.9) for n in range(4)])
    verdicts = case.decide()
    assert verdicts.stands.tolist() == [0, 0, 2, 2, 4]
    assert set(verdicts.cluster) == {"0"}


def test_rows_without_edges_stay() -> None:
    verdicts = Case(["b", "a"], [None, "c"], []).decide()
    assert (verdicts.stands.tolist(), verdicts.cluster, verdicts.links) == ([0, 1], ["b", "c"], [])
    assert Case([], [], []).decide().cluster == []


@given(st.integers(2, 400), st.integers(0, 2**32 - 1))
def test_components_of_long_paths(rows: int, seed: int) -> None:
    """Hooking must not stop half-way along a path whose rows are numbered at random."""
    path = np.random.default_rng(seed).permutation(rows)
    assert not components(path[:-1], path[1:], rows).any()


def test_more_pairs_than_the_driver_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy, "DRIVER_EDGES", 1)
    with pytest.raises(InvariantError, match="2 similar pairs are more than the driver decides at once") as caught:
        Case(["a", "b", "c"], [None] * 3, [(0, 1, 0.9), (1, 2, 0.9)]).decide()
    assert "dedup.threshold" in caught.value.next_step
