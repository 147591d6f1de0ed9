"""What a step works on: a batch of samples as Arrow columns, and which of them were dropped, where and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from washplant.text.pii import KINDS
from washplant.text.quality import SCORES

TextFunction = Callable[[pa.StringArray], pa.StringArray]

REASONS = {
    "mask": (*KINDS, "own_rule"),
    "shape": (
        "empty_question",
        "empty_answer",
        "empty_label",
        "empty_image_path",
        "role_unknown",
        "role_order",
        "truncated",
        "dead_end",
    ),
    "length": ("question_short", "answer_short", "too_long"),
    "quality": (*SCORES, "language", "scorer"),
    "sensitive": ("sensitive_word",),
    "dedup": ("exact_duplicate", "near_duplicate"),
}
"""The closed list: every dropped row carries a step and one of its reasons."""

TEXT_COLUMNS = ("system", "input", "chosen", "rejected", "label")


@dataclass(frozen=True)
class Batch:
    """`rows`: samples; `step`, `reason`: null while a row is alive; `changed`: per row the steps that changed its text;
    `masked`: per kind of personal data how many were masked in each row; `masked_in`: the same per column and kind
    (messages.mobile, meta.remark.name), with the metadata."""

    rows: pa.RecordBatch
    step: pa.StringArray
    reason: pa.StringArray
    changed: dict[str, np.ndarray]
    masked: dict[str, np.ndarray]
    masked_in: dict[str, np.ndarray]
    derived: dict[str, Any] = field(default_factory=dict, repr=False)
    """What was computed from these texts (`turns.texts`); new texts begin with none."""

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> Batch:
        """A fresh batch: nothing dropped, nothing changed."""
        nothing = pa.nulls(rows.num_rows, pa.string())
        return cls(rows, nothing, nothing, {}, {}, {})

    def drop(self, step: str, reason: str, where: pa.BooleanArray | np.ndarray) -> Batch:
        """Drop the living rows where the condition is true (null counts as false)."""
        assert reason in REASONS[step], f"{step}/{reason} is not in the closed list"
        hit = pc.and_(pc.fill_null(_as_arrow(where), False), pc.is_null(self.step))
        return replace(
            self,
            step=pc.if_else(hit, pa.scalar(step), self.step),
            reason=pc.if_else(hit, pa.scalar(reason), self.reason),
        )

    def with_rows(self, step: str, rows: pa.RecordBatch, changed: np.ndarray) -> Batch:
        """The batch with new texts; `changed` says in which rows."""
        before = self.changed.get(step)
        after = changed if before is None else before | changed
        return replace(self, rows=rows, changed={**self.changed, step: after}, derived={})

    def column(self, name: str) -> pa.Array:
        """A column of the rows."""
        return self.rows.column(name)


class Step(BaseModel, ABC):
    """One cleaning step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]

    @abstractmethod
    def apply(self, batch: Batch) -> Batch:
        """The batch with texts changed or rows dropped; never fewer rows."""


def map_texts(rows: pa.RecordBatch, function: TextFunction, *, meta: bool = False) -> tuple[pa.RecordBatch, np.ndarray]:
    """Apply a function to every text of the samples; the new rows and, per row, whether any of its texts changed."""
    changed = np.zeros(rows.num_rows, dtype=bool)
    columns = {}
    for name in TEXT_COLUMNS:
        old = rows.column(name)
        if old.null_count == len(old):
            continue
        columns[name] = new = function(old)
        changed |= _differs(old, new)
    messages = rows.column("messages")
    turns = messages.flatten()
    old = turns.field("content")
    new = function(old)
    columns["messages"] = _with_content(messages, turns, new)
    _mark(changed, messages, _differs(old, new))
    if meta:
        columns["meta"] = _with_values(rows.column("meta"), function)
    arrays = [columns.get(name, rows.column(name)) for name in rows.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema), changed


def _with_content(messages: pa.ListArray, turns: pa.StructArray, content: pa.StringArray) -> pa.ListArray:
    values = pa.StructArray.from_arrays([turns.field("role"), content], fields=list(turns.type))
    return pa.ListArray.from_arrays(
        pa.array(list_offsets(messages), pa.int32()), values, type=messages.type, mask=_mask(messages)
    )


def _with_values(meta: pa.MapArray, function: TextFunction) -> pa.MapArray:
    start, end = meta.offsets[0].as_py(), meta.offsets[-1].as_py()
    keys, items = meta.keys[start:end], meta.items[start:end]
    offsets = pc.subtract(meta.offsets, start)
    rebuilt = pa.MapArray.from_arrays(offsets, keys, function(items), mask=_mask(meta))
    return rebuilt.cast(meta.type)


def list_offsets(lists: pa.ListArray) -> np.ndarray:
    """int64[rows + 1]: offsets into `lists.flatten()`, which holds neither what a slice cut off nor what nulls hide."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _mask(lists: pa.ListArray) -> pa.BooleanArray | None:
    return pc.is_null(lists) if lists.null_count else None


def _mark(changed: np.ndarray, lists: pa.ListArray, inner: np.ndarray) -> None:
    """Set `changed` for every list that holds a true value of `inner`."""
    owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    changed[owner[inner]] = True


def _differs(old: pa.StringArray, new: pa.StringArray) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.not_equal(old, new), False).to_numpy(zero_copy_only=False))


def _as_arrow(where: pa.BooleanArray | np.ndarray) -> pa.BooleanArray:
    return pa.array(where) if isinstance(where, np.ndarray) else where
