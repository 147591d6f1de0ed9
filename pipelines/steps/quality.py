"""Scores for every row, tags for troubled ones, and the rows that a threshold drops."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipelines.steps.base import Batch, Step
from pipelines.steps.tags import scored, tagged
from pipelines.steps.turns import earlier_answers, texts
from washplant.config.clean import Bounds, Thresholds
from washplant.errors import ConfigError
from washplant.names import close_names
from washplant.text.dialogue import judge_dialogues
from washplant.text.language import languages
from washplant.text.quality import SCORES, judge

GROUP = "washplant.scorers"
"""Entry points: functions (questions, answers) -> float64 array, both `pa.StringArray` without nulls, one score a row."""


class Quality(Step):
    """Judge every row; the texts stay as they are."""

    name: ClassVar[str] = "quality"
    tag: Thresholds
    drop: Thresholds
    languages: tuple[str, ...] = ()
    scorers: dict[str, Bounds] = Field(default_factory=dict)

    def apply(self, batch: Batch) -> Batch:
        """The batch with scores and tags; the first reason that holds, in the order of `SCORES`, is the one recorded."""
        said = texts(batch)
        earlier = earlier_answers(batch.rows)
        judged = judge(said) if earlier is None else judge_dialogues(said, earlier)
        scores = dict(judged.scores)
        for name in SCORES:
            threshold = getattr(self.drop, name)
            if threshold is not None and threshold > 0:
                batch = batch.drop("quality", name, scores[name] >= threshold)
        tags = {name: scores[name] >= (getattr(self.tag, name) or np.inf) for name in SCORES}
        language = judged.language
        if self.languages:
            longer = pc.if_else(
                pc.greater(pc.utf8_length(said.question), pc.utf8_length(said.answer)), said.question, said.answer
            )
            language = languages(longer, judged.counts)
            known = np.array([bool(name) for name in language], dtype=bool)
            batch = batch.drop("quality", "language", known & ~np.isin(language.astype(str), self.languages))
        for name, bounds in self.scorers.items():
            scores[name] = given = _scored(name, said.question, said.answer)
            low = np.zeros(len(given), dtype=bool) if bounds.min is None else given < bounds.min
            high = np.zeros(len(given), dtype=bool) if bounds.max is None else given > bounds.max
            batch = batch.drop("quality", "scorer", low | high)
        rows = tagged(batch.rows, tags | _by_language(language), ours=(*SCORES, "lang:"))
        return replace(batch, rows=scored(rows, scores))


def _by_language(language: np.ndarray) -> dict[str, np.ndarray]:
    return {f"lang:{name}": language == name for name in sorted(set(language.tolist())) if name}


def _scored(name: str, questions: pa.StringArray, answers: pa.StringArray) -> np.ndarray:
    """The scores of a user's scorer. Raises ConfigError when there is none of this name, or it does not score each row."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        close = close_names(name, list(known))
        raise ConfigError(
            f"no scorer {name!r}; installed: {', '.join(sorted(known)) or 'none'}",
            where="clean.quality.scorers",
            next_step=f"did you mean {close[0]!r}?" if close else f"install a package with an entry point in {GROUP}",
        )
    scores = np.asarray(known[name].load()(questions, answers), dtype=np.float64)
    if scores.shape != (len(questions),):
        raise ConfigError(
            f"scorer {name!r} gave {scores.shape} scores for {len(questions)} rows",
            where="clean.quality.scorers",
            next_step="it must give one number a row",
        )
    return scores
