"""CSV and TSV, cell by cell, and their errors: what, where (file:line), what next."""

from __future__ import annotations

import pytest

from washplant.errors import SourceSchemaError

from .files_reading import Write, failure, files, rows


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
