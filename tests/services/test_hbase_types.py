"""What HBase holds arrives exactly: cells, keys, versions, maps, wide and large rows (FIELD-NOTES §4)."""

from __future__ import annotations

import decimal
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from connectors.base import BATCH_BYTES, Comparison
from connectors.hbase import HBase
from connectors.hbase import scan as hbase_scan
from sandbox import seed_hbase
from washplant.errors import SourceDataError

from .hbase_tables import SALTED_ROWS, client, read

pytestmark = pytest.mark.services

Make = Callable[..., HBase]

CELLS: dict[str, Any] = {
    "json": {"cell": "cf:json", "codec": "json"},
    **{
        name: {"cell": f"cf:{name}", "codec": name}
        for name in ("byte", "short", "int", "float", "double", "boolean", "phoenix_int", "phoenix_long", "phoenix_double")
    },
    "decimal": {"cell": "cf:decimal", "codec": "decimal(20,2)"},
    "at": {"cell": "cf:at", "codec": "timestamp_ms"},
    "bytes": {"cell": "cf:binary", "codec": "binary"},
    "raw": {"cell": "cf:utf8", "codec": "binary"},
    "nameless": "cf:",
    "colon": "cf:a:b",
    "ext": {"cell": "ext:*", "codec": "binary"},
    "family": "空:空",
}
VIEWS = [("buffered", "binary"), ("framed", "compact")]


@pytest.mark.parametrize(("transport", "protocol"), VIEWS)
def test_both_decoders_give_the_same_arrow_data(
    hbase_source: Make, monkeypatch: pytest.MonkeyPatch, transport: str, protocol: str
) -> None:
    """In bulk with numba and by thriftpy2's objects, on the torture table; maps of other families, too."""
    connector = hbase_source(
        "torture",
        CELLS | {"everything": {"cell": "cf:*", "codec": "binary"}, "long": {"cell": "cf:long", "codec": "binary"}},
        row_key_codec="hex",
        timestamp="changed",
        transport=transport,
        protocol=protocol,
    )
    assert hbase_scan.compiled()
    bulk = read(connector)
    monkeypatch.setattr(hbase_scan, "compiled", lambda: False)
    assert read(connector).equals(bulk)
    assert bulk.num_rows == 14


def test_every_codec_and_every_key(hbase_source: Make) -> None:
    rows = {row["row_key"]: row for row in read(hbase_source("torture", CELLS, row_key_codec="binary")).to_pylist()}
    assert set(seed_hbase._KEYS) < set(rows)
    for key in seed_hbase._KEYS:
        row = rows[key]
        assert row["json"] == '{"城市": ["深圳", 1]}'
        assert (row["byte"], row["short"], row["int"]) == (-128, -(2**15), -7)
        assert (row["float"], row["double"], row["boolean"]) == (-1.5, 1e300, True)
        assert row["decimal"] == decimal.Decimal("-1234567890123456.78")
        assert str(row["at"]) == "2025-01-01 00:00:00.123000+00:00"
        assert (row["phoenix_int"], row["phoenix_long"], row["phoenix_double"]) == (-5, -(2**63), -0.25)
        assert (row["bytes"], row["nameless"]) == (bytes(range(256)), "没有限定符")
        assert (row["colon"], row["family"]) == ("a colon in the qualifier", "族名")
        assert row["ext"] == [("", b""), ("b", b"2"), ("甲", "一".encode())]
    assert rows[b"b"]["raw"] == b"" and rows[b"c"]["raw"] is None
    assert rows[b"c"]["ext"] == [("alone", b"only in ext")] and rows[b"b"]["ext"] == []


