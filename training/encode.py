"""Conversations as tokens, and which of them the loss counts.

The chat template renders the whole conversation once; an answer is the text between the rendering of what stands before it
(with the generation prompt) and the rendering that ends with it. So every template works that renders turns in order, without
`{% generation %}` marks (transformers' assistant masks need them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.conversations import Conversation, Message
from washplant.errors import TrainError

IGNORED = -100
"""The label of a token that the loss does not count (torch's default `ignore_index`)."""

Encoded = dict[str, list[int]]


def render(tokenizer: Any, messages: Sequence[Message], *, generate: bool = False) -> str:
    """A conversation as the text that the model sees."""
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=generate))


def encode(tokenizer: Any, conversation: Conversation, *, answers_only: bool = True) -> Encoded:
    """`input_ids` and `labels` of equal length; tokens outside answers are IGNORED. Raises TrainError when the template
    does not render turns in order."""
    text = render(tokenizer, conversation.messages)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=answers_only)
    ids = list(encoded["input_ids"])
    if not answers_only:
        return {"input_ids": ids, "labels": list(ids)}
    spans = answer_spans(tokenizer, conversation, text)
    offsets = encoded["offset_mapping"]
    labels = [
        token if any(start <= left < end for start, end in spans) else IGNORED
        for token, (left, _) in zip(ids, offsets, strict=True)
    ]
    return {"input_ids": ids, "labels": labels}


def answer_spans(tokenizer: Any, conversation: Conversation, text: str) -> list[tuple[int, int]]:
    """Where in `text` the answers stand, each with the token that ends its turn, in characters."""
    spans = []
    for index, message in enumerate(conversation.messages):
        if message["role"] != "assistant":
            continue
        before = render(tokenizer, conversation.messages[:index], generate=True)
        whole = render(tokenizer, conversation.messages[: index + 1])
        if not text.startswith(before) or not whole.startswith(before):
            raise TrainError(
                "the chat template renders earlier turns differently when later ones follow",
                where=str(getattr(tokenizer, "name_or_path", "tokenizer")),
                next_step="export dialogues of one turn, or give a plain `template:`",
            )
        # What follows the end-of-turn token (Qwen: a line break) is never generated.
        spans.append((len(before), min(len(text), len(whole.rstrip()))))
    return spans


def encode_text(tokenizer: Any, text: str) -> Encoded:
    """Plain text, ended by the end-of-text token; the loss counts every token."""
    ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    return {"input_ids": ids, "labels": list(ids)}
