"""Markup, stray characters and whitespace."""

from __future__ import annotations

from typing import ClassVar

from pipelines.steps.base import Batch, Step, map_texts
from washplant.text.normalise import normalise


class Normalise(Step):
    """Repair and tidy every text without changing what it says."""

    name: ClassVar[str] = "normalise"

    def apply(self, batch: Batch) -> Batch:
        """Tidy the texts; the metadata stays as the source has it."""
        rows, changed = map_texts(batch.rows, normalise)
        return batch.with_rows(self.name, rows, changed)
