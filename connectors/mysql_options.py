"""What the YAML says of a MySQL or MariaDB source."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator

from washplant.config.source import Options, SourceOptions
from washplant.secret import Secret


class TLSOptions(Options):
    """An encrypted connection, refused when the server offers none."""

    ca: str | None = Field(default=None, description="PEM file of the authority to trust; the system's when not given")
    verify: bool = Field(default=True, description="check the server's certificate and host name")
    cert: str | None = Field(default=None, description="PEM file of the client's certificate")
    key: str | None = Field(default=None, description="PEM file of the client's key")


class MySQLOptions(SourceOptions):
    """A table or view of MySQL or MariaDB."""

    kind: Literal["mysql"] = Field(description="mysql, for MariaDB, too")
    host: str = Field(description="host name or address")
    port: int = Field(default=3306, ge=1, le=65535, description="TCP port")
    user: str = Field(description="a user who may SELECT from the table; more is not needed")
    password: Secret = Field(description="written as ${env:NAME}")
    database: str = Field(description="the database, also called schema")
    table: str = Field(description="the table or view")
    where: str | None = Field(default=None, description="an SQL condition that rows must meet")
    split_rows: int = Field(default=200_000, ge=1, description="rows that one task reads, about")
    timezone: str = Field(
        default="+00:00",
        pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$",
        description="the session's time zone, which `where` sees; TIMESTAMP arrives in UTC anyway, DATETIME as written",
    )
    tls: TLSOptions | None = Field(
        default=None, description="when not given: encrypted if the server offers it, but not verified"
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

    def relative_to(self, folder: Path) -> Self:
        if self.tls is None:
            return self
        files = {part: getattr(self.tls, part) for part in ("ca", "cert", "key")}
        moved = {part: str(folder / file) for part, file in files.items() if file}
        return self.model_copy(update={"tls": self.tls.model_copy(update=moved)})
