"""What passes between the product and its annotators: tasks out, answers in, resolutions on. Pydantic models and Arrow schemas.

A label binds to (id, version) of a sample. Nothing here is a wall-clock time of ours: times are those of the annotators' tool,
so that a replay is byte-identical.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from washplant.sample import MESSAGES_TYPE, Message, TaskKind


class Screen(StrEnum):
    """What an annotator works on: a Label Studio configuration in `annotation/templates/`."""

    DIALOGUE = "dialogue"
    DIALOGUE_MULTI_TURN = "dialogue_multi_turn"
    PREFERENCE = "preference"
    TEXT_CLASSIFICATION = "text_classification"
    IMAGE_CLASSIFICATION = "image_classification"


class Verdict(StrEnum):
    """What one annotator said."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"
    SKIP = "skip"


class Status(StrEnum):
    """What the answers to one (id, version) come to."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    OPEN = "open"


class Reason(StrEnum):
    """Why a resolution is open or rejected."""

    NO_ANSWER = "no_answer"
    TOO_FEW_ANSWERS = "too_few_answers"
    DISAGREEMENT = "disagreement"
    REJECTED_BY_ANNOTATOR = "rejected_by_annotator"
    SHAPE_EMPTY = "shape_empty"
    SHAPE_ROLE_ORDER = "shape_role_order"


class Record(BaseModel):
    """Base of the records: immutable, nothing unknown in them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Task(Record):
    """One question to annotators."""

    id: str = Field(description="of the sample")
    version: str = Field(description="of the sample")
    task: TaskKind
    screen: Screen
    batch: str = Field(description="the push it belongs to; in the data too, to find pushed tasks again")
    data: Mapping[str, Any] = Field(description="what the screen shows; texts are data, never markup")
    predictions: tuple[Mapping[str, Any], ...] = Field(default=(), description="the old answer, when a row was updated")

    def as_label_studio(self) -> dict[str, Any]:
        """The task in Label Studio's import format."""
        found: dict[str, Any] = {"data": dict(self.data)}
        if self.predictions:
            found["predictions"] = [dict(prediction) for prediction in self.predictions]
        return found


class Answer(Record):
    """One annotation of one annotator, in one state: an edit of it is another record with a later `updated_at`."""

    id: str = Field(description="of the sample")
    version: str = Field(description="of the sample")
    annotation_id: str
    task_id: str
    annotator: str
    task: TaskKind
    verdict: Verdict
    reasons: tuple[str, ...] = Field(default=(), description="why it was rejected")
    note: str | None = None
    rating: int | None = None
    system: str | None = None
    input: str | None = None
    messages: tuple[Message, ...] = ()
    chosen: str | None = None
    rejected: str | None = None
    label: str | None = None
    created_at: datetime
    updated_at: datetime
    lead_time_s: float | None = Field(default=None, description="seconds the annotator had it open")
    deleted: bool = False


class Resolution(Record):
    """What all answers to one (id, version) come to."""

    id: str
    version: str
    status: Status
    reason: Reason | None = Field(default=None, description="why it is open or rejected")
    reject_reasons: tuple[str, ...] = Field(default=(), description="what the rejecting annotators gave as reasons")
    system: str | None = Field(default=None, description="content is there when accepted or edited, else null")
    input: str | None = None
    messages: tuple[Message, ...] | None = None
    chosen: str | None = None
    rejected: str | None = None
    label: str | None = None
    annotators: tuple[str, ...] = Field(description="who stands behind it; of an open one, all who answered")
    answers: int = Field(description="answers that counted: the newest of each annotator, skips left out")
    masked: int = Field(description="personal numbers that were masked in the answer used")
    resolved_at: datetime | None = Field(default=None, description="newest `updated_at` of the answers used")


TIME = pa.timestamp("us", tz="UTC")
CONTENT = ("system", "input", "messages", "chosen", "rejected", "label")
_CONTENT_FIELDS = [(name, MESSAGES_TYPE if name == "messages" else pa.string()) for name in CONTENT]

ANSWER_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "version", "annotation_id", "task_id", "annotator", "task", "verdict")),
        ("reasons", pa.list_(pa.string())),
        ("note", pa.string()),
        ("rating", pa.int32()),
        *_CONTENT_FIELDS,
        ("created_at", TIME),
        ("updated_at", TIME),
        ("lead_time_s", pa.float64()),
        ("deleted", pa.bool_()),
    ]
)
RESOLUTION_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "version", "status", "reason")),
        ("reject_reasons", pa.list_(pa.string())),
        *_CONTENT_FIELDS,
        ("annotators", pa.list_(pa.string())),
        ("answers", pa.int32()),
        ("masked", pa.int32()),
        ("resolved_at", TIME),
    ]
)


def answer_table(answers: Iterable[Answer]) -> pa.Table:
    """Answers as a table (ANSWER_SCHEMA), column by column."""
    rows = list(answers)
    columns = {name: [getattr(row, name) for row in rows] for name in ANSWER_SCHEMA.names}
    columns["messages"] = [
        [{"role": str(turn.role), "content": turn.content} for turn in messages] for messages in columns["messages"]
    ]
    return pa.table(columns, schema=ANSWER_SCHEMA)
