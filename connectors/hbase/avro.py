"""Cells that hold one Avro record each, as JSON text. Needs fastavro (`pip install 'washplant[avro]'`).

`avro(FILE)` names the schema that cells were written with. A cell is the record alone, or has the header of Avro's
single-object encoding before it: two bytes and the schema's fingerprint. Source: Apache Avro 1.12, "Binary encoding" and
"Single-object encoding".
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.base import CellError
from washplant.errors import ConfigError, SetupError

AVRO = re.compile(r"avro\((.+)\)", re.DOTALL)
_SINGLE_OBJECT = b"\xc3\x01"
_NOT_THIS_SCHEMA = (ValueError, EOFError, IndexError, TypeError, OverflowError, StopIteration)  # what fastavro raises


def with_schema(name: str, folder: Path) -> str:
    """The codec with the schema itself in place of its file, so that workers need no file. Raises ConfigError."""
    found = AVRO.fullmatch(name)
    if not found or found[1].lstrip().startswith(("{", "[", '"')):
        return name
    path = folder / found[1]
    try:
        return f"avro({json.dumps(json.loads(path.read_text(encoding='utf-8')), ensure_ascii=False)})"
    except OSError as error:
        step = "give its path from the YAML's folder"
        raise ConfigError(f"no Avro schema: {error.strerror}", where=str(path), next_step=step) from None
    except ValueError as error:
        raise ConfigError(f"the Avro schema is not JSON: {error}", where=str(path), next_step="export it as .avsc") from None


def avro_decoder(schema: str) -> Callable[[pa.Array], pa.Array]:
    """Cells to JSON text, by the schema as JSON. Bytes become base64, dates and decimals what they are written as."""

    def decode(cells: pa.Array) -> pa.Array:
        try:
            import fastavro
        except ImportError:
            raise SetupError(
                "fastavro is not installed", where="codec avro", next_step="run: pip install 'washplant[avro]'"
            ) from None
        parsed = fastavro.parse_schema(json.loads(schema))
        canonical = fastavro.schema.to_parsing_canonical_form(parsed)
        header = _SINGLE_OBJECT + bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
        texts: list[str | None] = []
        for row, cell in enumerate(cells.to_pylist()):  # records differ in length: there is no decoder for a whole column
            try:
                texts.append(None if cell is None else _text(fastavro, parsed, header, cell))
            except _NOT_THIS_SCHEMA as error:
                what = f"a cell is no Avro record of this schema ({type(error).__name__}: {error})"
                raise CellError(row, what, "name the schema it was written with, or read it as binary") from None
        return pa.array(texts, pa.string())

    return decode


def _text(fastavro: Any, schema: Any, header: bytes, cell: bytes) -> str:
    stream = io.BytesIO(cell.removeprefix(header))
    record = fastavro.schemaless_reader(stream, schema)
    if stream.read(1):
        raise ValueError("bytes are left after the record")
    return json.dumps(record, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
