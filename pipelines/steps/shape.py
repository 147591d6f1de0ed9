"""Rows that are no examples: parts missing, speakers out of turn, answers that stop or stall."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import Batch, Step
from pipelines.steps.turns import first_question, is_dialogue, last_answer, texts
from washplant.sample import TaskKind
from washplant.text.shape import is_blank, is_dead_end_view, is_truncated


class Shape(Step):
    """Drop rows that lack a part, whose turns do not alternate, or whose answer is cut off or says nothing."""

    name: ClassVar[str] = "shape"
    drop_truncated: bool = True
    drop_dead_ends: bool = True

    def apply(self, batch: Batch) -> Batch:
        """Drop by reason; the first that holds is the one recorded."""
        rows, dialogue = batch.rows, is_dialogue(batch.rows)
        answer, said = last_answer(rows), texts(batch)
        image = _task(rows, TaskKind.IMAGE_CLASSIFICATION)
        classes = image | _task(rows, TaskKind.TEXT_CLASSIFICATION)
        unknown, disorder = _turn_faults(rows)
        batch = batch.drop("shape", "empty_image_path", image & _true(_blank(rows.column("image_path"))))
        batch = batch.drop("shape", "empty_label", classes & _true(_blank(rows.column("label"))))
        batch = batch.drop("shape", "empty_question", ~image & _true(is_blank(said.question)))
        batch = batch.drop("shape", "role_unknown", unknown)
        batch = batch.drop("shape", "empty_question", ~image & _true(_blank(first_question(rows))))
        batch = batch.drop("shape", "empty_answer", ~classes & _true(_blank(answer)))
        batch = batch.drop("shape", "role_order", dialogue & disorder)
        preference = _task(rows, TaskKind.PREFERENCE)
        batch = batch.drop("shape", "empty_answer", preference & _true(_blank(rows.column("rejected"))))
        if self.drop_dead_ends:
            batch = batch.drop("shape", "dead_end", ~classes & _true(is_dead_end_view(said.answer_view)))
        if self.drop_truncated:
            batch = batch.drop("shape", "truncated", ~classes & _true(is_truncated(answer)))
        return batch


def _turn_faults(rows: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
    """Per row: a speaker that is neither user nor assistant; turns that do not go user, assistant, user, …"""
    messages = rows.column("messages")
    owner = pc.list_parent_indices(messages).to_numpy(zero_copy_only=False)
    role = messages.flatten().field("role")
    user = _true(pc.equal(role, "user"))
    assistant = _true(pc.equal(role, "assistant"))
    unknown = np.zeros(rows.num_rows, dtype=bool)
    unknown[owner[~user & ~assistant]] = True
    starts = np.r_[True, owner[1:] != owner[:-1]] if len(owner) else np.zeros(0, dtype=bool)
    position = np.arange(len(owner)) - np.maximum.accumulate(np.where(starts, np.arange(len(owner)), 0))
    disorder = np.zeros(rows.num_rows, dtype=bool)
    disorder[owner[user != (position % 2 == 0)]] = True
    return unknown, disorder


def _task(rows: pa.RecordBatch, kind: TaskKind) -> np.ndarray:
    return _true(pc.equal(rows.column("task"), str(kind)))


def _blank(texts: pa.StringArray) -> pa.BooleanArray:
    """Blank or null: both lack the part."""
    return pc.fill_null(is_blank(texts), True)


def _true(values: pa.BooleanArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False))
