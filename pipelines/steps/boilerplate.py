"""Footers, notices, menus and a user's own lines out of the texts."""

from __future__ import annotations

from typing import ClassVar

from pipelines.steps.base import Batch, Step, map_texts
from washplant.text.boilerplate import rules, strip


class Boilerplate(Step):
    """Cut boilerplate from the start and the end of every text; a text that is nothing else stays."""

    name: ClassVar[str] = "boilerplate"
    kinds: tuple[str, ...]
    lines: tuple[str, ...] = ()

    def apply(self, batch: Batch) -> Batch:
        """Cut; labels are classes, not texts, and are no different for it."""
        wanted = rules(self.kinds, self.lines)
        if not wanted.may:
            return batch
        rows, changed = map_texts(batch.rows, lambda texts: strip(texts, wanted))
        return batch.with_rows(self.name, rows, changed)
