"""What the YAML says of a MySQL or MariaDB source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from washplant.config.source import Options, SourceOptions
from washplant.secret import Secret

_SELECT = re.compile(r"(?:\(|--.*\n|#.*\n|/\*.*?\*/|\s)*(?:select|with)\b", re.IGNORECASE | re.DOTALL)


class TLSOptions(Options):
    """An encrypted connection, refused when the server offers none."""

    ca: str | None = Field(default=None, description="PEM file of the authority to trust; the system's when not given")
    verify: bool = Field(default=True, description="check the server's certificate and host name")
    cert: str | None = Field(default=None, description="PEM file of the client's certificate")
    key: str | None = Field(default=None, description="PEM file of the client's key")


class MySQLOptions(SourceOptions):
    """A table or view of MySQL or MariaDB, or the rows of a query."""

    several_watermarks: ClassVar[bool] = True

    kind: Literal["mysql"] = Field(description="mysql, for MariaDB, too")
    host: str = Field(description="host name or address")
    port: int = Field(default=3306, ge=1, le=65535, description="TCP port")
    user: str = Field(description="a user who may SELECT from the table; more is not needed")
    password: Secret = Field(description="written as ${env:NAME}")
    database: str = Field(description="the database, also called schema")
    table: str | None = Field(default=None, description="the table or view; or give `query`")
    query: str | None = Field(
        default=None,
        description="a SELECT to read instead of a table. With `key` (unique, never NULL) it is read in parts, each of which"
        " runs it again with a condition on the key; without one in a single stream",
    )
    snapshot: Literal["split", "single"] = Field(
        default="split",
        description="split: each task sees one moment; single: one task reads all rows through one connection in one"
        " consistent snapshot",
    )
    where: str | None = Field(default=None, description="an SQL condition that rows must meet")
    split_rows: int = Field(default=200_000, ge=1, description="rows that one task reads, about")
    timezone: str = Field(
        default="+00:00",
        pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$",
        description="the session's time zone, which `where` sees; TIMESTAMP arrives in UTC anyway, DATETIME as written",
    )
    tls: TLSOptions | Literal[False] | None = Field(
        default=None, description="when not given: encrypted if the server offers it, but not verified; false: never encrypted"
    )
    connect_timeout_s: int = Field(default=10, ge=1, description="seconds to wait for a connection")
    read_timeout_s: int = Field(default=300, ge=1, description="seconds to wait for the server's next bytes")
    zero_date: Literal["null", "fail", "string"] = Field(
        default="null", description="dates not in the calendar (0000-00-00); string: every date of the table as text"
    )
    tinyint1: Literal["int", "bool"] = Field(default="int", description="TINYINT(1), which may hold more than 0 and 1")
    bit: Literal["int", "binary"] = Field(default="int", description="BIT(n) as a number or as bytes")
    time: Literal["string", "duration"] = Field(default="string", description="TIME, from -838:59:59 to 838:59:59")
    utf8_in_latin1: tuple[str, ...] = Field(default=(), description="columns declared latin1 whose stored bytes are UTF-8")

    @field_validator("zero_date", mode="before")
    @classmethod
    def _null_is_a_word(cls, value: object) -> object:
        return "null" if value is None else value  # YAML reads `zero_date: null` as nothing

    @field_validator("query")
    @classmethod
    def _one_select(cls, value: str | None) -> str | None:
        if value is None:
            return None
        text = value.strip().rstrip(";").strip()
        if not _SELECT.match(text):
            raise ValueError("`query` is one SELECT (or WITH … SELECT)")
        return text

    @model_validator(mode="after")
    def _table_or_query(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        return self

    @property
    def subject(self) -> str:
        """What is read, in words for a person."""
        return self.table or "query"

    def relative_to(self, folder: Path) -> Self:
        if not self.tls:
            return self
        files = {part: getattr(self.tls, part) for part in ("ca", "cert", "key")}
        moved = {part: str(folder / file) for part, file in files.items() if file}
        return self.model_copy(update={"tls": self.tls.model_copy(update=moved)})
