"""Compressed, empty and cut-off files of every text format."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pytest

from connectors.files.formats import json_lines, text

from .files_reading import Write, failure, files, rows


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
