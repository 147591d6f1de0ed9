"""What is wrong with a dataset before a cent is spent, and with a model after: leakage, empty answers, overfitting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.conversations import prompts
from training.metrics import normalised
from training.version import Version


def _digests(version: Version, split: str) -> Iterator[bytes]:
    for prompt in prompts(version.lines(split), split):
        asked = normalised("".join(turn["content"] for turn in prompt))
        yield hashlib.blake2b(asked.encode(), digest_size=16).digest()


def leaked(version: Version, split: str = "test") -> int:
    """Rows of a split whose prompt is a prompt of the training rows, too, apart from white space and width."""
    held_out = list(_digests(version, split))
    looked_for = set(held_out)
    seen = {digest for digest in _digests(version, "train") if digest in looked_for}
    return sum(digest in seen for digest in held_out)


def empty_answers(lines: Iterator[Mapping[str, Any]]) -> int:
    """Lines without an answer: trainers would learn to say nothing."""
    return sum("output" in line and not str(line["output"] or "").strip() for line in lines)


def overfit(history: Sequence[Mapping[str, Any]]) -> str | None:
    """A validation loss that rose again by more than 5 %."""
    found = [(float(entry["eval_loss"]), entry.get("epoch", 0)) for entry in history if "eval_loss" in entry]
    if len(found) < 2:
        return None
    best, epoch = min(found)
    last = found[-1][0]
    if last <= best * 1.05:
        return None
    return (
        f"overfitting: the validation loss was {best:.3f} at epoch {epoch:.1f} and {last:.3f} at the end; "
        "train for fewer epochs or set `early_stopping: 2`"
    )
