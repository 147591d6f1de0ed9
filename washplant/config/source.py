"""The options that every source shares; each connector adds its own (see `connectors/`)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Options(BaseModel):
    """Base of every block of the YAML: immutable, and an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def relative_to(self, folder: Path) -> Self:
        """The same options with relative paths starting at `folder`, the folder of the YAML; most have no paths."""
        del folder
        return self


class WatermarkOptions(Options):
    """Where an incremental read starts: rows whose `column` is at or above the last bound, less `lag_s`."""

    column: str = Field(description="a column that grows with every change, such as updated_at")
    lag_s: int = Field(default=0, ge=0, description="seconds re-read below the last bound, for transactions that commit late")


class DeletedOptions(Options):
    """Which rows are tombstones: rows that say that their key was deleted."""

    column: str = Field(description="the column that marks a row as deleted")
    equals: str = Field(default="true", description="its value, as text, on a deleted row (booleans: true, numbers: 1)")


class SourceOptions(Options):
    """One source of business rows."""

    kind: str = Field(description="the connector: files, hive or mysql")
    key: tuple[str, ...] = Field(
        default=(), description="the column or columns that identify a row; without a key the content does"
    )
    columns: tuple[str, ...] | None = Field(default=None, description="the columns to read; all of them when not given")
    watermark: WatermarkOptions | None = Field(
        default=None, description="incremental reads; without it every run reads everything and keeps what changed"
    )
    deleted: DeletedOptions | None = Field(default=None, description="how a deleted row shows itself")

    @field_validator("key", "columns", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value
