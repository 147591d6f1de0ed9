"""Which of several similar rows stays: a row goes only if it is similar enough to a row that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
    left: npt.NDArray[Any]
    right: npt.NDArray[Any]
    similarity: npt.NDArray[Any]


@dataclass(frozen=True)
class Verdicts:
    """Per row: the position of the row that stands for it (its own when it stays), the similarity to that row, and the
    cluster; `links`: clusters that were found to be connected."""

    stands: npt.NDArray[Any]
    similarity: npt.NDArray[Any]
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
    source, target, near = _both_ways(graph)
    starts = np.searchsorted(source, np.arange(rows + 1))
    kept = np.ones(rows, dtype=np.bool_)
    _choose(starts, target, kept)
    # Of a dropped row, the edge to its most similar kept neighbour; among equals to the preferred one.
    wanted = np.flatnonzero(~kept[source] & kept[target])
    wanted = wanted[np.lexsort((target[wanted], -near[wanted], source[wanted]))]
    dropped, first = np.unique(source[wanted], return_index=True)
    stands, best = np.arange(rows), np.ones(rows)
    stands[dropped], best[dropped] = target[wanted][first], near[wanted][first]
    return Verdicts(stands, best, *_clusters(graph, rows))


def _both_ways(graph: Graph) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Both directions of every edge, sorted by where they begin."""
    source = np.concatenate([graph.left, graph.right])
    target = np.concatenate([graph.right, graph.left])
    order = np.argsort(source, kind="stable")
    return source[order], target[order], np.concatenate([graph.similarity, graph.similarity])[order]


def _keep(starts: npt.NDArray[Any], neighbours: npt.NDArray[Any], kept: npt.NDArray[Any]) -> None:
    """Visit rows in order of preference; one with an earlier kept neighbour is not kept."""
    for row in range(len(kept)):
        for at in range(starts[row], starts[row + 1]):
            if neighbours[at] < row and kept[neighbours[at]]:
                kept[row] = False
                break


def _choose(starts: npt.NDArray[Any], neighbours: npt.NDArray[Any], kept: npt.NDArray[Any]) -> None:
    """`_keep`, compiled where numba is there: each verdict hangs on those before it, so numpy has no way."""
    try:
        from washplant.compiled import compiled
    except ImportError:
        _keep(starts, neighbours, kept)
    else:
        compiled()(_keep)(starts, neighbours, kept)


def _clusters(graph: Graph, rows: int) -> tuple[list[str], list[tuple[str, str]]]:
    """A component's rows without a cluster join the least of its clusters, or found one named after its least id."""
    root = components(graph.left, graph.right, rows)
    names, code = np.unique(np.array(graph.id + [name for name in graph.cluster if name is not None]), return_inverse=True)
    none = len(names)
    own = np.full(rows, none)
    own[[row for row in range(rows) if graph.cluster[row] is not None]] = code[rows:]
    least, known = np.full(rows, none), np.full(rows, none)
    np.minimum.at(least, root, code[:rows])
    np.minimum.at(known, root, own)
    chosen = np.where(known < none, known, least)[root]
    clusters = np.where(own < none, own, chosen)
    apart = np.unique(np.stack([chosen, clusters])[:, clusters != chosen], axis=1)
    links = [(str(names[a]), str(names[b])) for a, b in apart.T]
    return [str(name) for name in names[clusters]] if rows else [], links


def components(left: npt.NDArray[Any], right: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
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
