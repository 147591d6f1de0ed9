"""Every text of a batch as one array, and back: a function that is called once has its fixed costs once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import TEXT_COLUMNS, list_offsets

META = "meta"


class Part(NamedTuple):
    """One column's share of the array: texts[start:stop]."""

    column: str
    start: int
    stop: int


class Texts(NamedTuple):
    """`array`: all texts; `owner`: the row of each; `parts`: which column they are of; `keys`: those of the metadata."""

    array: pa.StringArray
    owner: npt.NDArray[np.int64]
    parts: tuple[Part, ...]
    keys: pa.StringArray

    def column(self, at: int) -> str:
        """The column of a text: messages, or meta.KEY."""
        part = next(part for part in self.parts if part.start <= at < part.stop)
        return f"{META}.{self.keys[at - part.start]}" if part.column == META else part.column


def gather(rows: pa.RecordBatch) -> Texts:
    """The texts of the samples: columns, then what is said in messages, then the values of the metadata."""
    arrays = [rows.column(name) for name in TEXT_COLUMNS]
    every = np.arange(rows.num_rows, dtype=np.int64)
    owners: list[np.ndarray] = [every] * len(TEXT_COLUMNS)
    messages, meta = rows.column("messages"), rows.column(META)
    arrays += [messages.flatten().field("content"), _values(meta)]
    for lists in (messages, meta):
        owners.append(np.repeat(every, np.diff(list_offsets(_as_list(lists)))))
    bounds = np.cumsum([0, *map(len, arrays)]).tolist()
    parts = tuple(Part(*part) for part in zip((*TEXT_COLUMNS, "messages", META), bounds[:-1], bounds[1:], strict=True))
    return Texts(pa.concat_arrays(arrays), np.concatenate(owners), parts, _as_list(meta).flatten().field(0))


def scatter(rows: pa.RecordBatch, texts: Texts, array: pa.StringArray) -> pa.RecordBatch:
    """The rows with the texts of `array`, which has the order of `texts`."""
    new = {part.column: array.slice(part.start, part.stop - part.start) for part in texts.parts}
    messages, meta = rows.column("messages"), rows.column(META)
    roles, kind = messages.flatten().field("role"), messages.type.value_type
    turns = pa.StructArray.from_arrays([roles, new["messages"]], fields=list(kind))
    new["messages"] = pa.ListArray.from_arrays(_offsets(messages), turns, type=messages.type, mask=_nulls(messages))
    keys = _as_list(meta).flatten().field(0)
    new[META] = pa.MapArray.from_arrays(_offsets(_as_list(meta)), keys, new[META], mask=_nulls(meta)).cast(meta.type)
    arrays = [new.get(name, rows.column(name)) for name in rows.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def _as_list(lists: pa.ListArray | pa.MapArray) -> pa.ListArray:
    """A map as the list of pairs that it is: only lists can be flattened."""
    if not pa.types.is_map(lists.type):
        return lists
    pairs = pa.list_(pa.struct([("key", lists.type.key_type), ("value", lists.type.item_type)]))
    return lists.cast(pairs)


def _values(meta: pa.MapArray) -> pa.StringArray:
    return _as_list(meta).flatten().field(1)


def _offsets(lists: pa.ListArray) -> pa.Int32Array:
    return pa.array(list_offsets(lists), pa.int32())


def _nulls(lists: pa.Array) -> pa.BooleanArray | None:
    return pc.is_null(lists) if lists.null_count else None
