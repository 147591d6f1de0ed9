"""Hive tables and the connectors over them, for tests that run in both modes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.base import ReadPlan
from connectors.hive import Hive, HiveOptions
from connectors.hive.session import session
from pipelines.catalog import SparkCatalog

FEW_ROWS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
}
"""On a few rows compiling the generated code takes longer than running the plan as it is."""


@dataclass(frozen=True)
class Warehouse:
    """`run` executes a statement in the test's own `database`; `make` gives a connector for `database.table`."""

    database: str
    run: Callable[[str], None]
    make: Callable[..., Hive]
    made: set[str] = field(default_factory=set)

    def put(self, statements: Iterable[str]) -> None:
        for sql in statements:
            self.run(sql)

    def once(self, table: str, statements: Iterable[str]) -> None:
        """Statements that make a table, the first time."""
        if table not in self.made:
            self.put(statements)
            self.made.add(table)

    def rows(self, connector: Hive, since: dict[str, Any] | None = None, **plan: Any) -> list[dict[str, Any]]:
        """Every row of a plan."""
        return self.rows_of(connector, connector.plan(since or {}, **plan))

    def rows_of(self, connector: Hive, planned: ReadPlan) -> list[dict[str, Any]]:
        """Every row of `planned`, read as the mode does."""
        if planned.spark_sql is not None:
            assert isinstance(connector.catalog, SparkCatalog)
            return connector.catalog.spark.sql(planned.spark_sql).toArrow().cast(planned.schema).to_pylist()
        return [
            row for split in planned.splits for batch in connector.read(split, planned.schema) for row in batch.to_pylist()
        ]


def options(facts: dict[str, Any], table: str, **given: Any) -> HiveOptions:
    """Options for a table through the sandbox's HiveServer2; `server` adds to or changes its own."""
    where = {"host": facts["host"], "port": facts["port"], "connect_timeout_s": 5, "session": FEW_ROWS}
    server = where | given.pop("server", {})
    return HiveOptions.model_validate({"kind": "hive", "mode": "hiveserver2", "table": table, "server": server} | given)


@contextmanager
def of_server(facts: dict[str, Any], database: str) -> Iterator[Warehouse]:
    """Statements and reads through a HiveServer2, in a database of their own."""

    def make(table: str, **given: Any) -> Hive:
        return Hive("dw", options(facts, table if "." in table else f"{database}.{table}", **given))

    with session(options(facts, f"{database}.any"), "test") as server:
        server.run(f"CREATE DATABASE {database}")
        server.run(f"USE {database}")
        yield Warehouse(database, server.run, make)
        server.run(f"DROP DATABASE {database} CASCADE")
