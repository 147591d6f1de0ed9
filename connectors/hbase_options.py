"""What the YAML says of an HBase table."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from connectors.hbase_codecs import CODECS
from washplant.config.source import OneOrMany, Options, ShortForm, SourceOptions


class CellOptions(Options):
    """One column of the rows: a cell, or all cells of a family as a map."""

    cell: str = Field(description="family:qualifier; family:* gives a map from qualifier to value")
    codec: str = Field(default="utf8", description=f"how the bytes are read: {', '.join(CODECS)}")

    @field_validator("cell")
    @classmethod
    def _with_family(cls, value: str) -> str:
        family, colon, _ = value.partition(":")
        if not family or not colon:
            raise ValueError("write a cell as family:qualifier")
        return value

    @field_validator("codec")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CODECS:
            raise ValueError(f"unknown codec {value!r}; known: {', '.join(CODECS)}")
        return value

    @model_validator(mode="after")
    def _maps_are_of_text_or_bytes(self) -> CellOptions:
        if self.wildcard and self.codec not in ("utf8", "binary"):
            raise ValueError("a map of all cells is read as utf8 or binary")
        return self

    @property
    def wildcard(self) -> bool:
        return self.cell.endswith(":*")

    @property
    def family(self) -> str:
        return self.cell.partition(":")[0]


class HBaseOptions(SourceOptions):
    """An HBase table, read through its Thrift 1 servers."""

    kind: Literal["hbase"] = Field(description="hbase")
    thrift: OneOrMany = Field(description="host:port of the Thrift servers; tasks are spread over them")
    table: str = Field(description="the table, with its namespace as namespace:table")
    cells: dict[str, Annotated[CellOptions, ShortForm({"type": "string"})]] = Field(
        min_length=1, description="columns of the rows: {name: family:qualifier}, or {name: {cell: …, codec: …}}"
    )
    row_key: str = Field(default="row_key", description="the name of the column with the row's key")
    row_key_codec: Literal["utf8", "binary", "hex"] = Field(default="utf8", description="how row keys are read")
    start: str | None = Field(default=None, description="first row key to read; \\x00 for a byte")
    stop: str | None = Field(default=None, description="row key to stop before; \\x00 for a byte")
    filter: str | None = Field(default=None, description="a filter in HBase's filter language, applied by the server")
    transport: Literal["buffered", "framed"] = Field(
        default="buffered", description="framed: a server started with -nonblocking"
    )
    protocol: Literal["binary", "compact"] = Field(default="binary", description="compact: a server started with -c")
    splits_per_region: int = Field(default=4, ge=1, le=256, description="tasks that share the rows of one region")
    timeout_s: int = Field(default=60, ge=1, description="seconds to wait for the server's next answer")

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

    @model_validator(mode="after")
    def _can_be_read(self) -> HBaseOptions:
        if self.row_key in self.cells:
            raise ValueError(f"`row_key` and a cell are both named {self.row_key!r}: rename one")
        if self.watermark:
            raise ValueError(
                "an HBase table has no `watermark` yet: each run reads all rows and keeps what changed; remove it"
            )
        return self
