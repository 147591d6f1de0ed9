"""Texts in a file that is mapped, not read: however many there are, memory holds the pages in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.duplicates.sketching import pair_sizes
from washplant.text.jaccard import Similarity, similarity_at
from washplant.text.ngrams import code_point_counts

SCHEMA = pa.schema([pa.field("id", pa.string()), pa.field("view", pa.string())])
BATCH_ROWS = 1 << 15


class Views:
    """The rows of an Arrow file of SCHEMA, by number."""

    def __init__(self, path: Path) -> None:
        self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        self.batches = [self._file.get_batch(number) for number in range(self._file.num_record_batches)]
        self.starts = np.concatenate([[0], np.cumsum([len(batch) for batch in self.batches])]).astype(np.int64)
        self._lengths: dict[int, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        return int(self.starts[-1])

    def ids(self, rows: npt.NDArray[Any]) -> pa.StringArray:
        """The ids of some rows."""
        chunks = pa.chunked_array([batch.column("id") for batch in self.batches], pa.string())
        return pa.array(chunks.take(pa.array(rows)).combine_chunks(), pa.string())

    def texts(self, batch: int) -> pa.StringArray:
        """All texts of a batch."""
        return self.batches[batch].column("view")

    def lengths(self, batch: int) -> npt.NDArray[Any]:
        """Characters of every text of a batch (int64[rows]), counted once."""
        if batch not in self._lengths:
            self._lengths[batch] = code_point_counts(self.batches[batch].column("view"))
        return self._lengths[batch]

    def batch(self, rows: npt.NDArray[Any]) -> tuple[pa.StringArray, npt.NDArray[Any]]:
        """All texts of the one batch that some rows are in, and their places there."""
        number = self.number(rows)
        return self.texts(number), rows - self.starts[number]

    def number(self, rows: npt.NDArray[Any]) -> int:
        """Of the one batch that some rows are in."""
        return int(np.searchsorted(self.starts, rows[0], side="right")) - 1

    def row(self, row: int) -> tuple[str, str]:
        """Id and text of one row."""
        texts, place = self.batch(np.array([row]))
        return str(self.ids(np.array([row]))[0]), str(texts[int(place[0])])


def portions(left: Views, rows: npt.NDArray[Any], right: Views, others: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """The places of the pairs (rows[i], others[i]), those together that need one batch of either side."""
    if not len(rows):
        return
    one = np.searchsorted(left.starts, rows, side="right") - 1
    other = np.searchsorted(right.starts, others, side="right") - 1
    group = one * (len(right.batches) + 1) + other
    order = np.lexsort((rows, group))
    border = np.flatnonzero(np.diff(group[order])) + 1
    yield from np.split(order, border)


def compared(left: Views, rows: npt.NDArray[Any], right: Views, others: npt.NDArray[Any]) -> Similarity:
    """Exact similarity of pairs of one portion: all rows in one batch, all others in one batch."""
    ones, i = left.batch(rows)
    twos, j = right.batch(others)
    sizes = pair_sizes(left.lengths(left.number(rows))[i], right.lengths(right.number(others))[j])
    return similarity_at(ones, i, twos, j, sizes)


def equal(left: Views, rows: npt.NDArray[Any], right: Views, others: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whether the texts of pairs of one portion are the same (bool[pairs])."""
    ones, i = left.batch(rows)
    twos, j = right.batch(others)
    same = pc.equal(ones.take(pa.array(i)), twos.take(pa.array(j)))
    return np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False))
