"""What the YAML says of an HBase table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from connectors.hbase.avro import with_schema
from connectors.hbase.codecs import CODECS, known
from washplant.config.source import OneOrMany, Options, ShortForm, SourceOptions

CodecName = Annotated[str, AfterValidator(known)]
_CODECS = f"how the bytes are read: {', '.join(CODECS)}, decimal(18,2), avro(schema.avsc)"


class CellOptions(Options):
    """One column of the rows: a cell, or all cells of a family as a map."""

    cell: str = Field(description="family:qualifier; family:* gives a map from qualifier to value")
    codec: CodecName = Field(default="utf8", description=_CODECS)
    versions: int = Field(
        default=1, ge=1, description="more than 1: a list of {at, value}, newest first; one request a row, so it is slow"
    )

    @field_validator("cell")
    @classmethod
    def _with_family(cls, value: str) -> str:
        family, colon, _ = value.partition(":")
        if not family or not colon:
            raise ValueError("write a cell as family:qualifier")
        return value

    @model_validator(mode="after")
    def _maps_are_of_text_or_bytes(self) -> CellOptions:
        if self.wildcard and self.codec not in ("utf8", "binary"):
            raise ValueError("a map of all cells is read as utf8 or binary")
        if self.wildcard and self.versions > 1:
            raise ValueError("a map of all cells holds the newest version of each; name a cell to read several")
        return self

    @property
    def wildcard(self) -> bool:
        return self.cell.endswith(":*")

    @property
    def family(self) -> str:
        return self.cell.partition(":")[0]


class KeyPart(Options):
    """A part of the row key as a column of its own."""

    name: str = Field(description="the column")
    codec: CodecName = Field(default="utf8", description=_CODECS)
    bytes: int | None = Field(default=None, ge=1, description="how many bytes it has")
    until: str | None = Field(default=None, min_length=1, description="the separator after it; \\x00 for a byte")

    @model_validator(mode="after")
    def _one_end(self) -> KeyPart:
        if self.bytes is not None and self.until is not None:
            raise ValueError("give `bytes` or `until`, not both; the last part needs neither")
        return self


class HBaseOptions(SourceOptions):
    """An HBase table, read through its Thrift 1 servers."""

    kind: Literal["hbase"] = Field(description="hbase")
    thrift: OneOrMany = Field(description="host:port of the Thrift servers; tasks are spread over them")
    table: str = Field(description="the table, with its namespace as namespace:table")
    cells: dict[str, Annotated[CellOptions, ShortForm({"type": "string"})]] = Field(
        min_length=1, description="columns of the rows: {name: family:qualifier}, or {name: {cell: …, codec: …}}"
    )
    row_key: str = Field(default="row_key", description="the name of the column with the row's key")
    row_key_codec: CodecName = Field(default="utf8", description=_CODECS)
    row_key_parts: tuple[KeyPart, ...] = Field(
        default=(), description="the key's parts (a salt, a user, a day) as columns, too"
    )
    timestamp: str | None = Field(
        default=None, description="the name of a column with the newest timestamp of the row's cells; a `watermark` may name it"
    )
    start: str | None = Field(default=None, description="first row key to read; \\x00 for a byte")
    stop: str | None = Field(default=None, description="row key to stop before; \\x00 for a byte")
    prefix: str | None = Field(default=None, description="what row keys must begin with; \\x00 for a byte")
    filter: str | None = Field(default=None, description="a filter in HBase's filter language, applied by the server")
    transport: Literal["buffered", "framed"] = Field(
        default="buffered", description="framed: a server started with -nonblocking"
    )
    protocol: Literal["binary", "compact"] = Field(default="binary", description="compact: a server started with -c")
    split_rows: int = Field(default=100_000, ge=1, description="rows that one task reads, about; no task reads two regions")
    count_rows: bool = Field(
        default=True, description="let HBase count each range after it was read, and fail when it has more rows"
    )
    timeout_s: int = Field(default=60, ge=1, description="seconds to wait for the server's next answer")

    def relative_to(self, folder: Path) -> Self:
        cells = {
            name: cell.model_copy(update={"codec": with_schema(cell.codec, folder)}) for name, cell in self.cells.items()
        }
        return self.model_copy(update={"cells": cells})

    @field_validator("cells", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"cell": cell} if isinstance(cell, str) else cell for name, cell in value.items()}

    @field_validator("thrift")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"write a Thrift server as host:port, not {address!r}")
        return value

    @field_validator("row_key_parts")
    @classmethod
    def _ends(cls, value: tuple[KeyPart, ...]) -> tuple[KeyPart, ...]:
        for part in value[:-1]:
            if part.bytes is None and part.until is None:
                raise ValueError(f"the part {part.name!r} needs `bytes` or `until`, since another follows it")
        return value

    @model_validator(mode="after")
    def _can_be_read(self) -> HBaseOptions:
        names = [self.row_key, *self.cells, *(part.name for part in self.row_key_parts)]
        names += [self.timestamp] if self.timestamp else []
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two columns are named {twice!r}: rename one")
        if self.watermark and self.watermark.column != self.timestamp:
            raise ValueError(
                f"HBase's `watermark` goes by the cells' timestamps: write `timestamp: {self.watermark.column}` beside it"
            )
        return self
