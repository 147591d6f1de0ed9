"""Which of several similar rows stays: a row goes only if it is similar enough to a row that stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from washplant.errors import InvariantError

DRIVER_EDGES = 20_000_000
"""Verified edges are decided on the driver: 24 bytes each, so this many take half a gigabyte."""


@dataclass(frozen=True)
class Graph:
    """Rows that are similar to others, in the order in which they are preferred, and the verified pairs between them.

    left, right: positions of the rows of a pair, int64[edges]; similarity: float64[edges]; cluster: per row the cluster it
    already belongs to, or None; id: per row.
    """

    id: list[str]
    cluster: list[str | None]
    left: np.ndarray
    right: np.ndarray
    similarity: np.ndarray


@dataclass(frozen=True)
class Verdicts:
    """Per row: the position of the row that stands for it (its own when it stays), the similarity to that row, and the
    cluster; `links`: clusters that were found to be connected."""

    stands: np.ndarray
    similarity: np.ndarray
    cluster: list[str]
    links: list[tuple[str, str]]


def decide(graph: Graph) -> Verdicts:
    """Keep rows in order of preference unless a kept one is similar; then name for each dropped row its most similar one."""
    rows = len(graph.id)
    if len(graph.left) > DRIVER_EDGES:
        raise InvariantError(
            f"{len(graph.left):,} similar pairs are more than the driver decides at once ({DRIVER_EDGES:,})",
            where="dedup",
            next_step="raise dedup.threshold, or clean templates out of the texts first",
        )
    starts, neighbours, similarity = _adjacency(graph, rows)
    kept = np.ones(rows, dtype=bool)
    for row in range(rows):
        around = neighbours[starts[row] : starts[row + 1]]
        earlier = around[around < row]
        if kept[earlier].any():
            kept[row] = False
    stands, best = np.arange(rows), np.ones(rows)
    for row in np.flatnonzero(~kept).tolist():
        span = slice(starts[row], starts[row + 1])
        around, near = neighbours[span], similarity[span]
        staying = kept[around]
        order = np.lexsort((around[staying], -near[staying]))[0]
        stands[row], best[row] = around[staying][order], near[staying][order]
    cluster, links = _clusters(graph, rows)
    return Verdicts(stands, best, cluster, links)


def _adjacency(graph: Graph, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both directions of every edge, grouped by row."""
    source = np.concatenate([graph.left, graph.right])
    target = np.concatenate([graph.right, graph.left])
    order = np.lexsort((target, source))
    starts = np.searchsorted(source[order], np.arange(rows + 1))
    return starts, target[order], np.concatenate([graph.similarity, graph.similarity])[order]


def _clusters(graph: Graph, rows: int) -> tuple[list[str], list[tuple[str, str]]]:
    """A component's rows without a cluster join the least of its clusters, or found one named after its least id."""
    root = components(graph.left, graph.right, rows)
    known: dict[int, set[str]] = {}
    least: dict[int, str] = {}
    for row in range(rows):
        component = int(root[row])
        least[component] = min(least.get(component, graph.id[row]), graph.id[row])
        found = graph.cluster[row]
        if found is not None:
            known.setdefault(component, set()).add(found)
    chosen = {component: min(known[component]) if component in known else least[component] for component in least}
    clusters = [graph.cluster[row] or chosen[int(root[row])] for row in range(rows)]
    links = sorted((chosen[c], other) for c, found in known.items() for other in found if other != chosen[c])
    return clusters, links


def components(left: np.ndarray, right: np.ndarray, rows: int) -> np.ndarray:
    """The least member of each row's connected component, by hooking and pointer jumping."""
    root = np.arange(rows)
    while True:
        low = np.minimum(root[left], root[right])
        before = root.copy()
        np.minimum.at(root, root[left], low)
        np.minimum.at(root, root[right], low)
        while True:
            jumped = root[root]
            if (jumped == root).all():
                break
            root = jumped
        if (root == before).all():
            return root