@pytest.mark.parametrize(
    ("cell", "codec", "said", "key"),
    [
        ("cf:long", "long", "3 bytes, not 8", "d"),
        ("cf:utf8", "utf8", "not UTF-8", "e"),
        ("cf:int", "json", "not JSON", r"\x00"),
    ],
)
def test_bytes_that_are_not_what_the_codec_says(hbase_source: Make, cell: str, codec: str, said: str, key: str) -> None:
    connector = hbase_source("torture", {"v": {"cell": cell, "codec": codec}}, row_key_codec="binary")
    with pytest.raises(SourceDataError, match=said) as caught:
        read(connector)
    assert caught.value.where.endswith(f"column v, row key {key}")


def test_a_key_that_is_not_utf8_is_told(hbase_source: Make) -> None:
    with pytest.raises(SourceDataError, match="not UTF-8") as caught:
        read(hbase_source("torture", {"v": "cf:json"}))
    assert "column row_key" in caught.value.where


def test_several_versions_of_a_cell(hbase_source: Make) -> None:
    cells = {"v": {"cell": "cf:utf8", "versions": 5}, "newest": "cf:utf8"}
    table = read(hbase_source("torture", cells, prefix="versions", split_rows=1))
    (row,) = table.to_pylist()
    assert [each["value"] for each in row["v"]] == ["第4版", "第3版", "第2版"]  # the family keeps three
    assert str(row["v"][0]["at"]) == "2025-01-01 04:00:00+00:00"
    assert row["newest"] == "第4版"


def test_a_wide_row_is_one_row(hbase_source: Make) -> None:
    """DataX#359 made several rows of one wide row."""
    (row,) = read(hbase_source("torture", {"all": "ext:*"}, start="wide", stop="wide~")).to_pylist()
    assert row["all"] == [(f"{i:05}", str(i)) for i in range(seed_hbase.WIDE_CELLS)]


def test_salted_keys_in_parts_and_a_single_region_in_parallel(hbase_source: Make) -> None:
    parts = [
        {"name": "salt", "bytes": 1, "codec": "byte"},
        {"name": "number", "bytes": 8, "codec": "long"},
        {"name": "bar", "bytes": 1},
        {"name": "day"},
    ]
    connector = hbase_source(
        "salted", {"id": {"cell": "cf:id"}}, row_key_codec="hex", row_key_parts=parts, split_rows=2_000
    )
    plan = connector.plan({})
    assert 8 <= len(plan.splits) <= 32
    sizes = [sum(batch.num_rows for batch in connector.read(split, plan.schema)) for split in plan.splits]
    assert sum(sizes) == SALTED_ROWS and max(sizes) <= 4_000, sizes
    rows = read(connector).to_pylist()
    assert all(row["salt"] == int(row["id"]) % 16 and row["number"] == int(row["id"]) * 1_000_003 for row in rows)
    assert all(row["day"] == f"2025-01-{int(row['id']) % 28 + 1:02}" for row in rows)
    assert sorted(int(row["id"]) for row in rows) == list(range(SALTED_ROWS))


def test_a_prefix_of_bytes(hbase_source: Make) -> None:
    keys = read(hbase_source("salted", {"id": "cf:id"}, row_key_codec="binary", prefix=r"\x0f"), columns=("row_key",))
    assert keys.num_rows == SALTED_ROWS // 16 and all(key[0] == 15 for key in keys["row_key"].to_pylist())


def test_an_empty_table(hbase_source: Make) -> None:
    connector = hbase_source("empty", {"v": "cf:v"})
    assert read(connector).num_rows == 0
    assert all(finding.ok for finding in connector.check())


def test_a_thousand_columns(hbase_source: Make) -> None:
    cells = {f"c{i}": f"ext:{i:05}" for i in range(1000)}
    connector = hbase_source("torture", cells | {"raw": {"cell": "cf:utf8", "codec": "binary"}}, row_key_codec="hex")
    table = read(connector)
    assert table.num_columns == 1002
    assert [row["c7"] for row in table.to_pylist() if row["c999"] == "999"] == ["7"]


