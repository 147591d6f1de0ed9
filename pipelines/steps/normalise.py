"""Markup, stray characters and whitespace."""

from __future__ import annotations

from typing import ClassVar

from pipelines.steps.base import Batch, Step, map_texts
from washplant.config.clean import TextOptions
from washplant.text.normalise import normalise
from washplant.text.policy import Policy


class Normalise(Step):
    """Repair and tidy every text without changing what it says."""

    name: ClassVar[str] = "normalise"
    text: TextOptions = TextOptions()

    def apply(self, batch: Batch) -> Batch:
        """Tidy the texts; the metadata stays as the source has it."""
        policy = Policy(**self.text.model_dump())
        rows, changed = map_texts(batch.rows, lambda texts: normalise(texts, policy))
        return batch.with_rows(self.name, rows, changed)
