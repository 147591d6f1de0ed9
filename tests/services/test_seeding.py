"""What `python -m sandbox up` puts into servers: the water utility's rows, exactly, and the torture set."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from sandbox import seed_hbase, water
from sandbox.seeding import seeder

from .conftest import admin
from .hbase_tables import client

pytestmark = pytest.mark.services


def test_mariadb(mariadb: dict[str, Any]) -> None:
    fill = seeder("mariadb")
    assert fill is not None
    for _ in range(2):  # it may be repeated
        fill(mariadb)
    with admin(mariadb) as cursor:
        for name in water.TABLES:
            cursor.execute(f"select * from {name} order by 1")
            there = [tuple(row) for row in cursor.fetchall()]
            made = sorted(tuple(row.values()) for row in water.table(name).to_pylist())
            assert there == made, name
        cursor.execute("select count(*) from torture")
        assert cursor.fetchall() == ((5,),)


def test_hbase(hbase: dict[str, Any]) -> None:
    fill = seeder("hbase")
    assert fill is not None
    fill(hbase)
    with closing(client(hbase)) as connection:
        rows = {key.decode(): cells for key, cells in connection.table("chats").scan()}
        made = water.table("chats").to_pylist()
        assert {key: cells[b"cf:text"].decode() for key, cells in rows.items()} == {row["msg_id"]: row["text"] for row in made}
        assert set(seed_hbase._KEYS) <= {key for key, _ in connection.table("torture").scan()}
