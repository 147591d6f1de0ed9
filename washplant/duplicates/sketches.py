"""One pass over texts: band keys and digests of all rows, the texts themselves into a file that can be mapped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.duplicates.packed import Entries
from washplant.duplicates.sketching import Sketching
from washplant.duplicates.views import SCHEMA
from washplant.text.arrow import as_strings
from washplant.text.digests import digests

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Sketches:
    """entries: of each batch; digest: uint64[rows]; present: bool[rows], false where the text is null."""

    entries: list[Entries]
    digest: npt.NDArray[Any]
    present: npt.NDArray[Any]


def sketch_texts(batches: Iterable[tuple[pa.Array, pa.Array]], sketching: Sketching, path: Path, threads: int) -> Sketches:
    """Sketch (ids, texts) batch by batch, the rows numbered in their order; ids and texts go to the Arrow file `path`."""
    entries = []
    found: list[npt.NDArray[Any]] = [np.zeros(0, dtype=np.uint64)]
    present: list[npt.NDArray[Any]] = [np.zeros(0, dtype=np.bool_)]
    start = 0

    def sketched(batch: tuple[pa.Array, pa.Array]) -> tuple[pa.Array, pa.StringArray, pa.ListArray, npt.NDArray[Any]]:
        texts = as_strings(batch[1])
        return batch[0], texts, sketching.keys(texts, texts.is_valid()), digests(texts)

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for ids, texts, keys, digest in in_order(sketched, batches, threads):
            writer.write_batch(pa.RecordBatch.from_arrays([as_strings(ids), texts], schema=SCHEMA))
            counts = np.diff(keys.offsets.to_numpy())
            owners = np.repeat(np.arange(start, start + len(texts)), counts)
            entries.append(Entries.of(keys.values.to_numpy().view(np.uint64), owners))
            found.append(digest)
            present.append(np.asarray(texts.is_valid()))
            start += len(texts)
    return Sketches(entries, np.concatenate(found), np.concatenate(present))


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """`work` of every item, in order, by some threads; of the items only a few more than threads are held at a time."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
