"""Real servers for tests: brought up once, left as they were found."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pymysql
import pytest

from connectors.mysql import MySQL
from connectors.mysql.options import MySQLOptions
from sandbox import (
    HDFS,
    HBase,
    Hive4,
    HiveServer2,
    LabelStudio,
    MariaDB,
    Metastore,
    MySQL9,
    NotReady,
    Server,
    Unavailable,
    seed,
)
from tests.spark.conftest import spark
from washplant.secret import EnvValue

from .hbase_tables import hbase_source, hbase_tables
from .labelling import Team
from .warehouse import Warehouse, of_server

__all__ = ["hbase_source", "hbase_tables", "spark"]


@contextmanager
def up(server: Server, *, must: bool = True) -> Iterator[dict[str, Any]]:
    """A server's facts while it runs; it is left as it was found. Where this machine cannot have it the tests are skipped,
    except in CI when it is a `must`."""
    was_running = server.running()
    try:
        facts = server.up()
    except (Unavailable, NotReady) as error:
        if (must and os.environ.get("CI") == "true") or (must and isinstance(error, NotReady)):
            raise
        pytest.skip(error.what.splitlines()[0])
    try:
        yield facts
    finally:
        if not was_running:
            server.down()


@contextmanager
def database(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The facts with a `database` of this session's own: test runs at the same time do not meet."""
    own = {**facts, "database": f"test_{secrets.token_hex(4)}"}
    with admin(own, database=None) as cursor:
        cursor.execute(f"create database {own['database']} character set utf8mb4")
        yield own
        cursor.execute(f"drop database {own['database']}")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[dict[str, Any]]:
    """MariaDB, with a fresh database."""
    with up(MariaDB()) as facts, database(facts) as own:
        yield own


@pytest.fixture(scope="session")
def mysql9() -> Iterator[dict[str, Any]]:
    """MySQL 9, with a fresh database and the `server`."""
    server = MySQL9()
    with up(server, must=False) as facts, database(facts) as own:
        with admin(own) as cursor:
            cursor.execute("set session cte_max_recursion_depth = 100000")
            for rows in (99, 100, 1000, 5000, 30_000):  # MariaDB has such tables built in
                cursor.execute(f"create table seq_1_to_{rows} (seq bigint unsigned primary key)")
                count = f"with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows}) select i from n"
                cursor.execute(f"insert into seq_1_to_{rows} {count}")
        yield {**own, "server": server}


@pytest.fixture(scope="session")
def hbase() -> Iterator[dict[str, Any]]:
    """HBase, and the `server` itself."""
    server = HBase()
    with up(server) as facts:
        yield {**facts, "server": server}


@pytest.fixture(scope="session")
def hive() -> Iterator[dict[str, Any]]:
    """Spark's HiveServer2."""
    with up(HiveServer2(light=True)) as facts:
        yield facts


@pytest.fixture(scope="session")
def hive4() -> Iterator[Warehouse]:
    """Apache Hive 4, in a fresh database of this session."""
    with up(Hive4(), must=False) as facts, of_server(facts, f"test_{secrets.token_hex(4)}") as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def hdfs() -> Iterator[dict[str, Any]]:
    """HDFS."""
    with up(HDFS(), must=False) as facts:
        yield facts


@pytest.fixture(scope="session")
def label_studio() -> Iterator[dict[str, Any]]:
    """Label Studio, and the `server` itself."""
    server = LabelStudio()
    with up(server) as facts:
        yield {**facts, "server": server}


@pytest.fixture
def team(label_studio: dict[str, Any]) -> Iterator[Team]:
    """People on Label Studio, with projects of this test's own."""
    made = Team(label_studio)
    yield made
    made.close()


@pytest.fixture(scope="session")
def metastore() -> Iterator[dict[str, Any]]:
    """A standalone Hive metastore."""
    with up(Metastore()) as facts:
        yield facts


@pytest.fixture(scope="session")
def served(hive: dict[str, Any]) -> Iterator[Warehouse]:
    """Tables through the HiveServer2, in a fresh database of this session."""
    with of_server(hive, f"test_{secrets.token_hex(4)}") as warehouse:
        yield warehouse


@contextmanager
def admin(facts: dict[str, Any], database: str | None = "") -> Iterator[pymysql.cursors.Cursor]:
    """A cursor of the user that may do anything in the test's database."""
    with (
        closing(
            pymysql.connect(
                host=facts["host"],
                port=facts["port"],
                user="etl",
                password=facts["users"]["etl"].encode(),
                database=facts["database"] if database == "" else database,
                autocommit=True,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@pytest.fixture(scope="session")
def tables(mariadb: dict[str, Any]) -> dict[str, Any]:
    """The server with the tables of `sandbox.seed`."""
    with admin(mariadb) as cursor:
        for statements in (seed.torture(), seed.keys(), seed.watermark("marked"), seed.tickets(30_000)):
            for sql in statements:
                cursor.execute(sql)
    return mariadb


@pytest.fixture
def sql(mariadb: dict[str, Any]) -> Iterator[Callable[[str], Any]]:
    """Run a statement; the rows."""
    with admin(mariadb) as cursor:
        cursor.execute(seed.SESSION)

        def run(statement: str) -> Any:
            cursor.execute(statement)
            return cursor.fetchall()

        yield run


@pytest.fixture
def source(mariadb: dict[str, Any]) -> Callable[..., MySQL]:
    """`source(table, **options)`: a connector for a table of the test's database."""
    return source_of(mariadb)


def source_of(facts: dict[str, Any]) -> Callable[..., MySQL]:
    def make(table: str, **options: Any) -> MySQL:
        user = options.pop("user", "etl")
        given = {
            "kind": "mysql",
            "host": facts["host"],
            "port": facts["port"],
            "user": user,
            "password": EnvValue(facts["users"].get(user, "no-password")),
            "database": facts["database"],
            "table": table,
        }
        return MySQL("crm", MySQLOptions(**(given | options)))

    return make


def rows_of(connector: MySQL, since: dict[str, Any] | None = None, **plan: Any) -> list[dict[str, Any]]:
    """Every row of every split."""
    planned = connector.plan(since or {}, **plan)
    return [
        row for split in planned.splits for batch in connector.read(split, planned.schema) for row in batch.to_pylist()
    ]
