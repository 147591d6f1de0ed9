"""Personal data: precision and recall by kind over the committed texts (benchmarks/data/pii), beside jionlp and Presidio.

A prediction is right when its kind is the label's, it covers at least nine tenths of the label (half, for names and addresses,
whose borders people draw differently) and is no more than twice as long (or six characters longer, a country code). The figures are those of
held_out.jsonl, whose templates were not looked at while the rules were made; `--quick` and `--reviewed` take the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from washplant.text.pii import KINDS, find

DATA = Path(__file__).parent / "data" / "pii"
CHECKSUMMED = ("resident_id", "bank_card", "uscc")
LOOSE = ("name", "address")

Found = tuple[int, int, str]


class Text(NamedTuple):
    """A text and what is personal in it."""

    text: str
    labels: tuple[Found, ...]


class Score(NamedTuple):
    """Counts of one kind, or of several."""

    right: int
    predicted: int
    labelled: int
    found: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right; 1 when there is none."""
        return self.right / self.predicted if self.predicted else 1.0

    @property
    def recall(self) -> float:
        """Share of the labels that were found; 1 when there is none."""
        return self.found / self.labelled if self.labelled else 1.0


def load(part: str) -> list[Text]:
    """The texts of `reviewed` or `held_out`."""
    lines = (DATA / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Text(row["t"], tuple((start, end, kind) for start, end, kind in row["s"])) for row in rows]


def ours(texts: Sequence[str]) -> list[list[Found]]:
    """What the default policy finds."""
    return [[(span.start, span.end, span.kind) for span in find(text)] for text in texts]


def matches(found: Found, label: Found) -> bool:
    """Whether a prediction is right about a label."""
    start, end = max(found[0], label[0]), min(found[1], label[1])
    length = label[1] - label[0]
    enough = 0.5 if label[2] in LOOSE else 0.9
    return found[2] == label[2] and end - start >= enough * length and found[1] - found[0] <= max(2 * length, length + 6)


def scores(texts: Sequence[Text], predictions: Sequence[Sequence[Found]], kinds: Iterable[str] = KINDS) -> dict[str, Score]:
    """A score for each kind."""
    right, predicted, labelled, hit = (Counter[str]() for _ in range(4))
    for text, found in zip(texts, predictions, strict=True):
        predicted.update(one[2] for one in found)
        labelled.update(label[2] for label in text.labels)
        right.update(one[2] for one in found if any(matches(one, label) for label in text.labels))
        hit.update(label[2] for label in text.labels if any(matches(one, label) for one in found))
    return {kind: Score(right[kind], predicted[kind], labelled[kind], hit[kind]) for kind in kinds}


def total(by_kind: dict[str, Score], kinds: Iterable[str]) -> Score:
    """Several kinds' counts together."""
    return Score(*(sum(column) for column in zip(*(by_kind[kind] for kind in kinds), strict=True)))


def measure(quick: bool = False, part: str | None = None) -> dict[str, Any]:
    """Figures by name; the tables go to stdout. `quick` leaves the peers out."""
    texts = load(part or "held_out")
    negative = sum(not text.labels for text in texts)
    print(f"personal data: {part or 'held_out'}.jsonl, {len(texts)} texts, {negative} of them with none")
    mine = scores(texts, ours([text.text for text in texts]))
    _print(mine)
    others = [kind for kind in KINDS if kind not in CHECKSUMMED]
    figures: dict[str, Any] = {
        "pii_texts": len(texts),
        "pii_precision": round(total(mine, KINDS).precision, 4),
        "pii_recall_checksummed": round(total(mine, CHECKSUMMED).recall, 4),
        "pii_precision_other": round(total(mine, others).precision, 4),
        "pii_recall_other": round(total(mine, others).recall, 4),
        "pii_worst_recall": round(min(score.recall for score in mine.values()), 4),
    }
    return figures


def _print(by_kind: dict[str, Score]) -> None:
    print(f"  {'kind':16} {'labels':>7} {'found':>7} {'precision':>10} {'recall':>8}")
    rows = {**by_kind, "all": total(by_kind, by_kind)}
    for kind, score in rows.items():
        print(f"  {kind:16} {score.labelled:7} {score.predicted:7} {score.precision:10.4f} {score.recall:8.4f}")
