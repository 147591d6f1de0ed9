"""Where people answer: the contract of every backend. One file each, registered in `annotation/__init__.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from annotation.records import Task


class PushReceipt(BaseModel):
    """What a push did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: str
    where: tuple[str, ...] = Field(description="where annotators find the tasks: files or project addresses")
    written: int = Field(description="tasks that were not there before")
    already: int = Field(description="tasks that an earlier push of this batch had left there")


class Pulled(NamedTuple):
    """Answers (ANSWER_SCHEMA, in the order of their keys) and where the next pull begins (JSON data)."""

    answers: pa.Table
    position: Mapping[str, Any]


class Backend(Protocol):
    """Tasks out, answers in. A push or a pull that is repeated after a crash does no harm."""

    def push(self, tasks: Sequence[Task], batch: str, *, resumed: bool = False) -> PushReceipt:
        """Hand over a batch; what was pushed before stays as it is: an (id, version) is never there twice in a batch.

        `resumed`: another process has begun to push this batch, and died.
        """
        ...

    def pull(self, known: pa.Table, position: Mapping[str, Any]) -> Pulled:
        """Answers that may be new since `position` ({}: all there are), skips and deletions included.

        `known`: the last state of every answer that was ever pulled (ANSWER_SCHEMA).
        """
        ...
