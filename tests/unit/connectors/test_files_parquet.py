"""Parquet: types, splits, files that differ or are broken."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from washplant.errors import SourceSchemaError

from .files_reading import failure, files, rows


def test_parquet_types_become_those_that_spark_has(tmp_path: Path) -> None:
    instant = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "u8": pa.array([255], pa.uint8()),
            "u32": pa.array([2**32 - 1], pa.uint32()),
            "u64": pa.array([2**64 - 1], pa.uint64()),
            "ns": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")),
            "tz": pa.array([instant], pa.timestamp("ms", tz="Asia/Shanghai")),
            "dict": pa.array(["x"]).dictionary_encode(),
            "large": pa.array(["y"], pa.large_string()),
            "fixed": pa.array([b"ab"], pa.binary(2)),
            "time": pa.array([datetime.time(1, 2, 3)], pa.time64("us")),
            "big": pa.array([decimal.Decimal("1.5")], pa.decimal256(50, 2)),
            "list": pa.array([[1]], pa.list_(pa.uint16())),
            "struct": pa.array([{"a": 2**64 - 1, "b": "z"}], pa.struct([("a", pa.uint64()), ("b", pa.large_string())])),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
            "f16": pa.array([1.5], pa.float16()) if hasattr(pa, "float16") else pa.array([1.5]),
            "none": pa.array([None], pa.null()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    plan = files(tmp_path / "a.parquet").plan({})
    kinds = {field.name: str(field.type) for field in plan.schema}
    assert kinds["u8"] == "int16" and kinds["u32"] == "int64" and kinds["u64"] == "decimal128(20, 0)"
    assert kinds["ns"] == "timestamp[us]" and kinds["tz"] == "timestamp[us, tz=UTC]"
    assert {kinds[name] for name in ("dict", "large", "time", "big", "none")} == {"string"}
    assert any("nanoseconds" in line for line in plan.statements)
    row = rows(tmp_path / "a.parquet")[0]
    assert row["u64"] == 2**64 - 1
    assert row["tz"] == instant.replace(microsecond=0)
    assert row["ns"].microsecond == 123456
    assert row["struct"] == {"a": 2**64 - 1, "b": "z"}
    assert (row["list"], row["map"], row["fixed"], row["big"]) == ([1], [("k", 1)], b"ab", "1.50")


def test_parquet_row_groups_are_splits_and_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"id": range(1000)}), tmp_path / "a.parquet", row_group_size=300)
    connector = files(tmp_path / "a.parquet")
    plan = connector.plan({})
    assert [split.rows_estimate for split in plan.splits] == [300, 300, 300, 100]
    assert [row["id"] for row in rows(tmp_path / "a.parquet")] == list(range(1000))
    monkeypatch.setattr("connectors.files.formats.parquet.BATCH_BYTES", 500)
    assert len(list(connector.read(plan.splits[0], plan.schema))) > 2


def test_parquet_incompatible_types_name_both_files(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": ["x"]}), tmp_path / "b.parquet")
    error = failure(tmp_path / "*.parquet")
    assert isinstance(error, SourceSchemaError)
    assert "a.parquet" in error.what and "b.parquet" in error.what


def test_parquet_types_are_widened_where_nothing_is_lost(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array([1], pa.int32()), "n": pa.array([None], pa.null())}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": pa.array([2**40]), "n": [1.5], "x": ["new"]}), tmp_path / "b.parquet")
    assert rows(tmp_path / "*.parquet") == [{"id": 1, "n": None, "x": None}, {"id": 2**40, "n": 1.5, "x": "new"}]


@pytest.mark.parametrize("keep", [0, 3, 0.5, 0.99])
def test_parquet_that_is_cut_off(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(1000)}), path)
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    assert "cut off or broken" in failure(path).what


def test_parquet_with_a_broken_page(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [f"{i * 7919}" for i in range(1000)]}), path)
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)
    assert failure(path).where.endswith("a.parquet")
