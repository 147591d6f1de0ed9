"""What each format reads, cell by cell, and its errors: what, where (file:line), what next."""

from __future__ import annotations

import datetime
import decimal
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import Files, FilesOptions
from connectors.files.formats import json_lines, text
from washplant.errors import SetupError, SourceError, SourceSchemaError


def files(path: Path | str, **options: Any) -> Files:
    return Files("tickets", FilesOptions(kind="files", path=(str(path),), **options))


def rows(path: Path | str, **options: Any) -> list[dict[str, Any]]:
    """Plan and read everything."""
    connector = files(path, **options)
    plan = connector.plan({})
    found: list[dict[str, Any]] = []
    for split in plan.splits:
        for batch in connector.read(split, plan.schema):
            assert batch.schema == plan.schema
            found += batch.to_pylist()
    return found


def failure(path: Path, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        rows(path, **options)
    assert caught.value.where
    assert caught.value.next_step
    return caught.value


Write = Callable[[str, bytes | str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# ------------------------------------------------------------------------------------------------ CSV and TSV


def test_csv_cells_are_text_as_written(write: Write) -> None:
    path = write("a.csv", "id,amount,phone,day\n007,1.50,013800138000,2024-01-01\n12345678901234567890,1e3,NA,null\n")
    assert rows(path) == [
        {"id": "007", "amount": "1.50", "phone": "013800138000", "day": "2024-01-01"},
        {"id": "12345678901234567890", "amount": "1e3", "phone": "NA", "day": "null"},
    ]


def test_csv_empty_is_null_and_quoted_empty_is_empty(write: Write) -> None:
    assert rows(write("a.csv", 'a,b\n,""\n')) == [{"a": None, "b": ""}]


def test_csv_bom_crlf_quoted_newlines_and_blank_lines(write: Write) -> None:
    content = b'\xef\xbb\xbf\r\n"id",text\r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,plain'
    assert rows(write("a.csv", content)) == [
        {"id": "1", "text": 'two\r\nlines, "quoted"'},
        {"id": "2", "text": "plain"},
    ]


def test_csv_header_may_hold_a_quoted_newline(write: Write) -> None:
    assert rows(write("a.csv", '"the\nid",b\n1,2\n')) == [{"the\nid": "1", "b": "2"}]


@pytest.mark.parametrize("content", ["a,b\n", "a,b"])
def test_csv_with_a_header_only_has_no_rows(write: Write, content: str) -> None:
    path = write("a.csv", content)
    assert rows(path) == []
    assert files(path).plan({}).schema.names == ["a", "b"]


def test_csv_with_one_column(write: Write) -> None:
    assert rows(write("a.csv", "a\nx\n\ny")) == [{"a": "x"}, {"a": "y"}]


def test_tsv_and_own_delimiter(write: Write) -> None:
    assert rows(write("a.tsv", "a\tb\n1\tx,y\n")) == [{"a": "1", "b": "x,y"}]
    assert rows(write("a.csv", "a|b\n1|x,y\n"), delimiter="|") == [{"a": "1", "b": "x,y"}]


def test_csv_in_another_encoding(write: Write) -> None:
    content = "编号,问题\n1,怎么退款？\n"
    assert rows(write("a.csv", content.encode("gb18030")), encoding="gb18030") == [{"编号": "1", "问题": "怎么退款？"}]
    assert rows(write("b.csv", content.encode("utf-16")), encoding="utf-16") == [{"编号": "1", "问题": "怎么退款？"}]


def test_csv_that_is_not_utf8_names_offset_line_and_the_encoding_that_fits(write: Write) -> None:
    content = "id,问题\n1,ok\n".encode() + "2,怎么退款\n".encode("gb18030")
    error = failure(write("a.csv", content))
    assert error.where.endswith("a.csv:3")
    assert f"offset {content.index(bytes([0xD4]))}" in error.what.replace("offset", "offset")
    assert "encoding: gb18030" in error.next_step


def test_csv_bad_byte_far_into_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.formats.delimited.PEEK_BYTES", 100)
    monkeypatch.setattr("connectors.files.formats.delimited.BLOCK_BYTES", 4096)
    content = "id,问题\n".encode() + "1,怎么退款\n".encode() * 2000 + "2,怎么\n".encode("gb18030")
    error = failure(write("a.csv", content))
    assert error.where.endswith("a.csv:2002")
    assert f"offset {content.index('怎'.encode('gb18030')):,} " in error.what


def test_utf16_without_saying_so(write: Write) -> None:
    assert "encoding: utf-16" in failure(write("a.csv", "id,b\n1,2\n".encode("utf-16"))).next_step
    assert "NUL" in failure(write("b.csv", "id,b\n1,2\n".encode("utf-16-le"))).what


def test_csv_nul_byte(write: Write) -> None:
    error = failure(write("a.csv", b"a,b\n1,2\n3,\x004\n"))
    assert error.where.endswith("a.csv:3")
    assert "NUL" in error.what


@pytest.mark.parametrize("row, fields", [("3", 1), ("3,4,5", 3)])
def test_csv_row_with_too_few_or_many_fields(write: Write, row: str, fields: int) -> None:
    error = failure(write("a.csv", f'a,b\n1,"x\ny"\n{row}\n5,6\n'))
    assert error.where.endswith("a.csv:4")
    assert f"{fields} field" in error.what and "header has 2" in error.what


def test_csv_quote_that_is_never_closed(write: Write) -> None:
    error = failure(write("a.csv", 'a,b\n1,2\n3,"open\n5,6\n'))
    assert error.where.endswith("a.csv:3")
    assert "never closed" in error.what
    assert "never closed" in failure(write("b.csv", 'a\n1\n"open\n')).what


def test_csv_carriage_return_that_is_not_quoted(write: Write) -> None:
    """As Python 3.11's csv module writes it, and with it pandas."""
    error = failure(write("a.csv", b"a,b\n1,2\n3,x\ry\n"))
    assert error.where.endswith("a.csv:3")
    assert "carriage return" in error.what


def test_csv_row_longer_than_a_block(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.formats.delimited.BLOCK_BYTES", 1000)
    content = "a,b\n" + "".join(f"{i},{'x' * (9000 if i == 300 else 10)}\n" for i in range(600))
    assert [row["a"] for row in rows(write("a.csv", content))] == [str(i) for i in range(600)]


def test_csv_field_beyond_the_limit_of_pythons_csv(write: Write) -> None:
    long = "x" * 200_000
    assert rows(write("a.csv", f"a,b\n1,{long}\n"))[0]["b"] == long
    assert failure(write("b.csv", f"a,b\n1,{long}\n2\n")).where.endswith("b.csv:3")


def test_header_with_a_name_twice_or_none(write: Write) -> None:
    error = failure(write("a.csv", "id,b,id\n1,2,3\n"))
    assert isinstance(error, SourceSchemaError)
    assert "'id' twice, as column 1 and 3" in error.what
    assert "column 1 has no name" in failure(write("b.csv", ",b\n0,2\n")).what
    assert rows(write("c.csv", ",x,b,x\n0,1,2,3\n"), columns="b") == [{"b": "2"}]


def test_stray_quotes_inside_fields_stay(write: Write) -> None:
    assert rows(write("a.csv", 'a,b\n5" screen,x"y"\n')) == [{"a": '5" screen', "b": 'x"y"'}]


# ------------------------------------------------------------------------------------------------ JSON Lines and JSON

VALUES = (
    '{"id": 12345678901234567890, "n": 1.50, "e": 1E+400, "z": -0, "t": "01", "b": true, "x": null,'
    ' "o": {"价": [1.0, "\\u4e2d", false, null, "\\n"]}, "a": []}\n'
)
TEXTS = {
    "id": "12345678901234567890",
    "n": "1.50",
    "e": "1E+400",
    "z": "-0",
    "t": "01",
    "b": "true",
    "x": None,
    "o": '{"价":[1.0,"中",false,null,"\\n"]}',
    "a": "[]",
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.ndjson"])
def test_json_values_keep_their_literal_text(write: Write, name: str) -> None:
    assert rows(write(name, VALUES)) == [TEXTS]


def test_json_missing_keys_are_null_and_columns_come_in_first_seen_order(write: Write) -> None:
    path = write("a.jsonl", '{"b":1}\n\n{"a":2,"b":"x"}\r\n')
    assert files(path).plan({}).schema.names == ["b", "a"]
    assert rows(path) == [{"b": "1", "a": None}, {"b": "x", "a": "2"}]


FLAT: list[dict[str, Any]] = [
    {"id": "007", "n": 5, "price": "1.50", "ok": True, "note": None},
    {"id": "0\t\u2028中😀", "n": -5, "price": "1e3", "ok": False},
    {"id": '"price":2,', "n": None, "price": "-0.0", "ok": None, "note": "2024-01-01"},
]


def flat_lines(repeat: int) -> str:
    lines = []
    for i in range(repeat):
        for row in FLAT:
            price = row["price"]
            line = json.dumps({**row, "price": "@"}, ensure_ascii=i % 2 == 0).replace('"@"', str(price))
            lines.append(line + ("\r\n" if i % 3 == 0 else " \n"))
    return "".join(lines)


def test_json_quick_and_slow_ways_agree(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.jsonl", flat_lines(50))
    quick: list[bool] = []
    whole = json_lines.quick_batch

    def spy(*arguments: Any, **options: Any) -> pa.RecordBatch | None:
        batch = whole(*arguments, **options)
        quick.append(batch is not None)
        return batch

    monkeypatch.setattr(json_lines, "quick_batch", spy)
    fast = rows(path)
    assert quick == [True]
    monkeypatch.setattr(json_lines, "quick_batch", lambda *_, **__: None)
    assert fast == rows(path)
    assert fast[1] == {"id": "0\t\u2028中😀", "n": "-5", "price": "1e3", "ok": "false", "note": None}


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "1", "n": -0}',
        '{"id": "1", "n": 1.0}',
        '{"id": "1", "n": 123456789012345678901}',
        '{"id": 1, "n": 1}',
        '{"id": true, "n": {"n": 1.50}}',
        '{"id": "1", "n": "x"}',
    ],
)
def test_json_block_whose_kinds_change_late(write: Write, line: str) -> None:
    many = '{"id": "0", "n": 7}\n' * 500
    expected = json.loads(line, parse_int=str, parse_float=str)
    found = rows(write("a.jsonl", many + line + "\n" + many))
    assert len(found) == 1001
    assert found[500]["n"] == (expected["n"] if isinstance(expected["n"], str) else '{"n":1.50}')
    assert found[500]["id"] == ("true" if expected["id"] is True else expected["id"])


@pytest.mark.parametrize(
    "line, what",
    [
        ('{"id": 1', "broken"),
        ('{"id": 1} {"id": 2}', "broken"),
        ("[1]", "an array is not a row"),
        ("12", "the number 12 is not a row"),
        ("null", "null is not a row"),
        ('{"id": NaN}', "NaN is not JSON"),
        ('{"id": 1, "id": 2}', "'id' is there twice"),
        ('{"id": "\\ud800"}', "surrogate"),
        ('{"id": ["\\ud800"]}', "surrogate"),
        ('{"id": "\t"}', "broken"),
    ],
)
@pytest.mark.parametrize("good", [1, 400])
def test_json_line_that_is_bad(write: Write, line: str, what: str, good: int) -> None:
    error = failure(write("a.jsonl", '{"id": "x"}\n' * good + line + "\n"))
    assert what in error.what
    assert error.where.endswith(f"a.jsonl:{good + 1}")


def test_json_key_that_appears_late_is_never_lost(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "PEEK_BYTES", 100)
    path = write("a.jsonl", '{"id": 1}\n' * 500 + '{"id": 2, "late": 3}\n')
    error = failure(path)
    assert "'late'" in error.what and error.where.endswith("a.jsonl:501") and "columns" in error.next_step
    assert rows(path, columns=["id"])[-1] == {"id": "2"}
    assert rows(path, columns=["id", "late"])[-1] == {"id": "2", "late": "3"}


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_ranges_have_every_line_once(write: Write, monkeypatch: pytest.MonkeyPatch, end: str, mark: bytes) -> None:
    lines = [json.dumps({"id": i, "t": "中" * (i % 40)}, ensure_ascii=False) for i in range(300)]
    path = write("a.jsonl", mark + ("\n".join(lines) + end).encode())
    for size in (10, 37, 38, 100, 1000, 4096):
        monkeypatch.setattr(json_lines, "SPLIT_BYTES", size)
        monkeypatch.setattr(json_lines, "BLOCK_BYTES", 64)
        assert len(files(path).plan({}).splits) > 1
        assert [row["id"] for row in rows(path)] == [str(i) for i in range(300)]


def test_json_error_in_a_range_has_the_files_line(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "SPLIT_BYTES", 100)
    monkeypatch.setattr(json_lines, "PEEK_BYTES", 20)
    assert failure(write("a.jsonl", '{"id": 1}\n' * 90 + "oops\n")).where.endswith("a.jsonl:91")
    bad = b'{"id": 1}\n' * 90 + '{"id": "退"}\n'.encode("gb18030")
    error = failure(write("b.jsonl", bad))
    assert error.where.endswith("b.jsonl:91")
    assert f"offset {90 * 10 + 8}" in error.what


def test_json_first_line_longer_than_the_peek(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "PEEK_BYTES", 50)
    path = write("a.jsonl", json.dumps({"id": 1, "t": "x" * 500}) + '\n{"id": 2}\n')
    assert [row["id"] for row in rows(path)] == ["1", "2"]


@pytest.mark.parametrize(
    "content",
    ['[{"id": 1}, {"id": 2}]', '[\n {"id": 1}\n,\n{"id": 2}\n]\n', '{"id": 1}\n{"id": 2}', '\ufeff{"id":1}{"id":2}'],
)
@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_json_file_as_array_or_objects(write: Write, monkeypatch: pytest.MonkeyPatch, content: str, block: int) -> None:
    monkeypatch.setattr("connectors.files.formats.json_text.BLOCK_BYTES", block)
    assert rows(write("a.json", content)) == [{"id": "1"}, {"id": "2"}]


@pytest.mark.parametrize("content", ["", "\n", "[]", "[ ]\n"])
def test_json_file_without_rows(write: Write, content: str) -> None:
    plan = files(write("a.json", content)).plan({})
    assert not plan.splits and any("0 rows" in line for line in plan.statements)


@pytest.mark.parametrize(
    "content, what, line",
    [
        ('[{"id": 1},\n{"id": }]', "broken", 2),
        ('[{"id": 1},\n{"id": 2}', "the end of the file", 2),
        ('[{"id": 1}\n{"id": 2}]', "',' was expected", 2),
        ('[{"id": 1}] x', "after the end", 1),
        ("[1]", "the number 1 is not a row", 1),
        ('[{"id": 1},\n\n  "x"]', "a string is not a row", 3),
        ('{"id":\n "x', "broken", 2),
    ],
)
def test_json_file_that_is_bad(write: Write, content: str, what: str, line: int) -> None:
    error = failure(write("a.json", content))
    assert what in error.what
    assert error.where.endswith(f"a.json:{line}")


# ------------------------------------------------------------------------------------------------ compressed, empty


def test_compressed_text(write: Write) -> None:
    assert rows(write("a.csv.gz", gzip.compress(b"a,b\n1,2\n"))) == [{"a": "1", "b": "2"}]
    assert rows(write("a.jsonl.gz", gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"a":2}\n'))) == [
        {"a": "1"},
        {"a": "2"},
    ]
    compressed = pa.Codec("zstd").compress(b'{"a": 1.0}\n', asbytes=True)
    assert rows(write("a.jsonl.zst", compressed)) == [{"a": "1.0"}]


def test_compressed_file_that_is_cut_off(write: Write) -> None:
    content = gzip.compress("".join(f'{{"a": {i * 7919}}}\n' for i in range(10_000)).encode())
    assert "cut off or broken" in failure(write("a.jsonl.gz", content[:-200])).what
    assert "cut off or broken" in failure(write("b.jsonl.gz", b"no gzip at all")).what


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_empty_file_is_no_rows_and_the_plan_says_so(write: Write, name: str, content: bytes) -> None:
    plan = files(write(name, content), key="id").plan({})
    assert plan.splits == ()
    assert plan.schema.names == ["id"]
    assert any("empty" in line and name in line for line in plan.statements)


# ------------------------------------------------------------------------------------------------ Parquet


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


# ------------------------------------------------------------------------------------------------ Excel


def workbook(path: Path, *table: list[Any], sheet: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in table:
        book.active.append(row)
    book.save(path)
    return path


def test_excel_cells_as_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["id", "n", "day", "at", "ok", "time", "f"],
        ["007", 12.0, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4), True, datetime.time(5, 6), 0.1],
        [],
        [None, 10, None, datetime.datetime(2024, 1, 2), False],
    )
    assert rows(path) == [
        {
            "id": "007",
            "n": "12",
            "day": "2024-01-02",
            "at": "2024-01-02T03:04:00",
            "ok": "true",
            "time": "05:06:00",
            "f": "0.1",
        },
        {"id": None, "n": "10", "day": None, "at": "2024-01-02T00:00:00", "ok": "false", "time": None, "f": None},
    ]


def test_excel_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"], sheet="工单")
    assert rows(path, sheet="工单") == [{"id": "1"}]
    error = failure(path, sheet="tickets")
    assert "工单" in error.next_step


def test_excel_whose_stated_dimension_is_wrong(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "b"], ["1", "2"], ["3", "4"])
    rewrite(path, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert rows(path) == [{"id": "1", "b": "2"}, {"id": "3", "b": "4"}]


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the sheet's XML inside a workbook."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith("sheet1.xml") else content)


def test_excel_formula_with_and_without_a_stored_result(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "sum"], ["1", "=1+1"])
    error = failure(path)
    assert "cell B2" in error.what and "save it" in error.next_step
    rewrite(path, lambda xml: re.sub(rb"</f><v\s*/>|</f><v></v>", b"</f><v>2</v>", xml))
    assert rows(path) == [{"id": "1", "sum": "2"}]


def test_excel_that_is_none(write: Write) -> None:
    assert "no .xlsx workbook" in failure(write("a.xlsx", b"\xd0\xcf\x11\xe0 an old .xls")).what
    assert "no .xlsx workbook" in failure(write("b.xlsx", b"")).what


def test_excel_that_is_damaged_further_down(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"], ["2"])
    rewrite(path, lambda xml: xml.replace(b'<row r="3"', b'<row <r="3"'))
    assert "damaged" in failure(path).what


def test_excel_row_beyond_the_header(tmp_path: Path) -> None:
    error = failure(workbook(tmp_path / "a.xlsx", ["id"], ["1"], ["2", "stray"]))
    assert error.where.endswith("a.xlsx:3")


def test_excel_empty_sheet(tmp_path: Path) -> None:
    plan = files(workbook(tmp_path / "a.xlsx")).plan({})
    assert plan.splits == () and any("empty" in line for line in plan.statements)


def test_excel_without_openpyxl_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(SetupError, match="openpyxl") as caught:
        rows(path)
    assert "washplant[excel]" in caught.value.next_step


# ------------------------------------------------------------------------------------------------ text streams


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100])
def test_characters_cut_by_a_block_are_whole(write: Write, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", size)
    monkeypatch.setattr(text, "BLOCK_BYTES", size)
    assert rows(write("a.jsonl", '{"a":"é中😀"}\n{"a":"😀"}')) == [{"a": "é中😀"}, {"a": "😀"}]


@pytest.mark.parametrize("ending", [b"\xe4", b"\xe4\xb8", b"\xf0\x9f\x98", b"\x80"])
def test_text_that_ends_inside_a_character(write: Write, ending: bytes) -> None:
    error = failure(write("a.csv", b"a\n\nx" + ending))
    assert "offset 4 is not utf-8" in error.what
    assert error.where.endswith(":3")
