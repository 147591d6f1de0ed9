"""A language model measured: loss of the answers, and answers of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from training.conversations import Conversation, Message
from training.encode import IGNORED, Encoded, render


def batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Rows in groups of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def padded(encoded: Sequence[Encoded], pad: int, device: Any) -> dict[str, torch.Tensor]:
    """Rows of unequal length as tensors of shape (rows, longest), padded on the right."""
    longest = max(len(row["input_ids"]) for row in encoded)
    tensors = {}
    for name, filler in (("input_ids", pad), ("labels", IGNORED)):
        tensors[name] = torch.tensor([row[name] + [filler] * (longest - len(row[name])) for row in encoded], device=device)
    lengths = torch.tensor([len(row["input_ids"]) for row in encoded], device=device)
    tensors["attention_mask"] = (torch.arange(longest, device=device)[None, :] < lengths[:, None]).long()
    return tensors


@torch.no_grad()
def losses(model: Any, tokenizer: Any, encoded: Sequence[Encoded], batch: int) -> list[tuple[float, int]]:
    """Of each row: the summed negative log-likelihood of its labelled tokens in nats, and their number."""
    model.eval()
    found: dict[int, tuple[float, int]] = {}
    by_length = sorted(range(len(encoded)), key=lambda index: len(encoded[index]["input_ids"]))
    for indices in batches(by_length, batch):
        tensors = padded([encoded[index] for index in indices], tokenizer.pad_token_id, model.device)
        labels = tensors.pop("labels")[:, 1:]
        logits = model(**tensors).logits[:, :-1].float()
        each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none")
        counted = (labels != IGNORED).sum(1).tolist()
        found |= {index: (total, n) for index, total, n in zip(indices, each.sum(1).tolist(), counted, strict=True)}
    return [found[index] for index in range(len(encoded))]


def perplexity(loss: float) -> float:
    """e to the loss; very bad models are cut at e⁵⁰."""
    return math.exp(min(loss, 50.0))


@torch.no_grad()
def answers(model: Any, tokenizer: Any, prompts: Sequence[Sequence[Message]], batch: int, max_new_tokens: int) -> list[str]:
    """Greedy answers to prompts."""
    model.eval()
    texts = [render(tokenizer, prompt, generate=True) for prompt in prompts]
    by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    found: dict[int, str] = {}
    for indices in batches(by_length, batch):
        side, tokenizer.padding_side = tokenizer.padding_side, "left"
        try:
            tensors = tokenizer([texts[i] for i in indices], return_tensors="pt", padding=True, add_special_tokens=False)
        finally:
            tokenizer.padding_side = side
        inputs = {name: tensors[name].to(model.device) for name in ("input_ids", "attention_mask")}
        made = model.generate(
            **inputs, do_sample=False, max_new_tokens=max_new_tokens, pad_token_id=tokenizer.pad_token_id, use_cache=True,
            temperature=None, top_p=None, top_k=None,
        )  # fmt: skip
        new = tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        found |= {index: text.strip() for index, text in zip(indices, new, strict=True)}
    return [found[index] for index in range(len(texts))]


def script(conversation: Conversation) -> str:
    """What a conversation is written in: zh, code or other."""
    text = "".join(message["content"] for message in conversation.messages)
    if "```" in text or sum(text.count(mark) for mark in ("{", "}", "();", "==", "def ", "import ")) >= 3:
        return "code"
    return "zh" if sum("一" <= char <= "鿿" for char in text) > len(text) / 10 else "other"


def total(pairs: Iterable[tuple[float, int]]) -> tuple[float, int]:
    """Summed loss and tokens."""
    pairs = list(pairs)
    return sum(loss for loss, _ in pairs), sum(tokens for _, tokens in pairs)
