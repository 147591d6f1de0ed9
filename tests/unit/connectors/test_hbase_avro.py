"""Cells that hold Avro records."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from pydantic import ValidationError

from connectors.base import CellError
from connectors.hbase.codecs import codec
from connectors.hbase.options import HBaseOptions
from washplant.errors import ConfigError

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "no", "type": "long"},
        {"name": "text", "type": ["null", "string"]},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "seal", "type": "bytes"},
    ],
}
ROW = {"no": 2**40, "text": "水费“多少”", "day": 20_000, "seal": b"\x00\xff"}
SHOWN = {"no": 2**40, "text": "水费“多少”", "day": "2024-10-04", "seal": "AP8="}


def written(record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(ORDER), record)
    return stream.getvalue()


def decoded(*cells: bytes | None) -> list[Any]:
    column = codec(f"avro({json.dumps(ORDER)})").decode(pa.array(cells, pa.binary()))
    assert column.type == pa.string()
    return [text and json.loads(text) for text in column.to_pylist()]


def test_records_with_and_without_the_header() -> None:
    canonical = fastavro.schema.to_parsing_canonical_form(fastavro.parse_schema(ORDER))
    header = b"\xc3\x01" + bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
    assert decoded(None, written(ROW), header + written(ROW), None) == [None, SHOWN, SHOWN, None]
    assert decoded() == []


def test_a_record_that_begins_like_a_header() -> None:
    """0xC3 0x01 is the number -98, too."""
    cell = written(ROW | {"no": -98})
    assert cell.startswith(b"\xc3\x01") and decoded(cell) == [SHOWN | {"no": -98}]


@pytest.mark.parametrize("cell", [b"", written(ROW)[:-1], written(ROW) + b"\x00", b"\x00\x06\x00\x00", b"\xff" * 30])
def test_a_cell_that_does_not_fit_names_its_row(cell: bytes) -> None:
    with pytest.raises(CellError, match="no Avro record of this schema") as caught:
        decoded(None, written(ROW), cell)
    assert caught.value.row == 2


def options(name: str) -> HBaseOptions:
    cells = {"o": {"cell": "cf:o", "codec": name}}
    return HBaseOptions.model_validate({"kind": "hbase", "thrift": "h:9090", "table": "t", "cells": cells})


def test_the_schema_travels_with_the_options(tmp_path: Path) -> None:
    (tmp_path / "order.avsc").write_text(json.dumps(ORDER, indent=2), encoding="utf-8")
    found = options("avro(order.avsc)").relative_to(tmp_path)
    (tmp_path / "order.avsc").unlink()
    column = codec(found.relative_to(tmp_path).cells["o"].codec).decode(pa.array([written(ROW)]))
    assert json.loads(column[0].as_py()) == SHOWN


def test_a_schema_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no Avro schema"):
        options("avro(order.avsc)").relative_to(tmp_path)
    (tmp_path / "order.avsc").write_text("record Order {}")
    with pytest.raises(ConfigError, match="not JSON"):
        options("avro(order.avsc)").relative_to(tmp_path)
    with pytest.raises(ValidationError, match="unknown codec"):
        options("avro()")
