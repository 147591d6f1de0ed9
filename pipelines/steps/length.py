"""Bounds in characters."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.steps.base import Batch, Step
from pipelines.steps.turns import is_dialogue, last_answer, question, texts
from washplant.text.quality import is_open_question


class Length(Step):
    """Drop what is too short to teach or too long to train on. Characters, not words: a Chinese question of four
    characters is a question."""

    name: ClassVar[str] = "length"
    question_min: int
    answer_min: int
    total_max: int

    def apply(self, batch: Batch) -> Batch:
        """Drop dialogues with a short question or answer, and any sample that is too long."""
        rows = batch.rows
        asked = _length(pc.utf8_trim_whitespace(question(rows)))
        answered = _length(last_answer(rows))
        dialogue = is_dialogue(rows)
        batch = batch.drop("length", "question_short", dialogue & (asked < self.question_min))
        said = texts(batch)
        number = _true(pc.match_substring_regex(said.answer, r"^\s*[0-9A-Za-z]\s*$"))
        number &= _true(is_open_question(said.question))  # how many? 5
        batch = batch.drop("length", "answer_short", dialogue & (answered < self.answer_min) & ~number)
        beside = _length(rows.column("system")) + _length(rows.column("rejected"))  # trained on as well
        return batch.drop("length", "too_long", asked + answered + beside > self.total_max)


def _length(texts: object) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False))


def _true(values: pa.BooleanArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False))
