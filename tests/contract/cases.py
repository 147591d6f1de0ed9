"""The connectors that the contract suite runs over. To add one: write a factory and put it into `CASES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Connector
from washplant.config.source import WatermarkOptions
from washplant.secret import EnvValue


@dataclass(frozen=True)
class Case:
    """A connector over a source with the integers 1…`rows` in the column `id` and text in `v`.

    `unreachable` is the same with a wrong address. `markless` sources have no watermark.
    """

    connector: Connector[Any]
    unreachable: Connector[Any]
    rows: int
    markless: bool = False


@contextmanager
def mysql(_folder: Path, request: pytest.FixtureRequest, server: str = "mariadb") -> Iterator[Case]:
    """Several splits by key, a watermark with NULLs."""
    import pymysql

    from connectors.mysql import MySQL
    from connectors.mysql.options import MySQLOptions

    facts = request.getfixturevalue(server)
    login = {"host": facts["host"], "port": facts["port"], "user": "etl", "database": facts["database"]}
    password = facts["users"]["etl"]
    with closing(pymysql.connect(**login, password=password.encode(), autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute("drop table if exists contract")
        cursor.execute("create table contract (id int primary key, v text, at datetime(6), key (at))")
        cursor.execute(
            "insert into contract select seq, concat('文', seq),"
            " if(seq % 9 = 0, null, '2025-01-01' + interval seq second) from seq_1_to_1000"
        )
        cursor.execute("analyze table contract")
    options = {
        "kind": "mysql",
        "password": EnvValue(password),
        "table": "contract",
        "split_rows": 100,
        "watermark": WatermarkOptions(column="at"),
        "connect_timeout_s": 2,
    }
    yield Case(
        connector=MySQL("crm", MySQLOptions(**(options | login))),
        unreachable=MySQL("crm", MySQLOptions(**(options | login | {"host": "no-such-host.invalid"}))),
        rows=1000,
    )


@contextmanager
def mysql9(folder: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """The same on MySQL 9, where it can be had."""
    with mysql(folder, request, "mysql9") as case:
        yield case


@contextmanager
def mysql_query(folder: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """The same rows through a SELECT, in parts by its key."""
    from connectors.mysql import MySQL

    def queried(made: MySQL) -> MySQL:
        query = {"table": None, "query": "select id, v, at from contract where id > 0", "key": ("id",)}
        return MySQL("crm", made.options.model_copy(update=query))

    with mysql(folder, request) as case:
        yield Case(connector=queried(case.connector), unreachable=queried(case.unreachable), rows=case.rows)  # type: ignore[arg-type]


@contextmanager
def hbase(_folder: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """Four regions, each read by several tasks."""
    import happybase

    from connectors.hbase import HBase
    from connectors.hbase.options import HBaseOptions

    facts = request.getfixturevalue("hbase")
    with closing(happybase.Connection(facts["host"], facts["port"])) as connection:
        if b"contract" not in connection.tables():
            facts["server"].create_split("contract", "cf", 4)
            with connection.table("contract").batch() as batch:
                for i in range(1, 1001):
                    batch.put(f"{i * 99_999:08}".encode(), {b"cf:id": str(i).encode(), b"cf:v": f"文{i}".encode()})
    options = {"kind": "hbase", "table": "contract", "cells": {"id": "cf:id", "v": "cf:v"}, "split_rows": 150}
    yield Case(
        connector=HBase("crm", HBaseOptions(**options, thrift=f"{facts['host']}:{facts['port']}")),
        unreachable=HBase("crm", HBaseOptions(**options, thrift="no-such-host.invalid:9090")),
        rows=1000,
        markless=True,
    )


@contextmanager
def hiveserver2(_folder: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """Partitions of several sizes, incremental by them."""
    from tests.services.warehouse import Warehouse

    warehouse: Warehouse = request.getfixturevalue("served")
    statements = (
        "create table contract (id int, v string) partitioned by (dt string) stored as parquet",
        "insert into contract partition (dt) select cast(id as int), concat('文', id), concat('2025-01-0', 1 + id % 3)"
        " from range(1, 1001)",
    )
    warehouse.once("contract", statements)
    options = {"split_rows": 700, "incremental": {"by": "partition", "column": "dt"}}
    yield Case(
        connector=warehouse.make("contract", **options),
        unreachable=warehouse.make("contract", **options, server={"host": "no-such-host.invalid", "connect_timeout_s": 2}),
        rows=1000,
    )


Factory = Callable[[Path, pytest.FixtureRequest], Any]
"""A context manager that makes the source and yields its Case."""

def files(extension: str) -> Factory:
    """Two files of one format."""

    @contextmanager
    def made(folder: Path, _: pytest.FixtureRequest) -> Iterator[Case]:
        import pandas as pd

        from connectors.files import Files, FilesOptions

        table = pd.DataFrame({"id": range(1, 1001), "v": [f"文{i}" for i in range(1, 1001)]})
        for part, rows in (("a", table[:400]), ("b", table[400:])):
            path = folder / f"{part}.{extension}"
            if extension == "parquet":
                rows.to_parquet(path, index=False, row_group_size=100)
            elif extension == "xlsx":
                rows.to_excel(path, index=False)
            elif extension == "jsonl":
                rows.to_json(path, orient="records", lines=True, force_ascii=False)
            elif extension == "json":
                rows.to_json(path, orient="records", force_ascii=False)
            else:
                rows.to_csv(path, index=False, sep="\t" if extension == "tsv" else ",")
        yield Case(
            connector=Files("crm", FilesOptions(kind="files", path=(f"{folder}/*.{extension}",), key=("id",))),
            unreachable=Files("crm", FilesOptions(kind="files", path=(f"{folder}/nowhere/*.{extension}",))),
            rows=1000,
        )

    return made


@contextmanager
def sqlite(folder: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """The example of docs/how-to/add-a-connector.md."""
    import sqlite3

    request.getfixturevalue("monkeypatch").syspath_prepend(Path(__file__).parents[2] / "examples" / "sqlite-connector")
    from washplant_sqlite import SQLite, SQLiteOptions

    with closing(sqlite3.connect(folder / "crm.db")) as database, database:
        database.execute("create table tickets (id integer primary key, v text, at text)")
        rows = [(i, f"文{i}", None if i % 9 == 0 else f"2025-01-01 {i:05}") for i in range(1, 1001)]
        database.executemany("insert into tickets values (?, ?, ?)", rows)
    options = {"kind": "sqlite", "table": "tickets", "split_rows": 150, "watermark": WatermarkOptions(column="at")}
    yield Case(
        connector=SQLite("crm", SQLiteOptions(**options, path=folder / "crm.db")),
        unreachable=SQLite("crm", SQLiteOptions(**options, path=folder / "none.db")),
        rows=1000,
    )


CASES: list[Any] = [
    pytest.param(sqlite, id="sqlite"),
    *(pytest.param(files(name), id=f"files-{name}") for name in ("csv", "tsv", "jsonl", "json", "parquet", "xlsx")),
    pytest.param(mysql, id="mysql", marks=pytest.mark.services),
    pytest.param(mysql9, id="mysql9", marks=pytest.mark.services),
    pytest.param(mysql_query, id="mysql-query", marks=pytest.mark.services),
    pytest.param(hbase, id="hbase", marks=pytest.mark.services),
    pytest.param(hiveserver2, id="hiveserver2", marks=pytest.mark.services),
]
