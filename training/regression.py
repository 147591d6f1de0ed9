"""What must not be lost: a file of prompts, and the answers to them that the base model gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from training.language import answers
from training.learner import Learner
from training.metrics import normalised
from washplant.errors import TrainError


def answered(learner: Learner) -> list[str]:
    """Prompts of the regression file whose answer is part of what the model says now; none without a file."""
    wanted = learner.options.evaluate
    if wanted.regression is None:
        return []
    cases = _cases(Path(wanted.regression))
    asked = [[{"role": "user", "content": case["prompt"]}] for case in cases]
    said = answers(learner.model, learner.processor, asked, wanted.batch, wanted.max_new_tokens)
    return [case["prompt"] for case, text in zip(cases, said, strict=True) if normalised(case["answer"]) in normalised(text)]


def lost(before: Sequence[str], after: Sequence[str]) -> str | None:
    """How many prompts were answered before and are not after, as a reason; None when all still are."""
    missed = [prompt for prompt in before if prompt not in set(after)]
    if not missed:
        return None
    return f"{len(missed)} of {len(before)} answers of the regression file that the base gives were lost, such as {missed[0]!r}"


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
