"""Answers that must not be lost: a file of prompts with the answers that the base model gives already."""

from __future__ import annotations

import json
from pathlib import Path

from training.language import answers
from training.learner import Learner
from training.metrics import normalised
from washplant.errors import TrainError


def lost_answers(learner: Learner) -> str | None:
    """How many answers of the regression file the trained model misses; None when there is no file or none is missed.

    An answer is given when the wanted text is part of what the model says.
    """
    path = learner.options.evaluate.regression
    if path is None:
        return None
    cases = _cases(Path(path))
    wanted = learner.options.evaluate
    asked = [[{"role": "user", "content": case["prompt"]}] for case in cases]
    said = answers(learner.model, learner.processor, asked, wanted.batch, wanted.max_new_tokens)
    lost = [
        case["prompt"] for case, text in zip(cases, said, strict=True) if normalised(case["answer"]) not in normalised(text)
    ]
    return f"{len(lost)} of {len(cases)} answers of the regression file were lost, such as {lost[0]!r}" if lost else None


def _cases(path: Path) -> list[dict[str, str]]:
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        case = json.loads(line) if line.strip() else {}
        if not isinstance(case, dict) or not {"prompt", "answer"} <= set(case):
            raise TrainError(
                "a regression case needs prompt and answer", where=f"{path}:{number}", next_step="mend or remove the line"
            )
        cases.append(case)
    return cases
