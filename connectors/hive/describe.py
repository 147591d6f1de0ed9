"""What a HiveServer2 says of a table (DESCRIBE FORMATTED): Spark's server and Hive's own lay it out differently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.hive.sql import partition_spec, quoted
from connectors.hive.types import parse
from washplant.errors import SourceSchemaError
from washplant.names import did_you_mean

if TYPE_CHECKING:
    from connectors.hive.session import Session

_HEAD, _PARTITIONED = "# col_name", "# Partition Information"
_SECTION = re.compile(r"# (Detailed |Storage |View |Constraints|Metadata |Partition Transform|Partitioning$)")
_STATE = re.compile(r"\b(transient_lastDdlTime|totalSize|numFiles|numRows)\W+(\d+)")
_SPARK_ROWS = re.compile(r"(\d+) rows")


@dataclass(frozen=True)
class Column:
    """A column with its type as the server writes it."""

    name: str
    declared: str
    comment: str = ""


@dataclass(frozen=True)
class Description:
    """Columns in their order, the partition columns among them, and what else is told (`numRows`, `transactional`, …)."""

    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def transactional(self) -> bool:
        """Whether it is an ACID table."""
        return "transactional=true" in self.facts.get("Table Properties", "").lower().replace(" ", "") or (
            self.facts.get("transactional", "").lower() == "true"
        )

    @property
    def rows_estimate(self) -> int | None:
        """From the metastore's statistics, as old as they are; 0 is also what a table without any says."""
        found = self.facts.get("numRows", "")
        if found.isdigit() and int(found):
            return int(found)
        told = _SPARK_ROWS.search(self.facts.get("Statistics", ""))
        return int(told[1]) if told else None

    def schema(self, wanted: tuple[str, ...] | None, where: str, *, spark: bool) -> pa.Schema:
        """Arrow types. Raises SourceSchemaError for a type that is not known, unless its column is not `wanted`."""
        fields = []
        for column in self.columns:
            try:
                fields.append(pa.field(column.name, parse(column.declared, spark=spark)))
            except ValueError as error:
                if wanted is None or column.name in wanted:
                    raise SourceSchemaError(
                        f"column {column.name}: {error}", where=where, next_step="leave it out: name the others in `columns`"
                    ) from None
        return pa.schema(fields)


def table_names(server: Session, database: str) -> list[str]:
    """The database's tables and views as database.table."""
    rows = server.query(f"SHOW TABLES IN {quoted(database)}")
    # Spark: database, table, whether it is temporary; Hive: the table.
    names = [str(row[0]) if len(row) == 1 else str(row[1]) for row in rows if len(row) < 3 or not row[2]]
    return sorted(f"{database}.{name}" for name in names)


def described(server: Session, table: str, where: str) -> Description:
    """What the server tells of `database.table`. Raises SourceSchemaError with close names when it is not there, and for an
    ACID table that is asked of Spark."""
    known = table_names(server, table.partition(".")[0])
    if table.lower() not in (name.lower() for name in known):
        raise SourceSchemaError(
            "there is no such table", where=where, next_step=did_you_mean(table, known, nothing="no tables there")
        )
    found = description(server.query(f"DESCRIBE FORMATTED {full_name(table)}"))
    if server.spark and found.transactional:
        raise SourceSchemaError(
            "it is a transactional (ACID) table, whose delta files Spark's server cannot read (qubole/spark-acid#112)",
            where=where,
            next_step="ask Hive's own HiveServer2 for it, or let Hive copy it (create external table … as select)",
        )
    return found


def full_name(table: str) -> str:
    """`database`.`table`."""
    return ".".join(map(quoted, table.split(".")))


def description(rows: Iterable[tuple[Any, ...]]) -> Description:
    """The answer to DESCRIBE FORMATTED, in sections with or without a heading of their own."""
    columns: dict[str, Column] = {}
    partitioned: list[str] = []
    facts: dict[str, str] = {}
    section = "columns"
    for row in rows:
        name, kind, comment = ("" if cell is None else str(cell).strip() for cell in row[:3])
        if name == _PARTITIONED:
            section = "partitions"
        elif _SECTION.match(name):
            section = "facts"
        elif name == _HEAD or not (name or kind):
            continue
        elif section == "facts":
            # Hive indents the parameters: an empty cell, the name, the value.
            fact, value = (name.rstrip(":"), kind) if name else (kind, comment)
            facts.setdefault(fact, value)
        else:
            columns.setdefault(name, Column(name, kind, comment))
            if section == "partitions":
                partitioned.append(name)
    return Description(tuple(columns.values()), tuple(partitioned), facts)


@dataclass(frozen=True)
class Asked:
    """`window.Engine` over a server's session."""

    server: Session
    table: str
    description: Description

    @property
    def spark(self) -> bool:
        return self.server.spark

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.server.query(sql)

    def partitions(self) -> list[str] | None:
        if not self.description.partitioned_by:
            return None
        return [str(row[0]) for row in self.query(f"SHOW PARTITIONS {full_name(self.table)}")]

    def fingerprint(self, partition: Mapping[str, str | None]) -> str:
        """Changes when the partition is written through Hive or Spark; who writes its files past them is not seen."""
        rows = self.query(f"DESCRIBE FORMATTED {full_name(self.table)} {partition_spec(partition)}")
        text = [" ".join(str(cell).strip() for cell in row if cell is not None) for row in rows]
        place = next((line for line in text if line.startswith("Location")), "")
        state = {match[1]: match[2] for match in _STATE.finditer("\n".join(text))}
        return ", ".join([place, *(f"{name} {state[name]}" for name in sorted(state))])
