"""The connector contract: options, plan (pure and printable), read (a pure function of one split).

A connector is two classes, its options and the connector. `check` and `discover` answer a person; `plan` fixes everything
that a read depends on, the upper bound included, before the first row is read; `read` runs on a worker with nothing but the
connector and one split. Connectors import no Spark: `pipelines.landing` runs `read` in Spark's tasks, a test in a loop.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar

import pyarrow as pa

from washplant.config.source import SourceOptions

OptionsT = TypeVar("OptionsT", bound=SourceOptions)

Position = Mapping[str, Any]
"""How far a source was read, as JSON data; only its connector understands it. `{}`: from the start."""


@dataclass(frozen=True)
class Finding:
    """One line of `washplant check`: what was looked at, whether it is well, and what to do if not."""

    ok: bool
    what: str
    next_step: str = ""


@dataclass(frozen=True)
class ColumnInfo:
    """A column as the source declares it and the Arrow type that it will be read as."""

    name: str
    declared: str
    arrow: str
    nullable: bool = True
    comment: str = ""


@dataclass(frozen=True)
class TableInfo:
    """A table, file set or view that could be read."""

    name: str
    columns: tuple[ColumnInfo, ...]
    key: tuple[str, ...] = ()
    rows_estimate: int | None = None


@dataclass(frozen=True)
class Comparison:
    """A condition on one column: `=`, `<`, `<=`, `>`, `>=` (one value), `in` (several) or `is not null` (none)."""

    column: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Split:
    """A part of a read that one worker does alone. `spec` is JSON data for the connector's own `read`."""

    index: int
    describe: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    rows_estimate: int | None = None


@dataclass(frozen=True)
class ReadPlan:
    """Everything a read will do. `until` is the position to continue from once the rows are safely written.

    `statements` are shown by `washplant plan` (SQL, paths, scan ranges), with no secret in them. A source that Spark reads
    best by itself gives `spark_sql` and no splits.
    """

    schema: pa.Schema
    splits: tuple[Split, ...]
    since: Position
    until: Position
    statements: tuple[str, ...] = ()
    rows_estimate: int | None = None
    spark_sql: str | None = None


class CellError(ValueError):
    """A cell cannot be read: its row in the batch and why. The connector adds table, column and key."""

    def __init__(self, row: int, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.row, self.reason, self.next_step = row, reason, next_step


class Catalog(Protocol):
    """What a connector may ask of the running Spark session's catalogue (metastore mode of Hive)."""

    def databases(self) -> list[str]: ...

    def tables(self, database: str | None) -> list[str]: ...

    def exists(self, table: str) -> bool: ...

    def schema(self, table: str) -> pa.Schema: ...

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...

    def described(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of DESCRIBE EXTENDED."""

    def partitions(self, table: str) -> list[str]:
        """A partitioned table's partitions as SHOW PARTITIONS names them."""

    def fingerprint(self, table: str, partition: Mapping[str, str | None]) -> str: ...


@dataclass(frozen=True)
class Connector(ABC, Generic[OptionsT]):
    """One source system. Instances are small and pickle: they travel to the workers.

    Raises (all from `washplant.errors`): SourceUnreachable for network and login, SourceSchemaError for missing tables or
    columns, SourceDataError for rows that cannot be read as declared. Each names the source, table, file:line or key.
    """

    name: str
    options: OptionsT

    @abstractmethod
    def check(self) -> list[Finding]:
        """Try what a read needs: reachability, login, table, columns, key, watermark. Never raises for a finding."""

    @abstractmethod
    def discover(self) -> list[TableInfo]:
        """What could be read here: tables with columns, types, keys and row estimates."""

    def databases(self) -> list[str]:
        """Databases, schemas or namespaces that the options could name; none where there is no such thing."""
        return []

    @abstractmethod
    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        """Fix what to read after `since` (`{}`: everything). `columns` overrides the options' (reconcile reads keys only);
        `limit` bounds the rows for a quick look (the plan's `until` then equals `since`: a look moves no watermark)."""

    def narrowed(self, comparisons: Sequence[Comparison]) -> Self:
        """A connector that reads less where the source can leave rows out early: it may still give rows that do not meet
        all `comparisons` (the caller checks), never fewer than do."""
        del comparisons
        return self

    def bounded(self, until: datetime.datetime) -> Self | None:
        """A connector whose plans and positions go no further than `until` (with a time zone), whenever they are made: so
        that a night can be made good later. None where there is no watermark; one that counts something else than
        time is read to its end."""
        del until
        return None

    @abstractmethod
    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of `split` as record batches of exactly `schema`, in bounded memory (about 8 MB a batch)."""


BATCH_BYTES = 8 << 20
"""What one record batch should hold at most, so that a worker's memory stays flat for any table."""
