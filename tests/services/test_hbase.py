"""HBase's own trouble, against a real master and Thrift servers (FIELD-NOTES §4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import happybase
import pytest

from connectors.hbase import HBase
from connectors.hbase import scan as hbase_scan
from connectors.hbase.options import HBaseOptions
from sandbox import HBase as Server
from washplant.errors import SourceDataError, SourceSchemaError, SourceUnreachable

pytestmark = pytest.mark.services

Make = Callable[..., HBase]


@pytest.fixture(scope="module")
def tables(hbase: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`ugly`: one region, binary keys, cells of all kinds; `salted`: one region of 5,000 rows; `regions`: four of them."""
    with closing(happybase.Connection(hbase["host"], hbase["port"], timeout=30_000)) as connection:
        for name in ({b"ugly", b"salted", b"regions"} & set(connection.tables())):
            connection.delete_table(name, disable=True)
        connection.create_table("ugly", {"cf": {}, "ext": {}})
        ugly = connection.table("ugly")
        ugly.put(
            b"\x00\xff\x01",
            {
                b"cf:q": "水费怎么查？😀".encode(),
                b"cf:long": struct.pack(">q", -7),
                b"cf:double": struct.pack(">d", 1.5),
                b"cf:yes": b"\xff",
                b"cf:phoenix": struct.pack(">i", 5 ^ -(2**31)),
                b"cf:json": b'{"a": [1]}',
                b"cf:": "空".encode(),
                "ext:甲".encode(): b"1",
                b"ext:b": b"2",
            },
        )
        ugly.put(b"a", {b"cf:long": b"123"})
        ugly.put(b"z", {b"cf:q": b""})
        connection.create_table("salted", {"cf": {}})
        with connection.table("salted").batch(batch_size=1000) as batch:
            for i in range(5000):
                batch.put(bytes([i % 7]) + f"{i:06}".encode(), {b"cf:id": str(i).encode()})
        hbase["server"].create_split("regions", "cf", 4)
        with connection.table("regions").batch() as batch:
            for i in range(1000):
                batch.put(f"{i * 99_999:08}".encode(), {b"cf:id": str(i).encode()})
    yield hbase


@pytest.fixture
def source(tables: dict[str, Any]) -> Make:
    def make(table: str, cells: dict[str, Any], **options: Any) -> HBase:
        given = {"kind": "hbase", "thrift": f"{tables['host']}:{tables['port']}", "table": table, "cells": cells}
        return HBase("crm", HBaseOptions(**(given | options)))

    return make


def rows_of(connector: HBase, **plan: Any) -> list[dict[str, Any]]:
    planned = connector.plan({}, **plan)
    return [row for split in planned.splits for batch in connector.read(split, planned.schema) for row in batch.to_pylist()]


def test_cells_by_their_codecs_binary_keys_and_empty_qualifiers(source: Make) -> None:
    cells = {
        "q": "cf:q",
        "double": {"cell": "cf:double", "codec": "double"},
        "yes": {"cell": "cf:yes", "codec": "boolean"},
        "phoenix": {"cell": "cf:phoenix", "codec": "phoenix_int"},
        "json": {"cell": "cf:json", "codec": "json"},
        "nameless": "cf:",
        "ext": "ext:*",
    }
    first, last = rows_of(source("ugly", cells, row_key_codec="hex"))
    assert first == {
        "row_key": "00ff01",
        "q": "水费怎么查？😀",
        "double": 1.5,
        "yes": True,
        "phoenix": 5,
        "json": '{"a": [1]}',
        "nameless": "空",
        "ext": [("b", "2"), ("甲", "1")],
    }
    assert (last["row_key"], last["q"], last["double"], last["ext"]) == ("7a", "", None, [])


def test_a_cell_of_another_width_is_told_with_its_row_key(source: Make) -> None:
    with pytest.raises(SourceDataError, match="3 bytes, not 8") as caught:
        rows_of(source("ugly", {"n": {"cell": "cf:long", "codec": "long"}}, row_key_codec="hex"))
    assert "column n, row key a" in caught.value.where


def test_all_regions_are_read(source: Make) -> None:
    """SeaTunnel#10286 read the first region only and reported success."""
    connector = source("regions", {"id": "cf:id"}, split_rows=100_000)
    assert len(connector.plan({}).splits) == 4
    assert sorted(int(row["id"]) for row in rows_of(connector)) == list(range(1000))


