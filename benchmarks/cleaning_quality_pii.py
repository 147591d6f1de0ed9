"""Personal data: precision and recall by kind over the committed texts (benchmarks/data/pii), beside jionlp and Presidio.

A prediction is right when its kind is the label's, it covers at least nine tenths of the label (half, for names and addresses,
whose borders people draw differently) and is no more than twice as long, or six characters longer (a country code). The figures
are those of held_out.jsonl, whose texts were not looked at while the rules were made; beside them stand those of
reviewed.jsonl, on which they were. Peers see only the kinds that they know, in their own environments.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.environment import environment
from washplant.text.pii import KINDS, find

DATA = Path(__file__).parent / "data" / "pii"
CHECKSUMMED = ("resident_id", "bank_card", "uscc")
LOOSE = ("name", "address")

PHONES = ("mobile", "landline")


class Peer(NamedTuple):
    """What to install, and the kinds of ours that it knows."""

    name: str
    requirements: tuple[str, ...]
    kinds: tuple[str, ...]


PEERS = (
    Peer("jionlp", ("jionlp==1.5.31",), ("resident_id", "phone", "email", "ip", "qq", "wechat", "plate")),
    Peer("presidio", ("presidio-analyzer==2.2.366",), ("phone", "bank_card", "email", "ip")),
)

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


def measure(quick: bool = False) -> dict[str, Any]:
    """Figures by name; the tables go to stdout. `quick` leaves the peers out."""
    figures: dict[str, Any] = {}
    for part in ("reviewed", "held_out"):
        texts = load(part)
        negative = sum(not text.labels for text in texts)
        print(f"personal data, {part}.jsonl: {len(texts)} texts, {negative} of them with none")
        predictions = ours([text.text for text in texts])
        mine = scores(texts, predictions)
        _print(mine)
        figures = _figures(texts, mine)
        if not quick:
            figures |= _beside(texts, predictions)
    return figures


def _figures(texts: Sequence[Text], mine: dict[str, Score]) -> dict[str, Any]:
    others = [kind for kind in KINDS if kind not in CHECKSUMMED]
    return {
        "pii_texts": len(texts),
        "pii_precision": round(total(mine, KINDS).precision, 4),
        "pii_recall_checksummed": round(total(mine, CHECKSUMMED).recall, 4),
        "pii_precision_other": round(total(mine, others).precision, 4),
        "pii_recall_other": round(total(mine, others).recall, 4),
        "pii_worst_recall": round(min(score.recall for score in mine.values()), 4),
    }


def _beside(texts: Sequence[Text], predictions: Sequence[Sequence[Found]]) -> dict[str, Any]:
    """The peers' scores, and ours over the same kinds: telephones are one kind to them."""
    labelled = [Text(text.text, tuple(_grouped(text.labels))) for text in texts]
    mine = [_grouped(found) for found in predictions]
    figures: dict[str, Any] = {}
    for peer in PEERS:
        theirs = _run(peer, [text.text for text in texts])
        if theirs is None:
            continue
        print(f"  {'beside ' + peer.name:16} {'precision':>10} {'recall':>8}   {'ours':>10} {'ours':>8}")
        for kind in peer.kinds:
            their, our = (scores(labelled, found, [kind])[kind] for found in (theirs, mine))
            print(f"  {kind:16} {their.precision:10.4f} {their.recall:8.4f}   {our.precision:10.4f} {our.recall:8.4f}")
        whole = total(scores(labelled, theirs, peer.kinds), peer.kinds)
        figures[f"pii_{peer.name}_precision"] = round(whole.precision, 4)
        figures[f"pii_{peer.name}_recall"] = round(whole.recall, 4)
    return figures


def _grouped(found: Iterable[Found]) -> list[Found]:
    return [(start, end, "phone" if kind in PHONES else kind) for start, end, kind in found]


def _run(peer: Peer, texts: Sequence[str]) -> list[list[Found]] | None:
    """What a peer finds, in its own environment; None, with the reason on stdout, where that cannot be made."""
    python = environment(peer.name, peer.requirements)
    if python is None:
        print(f"  {peer.name} could not be installed: left out")
        return None
    program = Path(__file__).parent / "peers" / f"pii_{peer.name}.py"
    done = subprocess.run([python, program], input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=600)
    return [[(start, end, kind) for start, end, kind in found] for found in json.loads(done.stdout.splitlines()[-1])]


def _print(by_kind: dict[str, Score]) -> None:
    print(f"  {'kind':16} {'labels':>7} {'found':>7} {'precision':>10} {'recall':>8}")
    rows = {**by_kind, "all": total(by_kind, by_kind)}
    for kind, score in rows.items():
        print(f"  {kind:16} {score.labelled:7} {score.predicted:7} {score.precision:10.4f} {score.recall:8.4f}")
