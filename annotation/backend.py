"""Where people answer: the contract of every backend. One file each, registered in `annotation/__init__.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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


class Backend(Protocol):
    """Tasks out, answers in. A push or a pull that is repeated after a crash does no harm."""

    def push(self, tasks: Sequence[Task], batch: str) -> PushReceipt:
        """Hand over a batch; what was pushed before stays as it is: an (id, version) is never there twice in a batch."""
        ...

    def pull(self) -> pa.Table:
        """All answers there are, skips and known deletions included (ANSWER_SCHEMA), in the order of their keys."""
        ...