def test_one_region_with_salted_keys_is_read_by_several_tasks(source: Make) -> None:
    connector = source("salted", {"id": "cf:id"}, row_key_codec="binary", split_rows=1000)
    plan = connector.plan({})
    sizes = [sum(batch.num_rows for batch in connector.read(split, plan.schema)) for split in plan.splits]
    assert 5 <= len(sizes) <= 10 and sum(sizes) == 5000 and max(sizes) <= 1500, sizes
    assert sorted(int(row["id"]) for row in rows_of(connector)) == list(range(5000))


def test_a_range_of_keys_and_keys_alone(source: Make) -> None:
    connector = source("salted", {"id": "cf:id"}, row_key_codec="binary", start=r"\x02", stop=r"\x03")
    keys = [row["row_key"] for row in rows_of(connector, columns=("row_key",))]
    assert len(keys) == len(range(2, 5000, 7)) and all(key[0] == 2 for key in keys)


def test_a_filter_of_the_server(source: Make) -> None:
    connector = source("salted", {"id": "cf:id"}, row_key_codec="hex", filter="ValueFilter(=, 'binary:4321')")
    assert [row["id"] for row in rows_of(connector)] == ["4321"]
    with pytest.raises(SourceDataError, match="HBase reported"):
        rows_of(source("salted", {"id": "cf:id"}, filter="NoSuchFilter("))


def test_framed_and_compact(source: Make, tables: dict[str, Any]) -> None:
    there = f"{tables['host']}:{tables['framed_port']}"
    connector = source("regions", {"id": "cf:id"}, thrift=there, transport="framed", protocol="compact")
    assert len(rows_of(connector)) == 1000


def test_the_wrong_transport_is_told_and_does_not_hang(source: Make) -> None:
    wrong = source("regions", {"id": "cf:id"}, transport="framed", timeout_s=2)
    with pytest.raises(SourceUnreachable, match="did not answer in 2 s") as caught:
        wrong.plan({})
    assert "-nonblocking, -hsha or -threadedselector is framed" in caught.value.next_step


def test_a_server_that_is_down_is_passed_over(source: Make, tables: dict[str, Any]) -> None:
    there = f"{tables['host']}:{tables['port']}"
    assert len(rows_of(source("regions", {"id": "cf:id"}, thrift=("127.0.0.1:1", there)))) == 1000
    with pytest.raises(SourceUnreachable, match="no Thrift server answers"):
        source("regions", {"id": "cf:id"}, thrift="127.0.0.1:1").plan({})


@pytest.mark.parametrize(
    ("table", "cell", "said"),
    [("regoins", "cf:id", "there is no such table"), ("regions", "cff:id", "no column family 'cff'")],
)
def test_what_is_not_there(source: Make, table: str, cell: str, said: str) -> None:
    with pytest.raises(SourceSchemaError, match=said) as caught:
        source(table, {"id": cell}).plan({})
    assert "did you mean" in caught.value.next_step


def test_thrift_killed_and_restarted_mid_read(
    source: Make, tables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read goes on after the last row: the result equals the undisturbed one."""
    monkeypatch.setattr(hbase_scan, "_MOST_ROWS", 300)
    server: Server = tables["server"]
    connector = source("salted", {"id": "cf:id"}, row_key_codec="hex", split_rows=100_000)
    plan = connector.plan({})
    (split,) = plan.splits
    undisturbed = [row for batch in connector.read(split, plan.schema) for row in batch.to_pylist()]
    read = []
    for number, batch in enumerate(connector.read(split, plan.schema)):
        read += batch.to_pylist()
        if number == 5:
            server.restart_thrift()
    assert read == undisturbed and len(read) == 5000


def test_check_and_discover(source: Make) -> None:
    assert all(finding.ok for finding in source("regions", {"id": "cf:id"}).check())
    wrong = source("ugly", {"n": {"cell": "cf:q", "codec": "long"}}, row_key_codec="hex").check()[-1]
    assert not wrong.ok and "bytes, not 8" in wrong.what
    tables = {table.name: table for table in source("ugly", {"q": "cf:q"}, row_key_codec="hex").discover()}
    assert {"row_key", "q", "cf:long", "ext:甲"} <= {column.name for column in tables["ugly"].columns}
    assert [column.name for column in tables["regions"].columns] == ["cf:*"]
    assert "no-such" not in {table.name for table in source("no-such", {"q": "cf:q"}).discover()}
