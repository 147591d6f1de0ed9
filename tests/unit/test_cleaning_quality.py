"""The committed evaluation set is what its maker makes, and the rules reach their targets on the part that they may see."""

from __future__ import annotations

import json

import pytest

from benchmarks.cleaning_quality_pii import CHECKSUMMED, DATA, load, ours, scores, total
from benchmarks.data.pii import make
from washplant.text.pii import KINDS


def test_the_set_is_large_and_a_third_of_it_is_hard() -> None:
    texts = [*load("reviewed"), *load("held_out")]
    assert len(texts) >= 3000
    assert sum(not text.labels for text in texts) * 3 >= len(texts)
    assert {label[2] for text in texts for label in text.labels} == set(KINDS)


def test_the_set_is_what_its_maker_makes() -> None:
    made = {
        json.dumps(make.fill(template, n), ensure_ascii=False) for template, times in make.templates() for n in range(times)
    }
    lines = [line for part in ("reviewed", "held_out") for line in (DATA / f"{part}.jsonl").read_text("utf-8").splitlines()]
    assert {json.dumps(json.loads(line), ensure_ascii=False) for line in lines} == made


def test_labels_lie_in_their_texts() -> None:
    for text in (*load("reviewed"), *load("held_out")):
        for start, end, _ in text.labels:
            assert 0 <= start < end <= len(text.text)


@pytest.mark.full
def test_targets() -> None:
    texts = load("reviewed")
    by_kind = scores(texts, ours([text.text for text in texts]))
    others = [kind for kind in KINDS if kind not in CHECKSUMMED]
    assert total(by_kind, KINDS).precision >= 0.98
    assert total(by_kind, CHECKSUMMED).recall >= 0.98
    assert total(by_kind, others).recall >= 0.95
    assert min(score.recall for score in by_kind.values()) >= 0.95
