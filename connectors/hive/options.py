"""What the YAML says of a Hive table: where it is asked (`mode`, `server`) and what a night reads of it (`incremental`)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from washplant.config.source import Options, SourceOptions
from washplant.secret import Secret

Auth = Literal["NONE", "NOSASL", "LDAP", "CUSTOM", "KERBEROS"]


class ServerOptions(Options):
    """A HiveServer2, for `mode: hiveserver2`."""

    host: str = Field(description="host name or address")
    port: int = Field(default=10000, ge=1, le=65535, description="TCP port of the binary Thrift service")
    auth: Auth = Field(
        default="NONE",
        description="what hive.server2.authentication says on the server; never tried another way when it is refused",
    )
    user: str | None = Field(default=None, description="the user to run as; needed with LDAP and CUSTOM")
    password: Secret | None = Field(default=None, description="written as ${env:NAME}; with LDAP and CUSTOM only")
    kerberos_service_name: str | None = Field(
        default=None, description="the first part of the server's principal, mostly hive; with KERBEROS only"
    )
    session: dict[str, str] = Field(
        default_factory=dict, description="settings of the session, such as mapreduce.job.queuename: etl"
    )
    connect_timeout_s: int = Field(default=10, ge=1, description="seconds to wait for a connection")
    read_timeout_s: int = Field(default=300, ge=1, description="seconds to wait for the server's next bytes")
    query_timeout_s: int = Field(default=3600, ge=1, description="seconds that one statement may run before it is cancelled")

    @model_validator(mode="after")
    def _auth_is_complete(self) -> Self:
        needs_password = self.auth in ("LDAP", "CUSTOM")
        if needs_password and not (self.user and self.password):
            raise ValueError(f"auth {self.auth} needs `user` and `password`")
        if self.password and not needs_password:
            raise ValueError(f"auth {self.auth} would send no password: remove it, or say LDAP or CUSTOM")
        if (self.auth == "KERBEROS") != bool(self.kerberos_service_name):
            raise ValueError("`kerberos_service_name` belongs to auth KERBEROS, which needs it")
        return self


class ByPartition(Options):
    """New partitions, and of the newest ones those that were rewritten."""

    by: Literal["partition"] = Field(description="partition")
    column: str = Field(description="the partition column that grows, such as dt")
    recheck: int = Field(
        default=31, ge=0, description="how many of the newest partitions are read again when their files changed"
    )


class BySnapshot(Options):
    """Daily partitions that each hold the whole table: the newest one, less what the last one read had, too."""

    by: Literal["snapshot"] = Field(description="snapshot")
    column: str = Field(description="the partition column of the copies, such as dt; it is not read as data")


class ByZipper(Options):
    """拉链表: a row for each version of a key with the dates between which it was true; the open ones are current."""

    by: Literal["zipper"] = Field(description="zipper")
    start: str = Field(default="start_date", description="the column of a version's first day")
    end: str = Field(default="end_date", description="the column of its last day")
    open: str = Field(default="9999-12-31", description="what `end` holds on current rows")


Incremental = Annotated[ByPartition | BySnapshot | ByZipper, Field(discriminator="by")]

DELETED = "_deleted"
"""The column that snapshots and zipper tables add: true on the last known row of a key that is gone."""


class HiveOptions(SourceOptions):
    """A Hive table or view, read by Spark through the metastore, or through a HiveServer2."""

    kind: Literal["hive"] = Field(description="hive")
    mode: Literal["metastore", "hiveserver2"] = Field(
        default="metastore",
        description="metastore: Spark reads the files (fastest); hiveserver2: the server's SQL, for those who have only that",
    )
    table: str = Field(description="the table or view, as database.table")
    where: str | None = Field(default=None, description="an SQL condition that rows must meet, such as a partition's")
    incremental: Incremental | None = Field(
        default=None, description="which rows are new: by partition, snapshot or zipper; `watermark` is the way by column"
    )
    server: ServerOptions | None = Field(default=None, description="with hiveserver2: where it is and how to log in")
    split_rows: int = Field(default=500_000, ge=1, description="with hiveserver2: rows that one task reads, about")
    count: bool = Field(
        default=True,
        description="with hiveserver2: count first, so that the read can be split, and refuse one that brought fewer rows;"
        " without it everything comes in one stream",
    )

    @field_validator("table")
    @classmethod
    def _with_database(cls, value: str) -> str:
        parts = value.split(".")
        if len(parts) != 2 or not all(parts):
            raise ValueError("write the table as database.table")
        return value

    @model_validator(mode="before")
    @classmethod
    def _tombstones(cls, value: object) -> object:
        # A snapshot's and a zipper's deletes are found by comparing: nobody should have to name our own column.
        if isinstance(value, dict) and "deleted" not in value:
            given = value.get("incremental")
            by = given.get("by") if isinstance(given, dict) else getattr(given, "by", None)
            if by in ("snapshot", "zipper"):
                return {**value, "deleted": {"column": DELETED}}
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.mode == "hiveserver2") != (self.server is not None):
            raise ValueError("`mode: hiveserver2` and `server: {host: …}` belong together")
        if self.incremental and self.watermark:
            raise ValueError("give `watermark` (by column) or `incremental`, not both")
        if isinstance(self.incremental, BySnapshot | ByZipper) and not self.key:
            raise ValueError(f"by {self.incremental.by}, rows are compared by key: give `key`")
        return self

    @property
    def newest_by(self) -> tuple[str, ...]:
        by = self.incremental
        return (by.column,) if isinstance(by, ByPartition) else super().newest_by
