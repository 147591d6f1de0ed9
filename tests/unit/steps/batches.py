"""Batches of samples from a few words, whole and cut out of larger ones."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipelines.steps import Batch
from washplant.sample import SAMPLE_SCHEMA

TURNS = ("user", "assistant")


def sample(*turns: str | tuple[str, str] | None, task: str = "dialogue", **fields: Any) -> dict[str, Any]:
    """A row of a batch; turns are the user's and the assistant's in turn, or (role, content)."""
    messages = [
        {"role": turn[0], "content": turn[1]} if isinstance(turn, tuple) else {"role": TURNS[n % 2], "content": turn}
        for n, turn in enumerate(turns)
    ]
    named = {"id": "x", "version": "v", "source": "s", "mapping": "m", "key": "[]", "task": task, "messages": messages}
    row = dict.fromkeys(SAMPLE_SCHEMA.names) | named | {"tags": [], "scores": [], "meta": []} | fields
    if isinstance(row["meta"], dict):
        row["meta"] = list(row["meta"].items())
    return row


def rows(*samples: dict[str, Any]) -> pa.RecordBatch:
    """The samples as a batch, as Spark hands it to a step."""
    return pa.RecordBatch.from_pylist(list(samples), schema=SAMPLE_SCHEMA)


NOISE = sample("手机13800138000", "<b>请稍等", "x", "y", input="<i>13800138000", meta={"m": "13800138000", "n": "z"})


def cut(*samples: dict[str, Any]) -> pa.RecordBatch:
    """The same rows with an offset: before and behind them lie others that no step may see."""
    hidden = {**NOISE, "messages": None, "meta": None}
    whole = rows(NOISE, hidden, NOISE, *samples, NOISE, hidden)
    return whole.slice(3, len(samples))


def outcomes(batch: Batch) -> list[str | None]:
    """Per row `step.reason`, None for one that is alive."""
    pairs = zip(batch.step.to_pylist(), batch.reason.to_pylist(), strict=True)
    return [f"{step}.{reason}" if step else None for step, reason in pairs]


def contents(batch: pa.RecordBatch) -> list[list[str | None] | None]:
    """Per row what is said, turn by turn."""
    return [None if turns is None else [turn["content"] for turn in turns] for turns in batch.column("messages").to_pylist()]
