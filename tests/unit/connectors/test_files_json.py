"""JSON Lines and JSON, value by value, and their errors: what, where (file:line), what next."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from connectors.files.formats import json_lines

from .files_reading import Write, failure, files, rows

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
