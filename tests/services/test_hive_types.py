"""Every type through a HiveServer2, by both ways to fetch; formats, views and names (FIELD-NOTES §3)."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import BATCH_BYTES
from connectors.hive import read as hive_read
from connectors.hive.thrift import PublicFetch
from connectors.hive.wire import BulkFetch
from sandbox import seed_hive
from washplant.errors import SourceSchemaError
from washplant.secret import EnvValue

from .warehouse import Warehouse

pytestmark = pytest.mark.services

UTC = datetime.UTC


@pytest.fixture(scope="module")
def tables(served: Warehouse) -> Warehouse:
    served.put(seed_hive.torture())
    return served


def read_by(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, fetch: type[Any], **options: Any) -> pa.Table:
    connector = warehouse.make("torture", **options)
    monkeypatch.setattr(hive_read, "fetcher", fetch)
    plan = connector.plan({})
    batches = [batch for split in plan.splits for batch in connector.read(split, plan.schema)]
    return pa.Table.from_batches(batches, plan.schema).sort_by("id")


@pytest.mark.parametrize("door", ["NONE", "NOSASL", "CUSTOM"])
def test_both_ways_to_fetch_give_the_same_arrow_data(
    tables: Warehouse, hive: dict[str, Any], monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    login = {"user": "etl", "password": EnvValue(hive["users"]["etl"])} if door == "CUSTOM" else {}
    server = {"port": hive["ports"][door], "auth": door} | login
    bulk = read_by(tables, monkeypatch, BulkFetch, server=server)
    public = read_by(tables, monkeypatch, PublicFetch, server=server)
    assert bulk.schema == public.schema
    # NaN is not equal to itself; as text it is.
    assert repr(bulk.to_pylist()) == repr(public.to_pylist())
    assert bulk.num_rows == len(bulk["id"].unique()) == 4


def test_extremes_come_exactly(tables: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    most, least, none, tricky = read_by(tables, monkeypatch, BulkFetch).to_pylist()
    assert (most["tiny"], most["small"], most["big"], most["flag"]) == (127, 32767, 2**63 - 1, True)
    assert (least["tiny"], least["small"], least["big"], least["flag"]) == (-128, -32768, -(2**63), False)
    assert most["dec38"] == Decimal("9999999999999999999999999999.0123456789")  # DataX reads decimals as doubles
    assert least["dec38"] == Decimal("-0.0000000001")
    assert most["at"] == datetime.datetime(2025, 10, 26, 1, 30, 0, 999999, UTC)  # the hour that clocks have twice
    assert (most["day"], least["day"], tricky["day"]) == (
        datetime.date(9999, 12, 31),
        datetime.date(1, 1, 1),
        datetime.date(1582, 10, 15),
    )
    assert (least["real4"], tricky["real8"], math.isnan(least["real8"])) == (-math.inf, -math.inf, True)
    assert (most["real8"], tricky["real4"]) == (0.1, 2.0**-149)
    assert (most["text_"], most["varchar_"]) == ("😀 it's \\ \n\t \"中文\" {end}", "𠮷野家")
    assert (most["bin"], least["bin"], none["bin"]) == (b"\x00\xff\n\x00", b"", None)
    assert (tricky["char_"], tricky["varchar_"], tricky["text_"]) == ("NULL", "null", "\\N")
    assert none == dict.fromkeys(seed_hive.TORTURE_COLUMNS) | {"id": 3}


def test_complex_types_are_real_lists_maps_and_structs(tables: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    most, least, _, tricky = read_by(tables, monkeypatch, BulkFetch).to_pylist()
    assert most["list_"] == ['a"b', None, "", "中,[]"]
    assert (most["map_"], most["numbers"]) == ([('k"1', 1), ("", None)], [(-1, Decimal("0.50")), (7, None)])
    assert most["deep"] == [[("x", [{"a": 2**53 + 1, "b": "\\u0041"}]), ("y", None)], []]
    assert most["struct_"]["at"] == datetime.datetime(1969, 12, 31, 23, 59, 59, 1, UTC)
    assert most["struct_"]["inner"]["bin"] == b"\x00\xff" and math.isnan(most["struct_"]["inner"]["real8"])
    assert (least["list_"], least["map_"], least["struct_"]) == ([], [], {"name": "", "at": None, "inner": None})
    assert (tricky["list_"], tricky["deep"], tricky["struct_"]["inner"]["real8"]) == ([None], None, math.inf)


@pytest.mark.parametrize(
    "stored", [pytest.param(name, marks=pytest.mark.full if name == "avro" else ()) for name in seed_hive.FORMATS]
)
def test_formats_with_partitions_of_null(served: Warehouse, stored: str) -> None:
    """`__HIVE_DEFAULT_PARTITION__`, date and text partitions (SeaTunnel#4465, #2868): no name of Hive's in the data."""
    served.put(seed_hive.partitioned(f"parts_{stored}", stored, rows=120))
    rows = served.rows(served.make(f"parts_{stored}"))
    assert sorted(row["id"] for row in rows) == list(range(1, 121))
    assert all(row["v"] == f"文{row['id']}" for row in rows)
    days = Counter(str(row["dt"]) for row in rows)
    assert days == {"None": 12, "2025-01-01": 36, "2025-01-02": 36, "2025-01-03": 36}
    assert Counter(row["city"] for row in rows) == dict.fromkeys(("福州", "a/b=c it's", "x", None), 30)


def test_names_with_spaces_quotes_and_chinese(served: Warehouse) -> None:
    served.put(seed_hive.odd())
    rows = served.rows(served.make("odd_names", key=("the id",)))
    assert sorted(rows, key=lambda row: row["the id"]) == [
        {"the id": 1, "it's": "it's", "列 中": "中", "100%": datetime.datetime(2025, 1, 1, tzinfo=UTC)},
        {"the id": 2, "it's": None, "列 中": "`", "100%": None},
    ]
    assert served.rows(served.make("odd_names", where="`it's` = 'it\\'s'", columns=("列 中",))) == [{"列 中": "中"}]


def test_a_view_of_cells_of_nine_megabytes(served: Warehouse) -> None:
    """Rows of any size come in bounded batches."""
    served.run("create view huge as select id, repeat('文', 3000000) as v from range(4)")
    connector = served.make("huge")
    plan = connector.plan({})
    batches = [batch for split in plan.splits for batch in connector.read(split, plan.schema)]
    assert [batch.num_rows for batch in batches] == [1, 1, 1, 1]
    assert all(batch.nbytes < BATCH_BYTES + (2 << 20) for batch in batches)
    assert batches[-1]["v"][0].as_py() == "文" * 3_000_000


def test_a_table_of_no_rows(served: Warehouse) -> None:
    served.run("create table nothing (id int, v string) stored as orc")
    connector = served.make("nothing")
    plan = connector.plan({})
    assert (plan.splits, plan.schema.names, plan.rows_estimate) == ((), ["id", "v"], 0)
    assert served.rows(connector, limit=3) == []


def test_a_thousand_columns(served: Warehouse) -> None:
    served.run(f"create view wide as select {', '.join(f'{i} as c{i}' for i in range(1000))}")
    assert served.rows(served.make("wide")) == [{f"c{i}": i for i in range(1000)}]


def test_a_type_that_is_not_known_is_told_and_can_be_left_out(served: Warehouse) -> None:
    served.run("create view spans as select 1 as id, interval '1' day as span")
    with pytest.raises(SourceSchemaError, match=r"span.*interval day.*not known") as caught:
        served.make("spans").plan({})
    assert "columns" in caught.value.next_step
    assert served.rows(served.make("spans", columns=("id",))) == [{"id": 1}]
    (info,) = (info for info in served.make("spans").discover() if info.name.endswith(".spans"))
    assert [column.arrow for column in info.columns] == ["int32", "not known"]
