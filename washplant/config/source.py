"""The options that every source shares; each connector adds its own (see `connectors/`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema


class ShortForm:
    """Tells the JSON Schema of a field what else may be written, because a validator before it completes it."""

    def __init__(self, *schemas: dict[str, Any]) -> None:
        self.schemas = schemas

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*self.schemas, handler(core)]}


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


OneOrMany = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), ShortForm({"type": "string"})]
"""A list whose brackets may be left out when it has one entry."""


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
    also: OneOrMany = Field(
        default=(),
        description="further such columns (mysql), for tables where one alone misses changes, such as created_at beside an"
        " updated_at that stays empty until the first update: a row is read when any of them has moved",
    )
    lag_s: int = Field(default=0, ge=0, description="seconds re-read below the last bound, for transactions that commit late")

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *(column for column in self.also if column != self.column))


class DeletedOptions(Options):
    """Which rows are tombstones: rows that say that their key was deleted."""

    column: str = Field(description="the column that marks a row as deleted")
    equals: str = Field(default="true", description="its value, as text, on a deleted row (booleans: true, numbers: 1)")


class SourceOptions(Options):
    """One source of business rows."""

    kind: str = Field(description="the connector: files, hbase, hive or mysql")
    key: OneOrMany = Field(default=(), description="the column or columns that identify a row; without a key the content does")
    columns: OneOrMany | None = Field(default=None, description="the columns to read; all of them when not given")
    watermark: WatermarkOptions | None = Field(
        default=None, description="incremental reads; without it every run reads everything and keeps what changed"
    )
    deleted: DeletedOptions | None = Field(default=None, description="how a deleted row shows itself")

    several_watermarks: ClassVar[bool] = False
    """Whether the connector reads `watermark.also`."""

    @model_validator(mode="after")
    def _one_watermark(self) -> Self:
        if self.watermark and self.watermark.also and not self.several_watermarks:
            raise ValueError(f"a source of kind {self.kind} has one watermark column; remove `watermark.also`")
        return self

    @property
    def newest_by(self) -> tuple[str, ...]:
        """The columns whose greatest value marks the newest of several rows of one key."""
        return self.watermark.columns if self.watermark else ()