_MEASURE = """
import json, resource, sys
from connectors.hbase import HBase
from connectors.hbase.options import HBaseOptions
connector = HBase("crm", HBaseOptions(**json.loads(sys.argv[1])))
plan = connector.plan({})
small, peak, sizes = None, 0, []
for split in plan.splits:
    for batch in connector.read(split, plan.schema):
        if small is None:
            small = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sizes.append((batch.num_rows, batch.nbytes))
print(json.dumps({"grown_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - small) / 1024, "sizes": sizes}))
"""


@pytest.mark.parametrize(("transport", "protocol"), VIEWS)
def test_memory_stays_flat_with_cells_of_ten_megabytes(
    hbase_tables: dict[str, Any], hbase_source: Make, transport: str, protocol: str
) -> None:
    """The rows before them are small, so the first large ones come many in a reply."""
    large, name = 16, hbase_tables["prefix"] + "large"
    with closing(client(hbase_tables)) as connection:
        if name.encode() not in connection.tables():
            connection.create_table(name, {"cf": {}})
            seed_hbase.large(connection.table(name), large)
    options = hbase_source("large", {"v": {"cell": "cf:v", "codec": "binary"}}, transport=transport, protocol=protocol).options
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, options.model_dump_json()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert sum(rows for rows, _ in found["sizes"]) == 3_000 + large
    assert all(size <= BATCH_BYTES or rows == 1 for rows, size in found["sizes"])
    assert found["grown_mb"] < 120, found["grown_mb"]  # of 160 MB


@pytest.mark.parametrize("compiled", [True, False])
def test_rows_without_any_chosen_cell_are_no_rows_also_when_their_family_is_asked_for_as_a_whole(
    hbase_tables: dict[str, Any], hbase_source: Make, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.setattr(hbase_scan, "compiled", lambda: compiled)
    name = f"mostly{compiled}"
    with closing(client(hbase_tables)) as connection:
        connection.create_table(hbase_tables["prefix"] + name, {"cf": {}})
        table = connection.table(hbase_tables["prefix"] + name)
        for i in range(200):
            table.put(b"a%03d" % i, {b"cf:v": b"x" * 100})
        table.put(b"b", {b"cf:other": b"1"})
        table.put(b"c", {b"cf:other": b"1", b"cf:v": b"y"})
    connector = hbase_source(name, {"v": "cf:v"})
    plan = connector.plan({})
    assert all(split.spec["whole"] == ["cf"] for split in plan.splits)
    rows = read(connector, plan).to_pylist()
    assert len(rows) == 201 and rows[-1] == {"row_key": "c", "v": "y"}
    few = hbase_source("torture", {"v": {"cell": "cf:utf8", "codec": "binary"}}, row_key_codec="hex")
    assert few.plan({}).splits[0].spec["whole"] == []  # most of what the family holds is something else


def test_filters_of_spark_on_the_row_key_bound_the_scan(hbase_tables: dict[str, Any], hbase_source: Make) -> None:
    with closing(client(hbase_tables)) as connection:
        connection.create_table(hbase_tables["prefix"] + "narrow", {"cf": {}})
        with connection.table(hbase_tables["prefix"] + "narrow").batch() as batch:
            for i in range(500):
                batch.put(f"键\\{i:03}".encode(), {b"cf:v": b"%d" % i})
    connector = hbase_source("narrow", {"v": "cf:v"})

    def keys(*comparisons: Comparison) -> list[str]:
        return read(connector.narrowed(comparisons))["row_key"].to_pylist()

    assert keys(Comparison("row_key", "=", ("键\\007",))) == ["键\\007"]
    assert keys(Comparison("row_key", "in", ("键\\009", "键\\007"))) == ["键\\007", "键\\008", "键\\009"]  # Spark looks again
    between = keys(Comparison("row_key", ">=", ("键\\100",)), Comparison("row_key", "<", ("键\\102",)))
    assert between == ["键\\100", "键\\101", "键\\102"]  # and again
    assert len(keys(Comparison("v", "=", ("7",)), Comparison("row_key", "is not null"))) == 500
