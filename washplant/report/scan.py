"""Reading a store's newest state with Arrow alone: narrow columns in batches, texts only of the rows that are shown.

A store's runs are a large first one and small deltas, so only the deltas' ids are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds


def newest(runs: Sequence[ds.Dataset], key: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Of every key the row of the newest run, batch by batch. `runs`: oldest first, each with every key once."""
    if not runs:
        return
    first, *deltas = runs
    if not deltas:
        yield from first.to_batches(columns=columns)
        return
    keys = pa.concat_tables([delta.to_table(columns=[key]) for delta in deltas]).column(key)
    coded = pc.dictionary_encode(keys.combine_chunks())
    last = np.zeros(len(coded.dictionary), dtype=np.int64)
    last[coded.indices.to_numpy()] = np.arange(len(coded))  # of equal indices the last one is kept
    counts = np.zeros(len(coded), dtype=bool)
    counts[last] = True
    yield from first.to_batches(columns=columns, filter=~pc.field(key).isin(coded.dictionary))
    at = 0
    for delta in deltas:
        for batch in delta.to_batches(columns=columns):
            yield batch.filter(pa.array(counts[at : at + batch.num_rows]))
            at += batch.num_rows


def rows_of(runs: Sequence[ds.Dataset], ids: set[str], columns: list[str]) -> dict[str, dict[str, Any]]:
    """The newest rows of a few ids, whole. Texts are read from row groups that hold one of them only."""
    wanted = pc.field("id").isin(pa.array(sorted(ids), pa.string()))
    found: dict[str, dict[str, Any]] = {}
    for run in runs if ids else ():
        for fragment in run.get_fragments():
            for group in fragment.split_by_row_group():
                if group.count_rows(filter=wanted):
                    found.update((row["id"], row) for row in group.to_table(columns=columns, filter=wanted).to_pylist())
    return found


def smallest(held: pa.Table | None, batch: pa.RecordBatch, keys: Sequence[str], count: int) -> pa.Table:
    """The `count` rows with the smallest keys among those held so far and the batch's."""
    table = pa.Table.from_batches([batch])
    together = table if held is None else pa.concat_tables([held, table])
    order = pc.sort_indices(together, sort_keys=[(key, "ascending") for key in keys])
    return together.take(order[:count])


def map_items(maps: pa.MapArray) -> tuple[pa.Array, pa.Array]:
    """Keys and values of all maps of an array, one after the other, as far as its slice shows them."""
    start, end = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    return maps.keys[start:end], maps.items[start:end]
