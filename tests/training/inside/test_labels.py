"""Which tokens the loss counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from training.conversations import Conversation, conversations
from training.encode import IGNORED, encode, encode_text
from washplant.errors import TrainError

TURNS = (
    {"role": "system", "content": "你是客服。"},
    {"role": "user", "content": "水压低怎么办？"},
    {"role": "assistant", "content": "请检查总阀。"},
    {"role": "user", "content": "还是低。"},
    {"role": "assistant", "content": "请拨打热线。"},
)


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> object:
    return AutoTokenizer.from_pretrained(base)


def learnt(tokenizer, row) -> str:
    return tokenizer.decode([token for token in row["labels"] if token != IGNORED])


def test_the_loss_counts_answers_and_their_end_only(tokenizer) -> None:
    row = encode(tokenizer, Conversation(TURNS))
    assert learnt(tokenizer, row) == "请检查总阀。<|im_end|>请拨打热线。<|im_end|>"
    assert len(row["labels"]) == len(row["input_ids"])
    assert all(label in (IGNORED, token) for label, token in zip(row["labels"], row["input_ids"], strict=True))


def test_an_answer_that_repeats_the_question_is_counted_where_it_stands(tokenizer) -> None:
    turns = ({"role": "user", "content": "请检查总阀。"}, {"role": "assistant", "content": "请检查总阀。"})
    row = encode(tokenizer, Conversation(turns))
    assert learnt(tokenizer, row) == "请检查总阀。<|im_end|>"
    first = next(i for i, label in enumerate(row["labels"]) if label != IGNORED)
    assert tokenizer.decode(row["input_ids"][:first]).endswith("<|im_start|>assistant\n")


def test_everything_and_plain_text(tokenizer) -> None:
    row = encode(tokenizer, Conversation(TURNS), answers_only=False)
    assert row["labels"] == row["input_ids"]
    plain = encode_text(tokenizer, "水压")
    assert plain["labels"] == plain["input_ids"]
    assert plain["input_ids"][-1] == tokenizer.eos_token_id


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer, base: Path) -> None:
    other = AutoTokenizer.from_pretrained(base)
    other.chat_template = "{{ messages | length }}" + other.chat_template
    with pytest.raises(TrainError, match="renders earlier turns differently"):
        encode(other, Conversation(TURNS))


@pytest.mark.parametrize(
    "line",
    [
        {"instruction": "甲", "input": "", "output": "乙", "history": [["一", "二"]]},
        {"conversations": [{"from": r, "value": v} for r, v in zip(["human", "gpt"] * 2, "一二甲乙", strict=True)]},
        {"messages": [{"role": r, "content": v} for r, v in zip(["user", "assistant"] * 2, "一二甲乙", strict=True)]},
    ],
)
def test_every_format_gives_the_same_turns(line) -> None:
    (found,) = conversations([line], "x.jsonl")
    assert [turn["content"] for turn in found.messages] == list("一二甲乙")
    assert found.answer == "乙"


def test_a_line_of_another_kind_names_its_place() -> None:
    with pytest.raises(TrainError, match="keys are image_path") as error:
        list(conversations([{"image_path": "a.png"}], "x.jsonl"))
    assert error.value.where == "x.jsonl:1"
