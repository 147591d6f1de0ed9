"""What holds for the default chain as a whole, on texts that nobody thought of and on those that the figures are taken on."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cleaning_quality_pii import load
from pipelines.clean import clean_batch
from pipelines.steps import chain
from tests.unit.steps.batches import contents, rows, sample
from washplant.config import CleanOptions
from washplant.sample import SAMPLE_SCHEMA
from washplant.text.pii import find

CHAIN = chain(CleanOptions())
SAME = ("messages", "meta", "tags", "scores", "drop_step", "drop_reason")
EVALUATION = load("reviewed") + load("held_out")
LETTERS = st.characters(exclude_categories=["Cs"])
PERSONAL = ("13812345678", "110105 19491231 002X", "4111 1111 1111 1111", "zhangsan88@163.com", "京A·12345", "张三先生")
PIECES = st.sampled_from(
    [*PERSONAL, "<b>", "</p>", "&#49;&#51;8", "<!--", "```\n", "`", "\u200b", "\ufeff", "é", "０", "\r\n", "。", " "]
)
TEXTS = st.lists(PIECES | st.text(LETTERS, max_size=8), max_size=8).map("".join)


def cleaned_twice(samples: list[dict[str, object]]) -> tuple[list[list[str | None] | None], list[list[object]]]:
    """What is said after one pass; and per column that a second one changes, the rows before and after."""
    once = clean_batch(rows(*samples), CHAIN)
    again = clean_batch(once.select(SAMPLE_SCHEMA.names), CHAIN)
    pairs = [(once.column(name).to_pylist(), again.column(name).to_pylist()) for name in SAME]
    return contents(once), [[a, b] for one, two in pairs for a, b in zip(one, two, strict=True) if a != b]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_text_is_clean_after_one_pass_and_holds_nothing_personal(pairs: list[tuple[str, str]]) -> None:
    said, changed = cleaned_twice([sample(*pair, *pair, meta={"note": pair[0]}) for pair in pairs])
    assert changed == []
    assert not [span for turns in said for text in turns or [] for span in find(text or "")]


@pytest.mark.parametrize("form", ["as it is", "full-width", "in markup"])
def test_the_evaluation_texts_are_clean_after_one_pass_and_hold_nothing_personal(form: str) -> None:
    texts = [_written(one.text, form) for one in EVALUATION[::5]]
    said, changed = cleaned_twice([sample("请问", text) for text in texts])
    assert changed == []
    assert not [(text, found) for turns in said for text in turns or [] if (found := find(text or ""))]


def test_no_number_of_the_evaluation_texts_survives() -> None:
    """Counted on the labels: a value that stands in the cleaned text in any spelling has survived."""
    labelled = [(one, [one.text[a:b] for a, b, kind in one.labels if kind not in ("name", "address")]) for one in EVALUATION]
    labelled = [(one, values) for one, values in labelled if values]
    said, _ = cleaned_twice([sample("请问", one.text) for one, _ in labelled])
    left = [
        value
        for (_, values), turns in zip(labelled, said, strict=True)
        for value in values
        if turns and _bare(value) in _bare(turns[1] or "")
    ]
    total = sum(len(values) for _, values in labelled)
    assert total > 1_200
    assert len(left) <= 0.02 * total, left


def _written(text: str, form: str) -> str:
    if form == "full-width":
        return text.translate({point: point + 0xFEE0 for point in range(0x30, 0x3A)})
    return f"<p><b>{text}</b><br></p>" if form == "in markup" else text


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
