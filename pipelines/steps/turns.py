"""Question and answer of a sample, whatever its task."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import Batch, list_offsets
from washplant.sample import TaskKind
from washplant.text.dialogue import Earlier
from washplant.text.quality import Texts
from washplant.text.view import matching_view

_CLASSES = pa.array([str(TaskKind.TEXT_CLASSIFICATION), str(TaskKind.IMAGE_CLASSIFICATION)])


def texts(batch: Batch) -> Texts:
    """Question, answer and their matching views, computed once for all steps that change no text."""
    if "texts" not in batch.derived:
        rows = batch.rows
        asked, answered = pc.utf8_ltrim(question(rows), characters="\n"), pc.fill_null(last_answer(rows), "")
        spoken = pc.invert(pc.is_in(rows.column("task"), _CLASSES)).to_numpy(zero_copy_only=False)
        batch.derived["texts"] = Texts(asked, answered, matching_view(asked), matching_view(answered), spoken)
    return batch.derived["texts"]


def last_answer(rows: pa.RecordBatch) -> pa.StringArray:
    """What a model would learn to say: the last assistant turn, the chosen answer, or the label."""
    content, role, _ = _last(rows)
    spoken = pc.if_else(pc.equal(role, "assistant"), content, pa.scalar(None, pa.string()))
    return pc.coalesce(rows.column("chosen"), rows.column("label"), spoken)


def question(rows: pa.RecordBatch) -> pa.StringArray:
    """What the answer answers: input, the image, and all turns but a final assistant one, a line each."""
    messages = rows.column("messages")
    turns = messages.flatten()
    owner = pc.list_parent_indices(messages).to_numpy(zero_copy_only=False)
    _, role, last = _last(rows)
    final = np.zeros(len(turns), dtype=bool)
    ends_with_answer = pc.fill_null(pc.equal(role, "assistant"), False).to_numpy(zero_copy_only=False)
    final[last[ends_with_answer & (last >= 0)]] = True
    asked = _joined(owner[~final], turns.field("content").filter(pa.array(~final)), rows.num_rows)
    return pc.binary_join_element_wise(
        pc.fill_null(rows.column("input"), ""), pc.fill_null(rows.column("image_path"), ""), asked, "\n"
    )


def first_question(rows: pa.RecordBatch) -> pa.StringArray:
    """The first turn's text, if the user speaks it."""
    messages = rows.column("messages")
    first = list_offsets(messages)[:-1]
    turns = messages.flatten()
    has = np.asarray(pc.fill_null(pc.list_value_length(messages), 0)) > 0
    index = pa.array(np.where(has, first, 0), mask=~has)
    user = pc.equal(turns.field("role").take(index), "user")
    return pc.if_else(user, turns.field("content").take(index), pa.scalar(None, pa.string()))


def earlier_answers(rows: pa.RecordBatch) -> Earlier | None:
    """The assistant's turns but the final ones, of dialogues; None where there are none, as in rows of one turn each."""
    messages = rows.column("messages")
    if (pc.max(pc.list_value_length(messages)).as_py() or 0) <= 2:
        return None
    turns = messages.flatten()
    owner = pc.list_parent_indices(messages).to_numpy(zero_copy_only=False).astype(np.int64)
    spoken = pc.fill_null(pc.equal(turns.field("role"), "assistant"), False).to_numpy(zero_copy_only=False)
    follows = np.r_[False, owner[1:] == owner[:-1]]
    goes_on = np.r_[follows[1:], False]
    at = np.flatnonzero(spoken & goes_on & is_dialogue(rows)[owner])
    if not len(at):
        return None
    content = pc.fill_null(turns.field("content"), "")
    asked = content.take(pa.array(np.maximum(at - 1, 0)))
    return Earlier(owner[at], pc.if_else(pa.array(follows[at]), asked, ""), content.take(pa.array(at)))


def is_dialogue(rows: pa.RecordBatch) -> np.ndarray:
    """Which rows are dialogues."""
    return np.asarray(pc.equal(rows.column("task"), str(TaskKind.DIALOGUE)).to_numpy(zero_copy_only=False))


def _last(rows: pa.RecordBatch) -> tuple[pa.StringArray, pa.StringArray, np.ndarray]:
    """Content and role of the last turn, and its position among all turns (-1 where there is none)."""
    messages = rows.column("messages")
    end = list_offsets(messages)[1:] - 1
    has = np.asarray(pc.fill_null(pc.list_value_length(messages), 0)) > 0
    index = pa.array(np.where(has, end, 0), mask=~has)
    turns = messages.flatten()
    return turns.field("content").take(index), turns.field("role").take(index), np.where(has, end, -1)


def _joined(owner: np.ndarray, texts: pa.StringArray, rows: int) -> pa.StringArray:
    lengths = np.bincount(owner, minlength=rows)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "\n")
