"""The one record between all stages, and the schema that Spark holds it in.

The kernel imports no Spark, so the schema is DDL text; `tests/spark/test_sample_schema.py` proves that model, DDL and Arrow
schema agree.
"""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field


class TaskKind(StrEnum):
    """What a sample teaches."""

    DIALOGUE = "dialogue"
    PREFERENCE = "preference"
    TEXT_CLASSIFICATION = "text_classification"
    IMAGE_CLASSIFICATION = "image_classification"


class Role(StrEnum):
    """Who speaks a message; a `system` text is a field of the sample, not a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Message(BaseModel):
    """One turn of a dialogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    content: str


class Sample(BaseModel):
    """One training example and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(description="digest of source, mapping and source key: stays the same while the row lives")
    version: str = Field(description="digest of the mapped content: changes when the content does, not with metadata")
    source: str = Field(description="name of the driving source in the YAML")
    mapping: str = Field(description="name of the mapping in the YAML")
    key: str = Field(description="the row's key in its source, as a JSON array")
    task: TaskKind
    system: str | None = Field(default=None, description="the system prompt")
    input: str | None = Field(default=None, description="Alpaca's optional input beside the instruction")
    messages: tuple[Message, ...] = Field(default=(), description="the turns of a dialogue, or a preference's prompt")
    chosen: str | None = Field(default=None, description="the better answer of a preference pair")
    rejected: str | None = Field(default=None, description="the worse answer of a preference pair")
    label: str | None = Field(default=None, description="the class of a text or an image")
    image_path: str | None = Field(default=None, description="path of the image, as exported")
    meta: dict[str, str | None] = Field(default_factory=dict, description="columns carried along, never trained on")
    tags: tuple[str, ...] = Field(default=(), description="what the pipeline noticed")
    scores: dict[str, float] = Field(default_factory=dict, description="what the pipeline measured")


CONTENT_DDL = (
    "system string, input string, messages array<struct<role: string, content: string>>, chosen string, "
    "rejected string, label string, image_path string"
)
SAMPLE_DDL = (
    "id string, version string, source string, mapping string, key string, task string, "
    f"{CONTENT_DDL}, meta map<string, string>, tags array<string>, scores map<string, double>"
)
"""Spark's schema of a sample. Every column is nullable to Spark: files written by others give no other promise."""

CONTENT_COLUMNS = ("system", "input", "messages", "chosen", "rejected", "label", "image_path")
SAMPLE_COLUMNS = ("id", "version", "source", "mapping", "key", "task", *CONTENT_COLUMNS, "meta", "tags", "scores")

MESSAGES_TYPE = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SAMPLE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "version", "source", "mapping", "key", "task", "system", "input")),
        ("messages", MESSAGES_TYPE),
        *((name, pa.string()) for name in ("chosen", "rejected", "label", "image_path")),
        ("meta", pa.map_(pa.string(), pa.string())),
        ("tags", pa.list_(pa.string())),
        ("scores", pa.map_(pa.string(), pa.float64())),
    ]
)
