"""Every cell of the torture table, exactly; the pitfalls are FIELD-NOTES §2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.mysql import MySQL, types
from sandbox import seed
from washplant.errors import SourceDataError, SourceSchemaError

from .conftest import rows_of

pytestmark = pytest.mark.services

UTC = dt.UTC
HIGH = {
    "id": Decimal(2**64 - 1),  # debezium PR #7568
    "tiny1": 5,
    "tiny": 127,
    "utiny": 255,
    "usmall": 65535,
    "umedium": 16777215,
    "uint": 4294967295,
    "zerofill": 42,
    "big": 2**63 - 1,
    "ubig": Decimal(2**64 - 1),
    "dec10": Decimal("99999999.99"),
    "dec38": Decimal("9999999999999999999999999999.0123456789"),
    "dec65": "12345678901234567890123456789012345.123456789012345678901234567891",
    "real4": 16777216.0,
    "real8": 0.1,
    "bit1": 1,
    "bit17": 0b10000000000000001,
    "bit64": Decimal(2**64 - 1),
    "enum_": "中",
    "set_": "a,中",
    "json_": '{"k": ["中", 1.5, null]}',
    "date_": dt.date(9999, 12, 31),
    "datetime0": dt.datetime(2025, 2, 28, 23, 59, 59),
    "datetime6": dt.datetime(2025, 3, 30, 2, 30, 0, 1),
    "timestamp6": dt.datetime(2025, 10, 26, 1, 30, 0, 999999, tzinfo=UTC),
    "time_": "838:59:59",
    "time6": "-00:00:00.000001",
    "year_": 2155,
    "bin": b"\x00\xff\x0a\x00",
    "varbin": b"\xff\xfe\x00",
    "blob_": b"\xc3\x28\x00'",
    "text_": "😀 it's \\ \n\t 中文 \0 end",
    "varchar_": "𠮷野家",
    "latin": "größe",
    "latin_utf8": "ä¸\xadæ–‡",  # what the server makes of the bytes: see `utf8_in_latin1`
    "gbk": "汉字",
}
LOW = {
    "id": Decimal(0),
    "tiny1": 0,
    "tiny": -128,
    "utiny": 0,
    "big": -(2**63),
    "ubig": Decimal(2**63),
    "dec10": Decimal("-0.01"),
    "dec38": Decimal("-0.0000000001"),
    "dec65": "-0.000000000000000000000000000001",
    "real4": 0.10000000149011612,
    "real8": -1.7976931348623157e308,
    "bit1": 0,
    "bit17": 0,
    "bit64": Decimal(0),
    "enum_": "small",
    "set_": "",
    "json_": "null",
    "date_": dt.date(1000, 1, 1),
    "datetime0": dt.datetime(1000, 1, 1),
    "datetime6": dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
    "timestamp6": dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    "time_": "-838:59:59",
    "time6": "12:34:56.500000",
    "year_": 0,
    "bin": b"\0\0\0\0",
    "varbin": b"",
    "blob_": b"",
    "text_": "",
    "varchar_": "",
    "latin": "",
    "latin_utf8": "",
    "gbk": "",
}


@pytest.fixture(scope="module")
def torture(tables: dict[str, Any]) -> str:
    return "torture"


def _by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {int(row["id"]): row for row in rows}


@pytest.mark.parametrize(("key", "expected"), [(2**64 - 1, HIGH), (0, LOW), (2, {"id": Decimal(2)})])
def test_every_cell_is_exact(torture: str, source: Callable[..., MySQL], key: int, expected: dict[str, Any]) -> None:
    # DECIMAL as double: DataX; 4-byte emoji: DataX#528, SeaTunnel#6350; unsigned: debezium PR #7568
    row = _by_id(rows_of(source(torture)))[key]
    assert row == dict.fromkeys(seed.TORTURE_COLUMNS) | expected


def test_zero_and_impossible_dates_become_null_and_no_row_is_lost(torture: str, source: Callable[..., MySQL]) -> None:
    # zero dates: DataX#1563, SeaTunnel#8974, olake#570
    rows = _by_id(rows_of(source(torture)))
    assert sorted(rows) == [0, 2, 3, 4, 2**64 - 1]
    dates = ("date_", "datetime0", "datetime6", "timestamp6")
    assert [rows[3][column] for column in dates] == [None] * 4
    assert [rows[4][column] for column in dates] == [None, None, dt.datetime(2024, 2, 29), None]


def test_zero_dates_as_text_are_what_the_server_shows(torture: str, source: Callable[..., MySQL]) -> None:
    rows = _by_id(rows_of(source(torture, zero_date="string")))
    assert rows[3]["date_"] == "0000-00-00"
    assert rows[3]["datetime0"] == "0000-00-00 12:00:00"
    assert rows[3]["datetime6"] == "2025-00-15 01:02:03.000004"
    assert rows[4]["date_"] == "2025-02-31"


def test_a_zero_date_under_fail_names_table_key_and_column(torture: str, source: Callable[..., MySQL]) -> None:
    with pytest.raises(SourceDataError) as failure:
        rows_of(source(torture, zero_date="fail"))
    assert "0000-00-00" in failure.value.what
    for part in ("torture", "id = 3", "date_"):
        assert part in failure.value.where
    assert "zero_date" in failure.value.next_step


def test_tinyint1_is_a_number_unless_asked(torture: str, source: Callable[..., MySQL]) -> None:
    # tinyint(1) is not always a boolean: SeaTunnel#7574
    assert {row["tiny1"] for row in rows_of(source(torture))} == {0, 1, 5, None}
    assert {row["tiny1"] for row in rows_of(source(torture, tinyint1="bool"))} == {False, True, None}


def test_bits_as_bytes_when_asked(torture: str, source: Callable[..., MySQL]) -> None:
    row = _by_id(rows_of(source(torture, bit="binary")))[2**64 - 1]
    assert (row["bit1"], row["bit17"], row["bit64"]) == (b"\x01", b"\x01\x00\x01", b"\xff" * 8)


def test_time_as_duration_keeps_sign_and_microseconds(torture: str, source: Callable[..., MySQL]) -> None:
    rows = _by_id(rows_of(source(torture, time="duration")))
    longest = dt.timedelta(hours=838, minutes=59, seconds=59)
    assert (rows[2**64 - 1]["time_"], rows[0]["time_"]) == (longest, -longest)
    assert rows[2**64 - 1]["time6"] == -dt.timedelta(microseconds=1)
    assert rows[0]["time6"] == dt.timedelta(hours=12, minutes=34, seconds=56, microseconds=500_000)


def test_the_session_zone_moves_no_instant_and_no_wall_clock(torture: str, source: Callable[..., MySQL]) -> None:
    # 8-hour shifts: SeaTunnel PR #10122, flink-cdc#152
    shanghai = _by_id(rows_of(source(torture, timezone="+08:00")))
    for key, row in _by_id(rows_of(source(torture))).items():
        assert shanghai[key]["timestamp6"] == row["timestamp6"]
        assert shanghai[key]["datetime6"] == row["datetime6"]


def test_utf8_bytes_in_a_latin1_column(torture: str, source: Callable[..., MySQL]) -> None:
    # mixed collations, latin1 columns holding UTF-8
    row = _by_id(rows_of(source(torture, utf8_in_latin1=("latin_utf8",))))[2**64 - 1]
    assert row["latin_utf8"] == "中文"


def test_bytes_that_are_not_utf8_are_an_error_with_key_and_column(torture: str, source: Callable[..., MySQL]) -> None:
    with pytest.raises(SourceDataError, match="UTF-8") as failure:
        rows_of(source(torture, utf8_in_latin1=("latin",)))  # holds "größe" in latin-1
    assert "latin" in failure.value.where
    assert f"id = {2**64 - 1}" in failure.value.where


def test_names_with_spaces_quotes_and_chinese(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    rows = rows_of(source(seed.ODD_TABLE))
    assert [tuple(row) for row in rows] == [seed.ODD_COLUMNS] * 2
    assert [row["列 `中`"] for row in rows] == ["中", "`"]


def test_a_type_that_is_not_known_is_named(
    sql: Callable[[str], Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql("create or replace table strange (id int primary key, u uuid, p point)")
    sql("insert into strange values (1, '123e4567-e89b-12d3-a456-426655440000', point(1, 2))")
    (row,) = rows_of(source("strange"))
    assert row["u"] == "123e4567-e89b-12d3-a456-426655440000"
    assert len(row["p"]) == 25
    monkeypatch.delitem(types._SIMPLE, "uuid")
    with pytest.raises(SourceSchemaError, match=r"u of strange.*uuid"):
        source("strange").plan({})


def test_packets_of_16_mib_and_over(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    # packets of 16 MiB and over are split
    sizes = [10, 2**24 - 13, 2**24 - 5, 2**24 + 3, 2**25 + 1, 20]
    sql("create or replace table wide (id int primary key, body longtext)")
    for i, size in enumerate(sizes):
        sql(f"insert into wide values ({i}, repeat('x', {size}))")
    assert [len(row["body"]) for row in rows_of(source("wide"))] == sizes


@pytest.mark.parametrize("size", [0, 1, 249, 250, 251, 252, 255, 256, 65535, 65536, 70000])
def test_every_width_of_a_length(sql: Callable[[str], Any], source: Callable[..., MySQL], size: int) -> None:
    sql("create or replace table lengths (id int primary key, a longtext, b int)")
    sql(f"insert into lengths values (1, repeat('y', {size}), 7), (2, null, 8), (3, '', null)")
    rows = rows_of(source("lengths"))
    assert [(row["a"], row["b"]) for row in rows] == [("y" * size, 7), (None, 8), ("", None)]


def test_projection_reads_only_what_is_asked(torture: str, source: Callable[..., MySQL]) -> None:
    rows = rows_of(source(torture, columns=("text_", "id")), columns=("varchar_",))
    assert [list(row) for row in rows] == [["varchar_"]] * 5
    assert list(rows_of(source(torture, columns=("text_", "id")))[0]) == ["text_", "id"]
