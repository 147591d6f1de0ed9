"""The quick way for blocks of JSON lines whose columns are flat: pyarrow's parser, made lossless.

Arrow's parser infers numbers and dates, which loses digits. So every column is declared: strings as strings, whole
numbers as int64 (whose text is their literal), booleans; other numbers are put in quotes first. Whatever does not fit
makes it give up (None), and the caller takes the block line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from connectors.files.formats.json_values import Number, Row

Kind = Literal["text", "int", "number", "bool"]

_TYPES = {"text": pa.string(), "int": pa.int64(), "number": pa.string(), "bool": pa.bool_()}
_INT = re.compile(r"-?\d{1,18}")
_MINUS_ZERO = re.compile(rb"-0(?<=[:\s]-0)\s*[,}]")  # int64 has one zero only
_NUMBER = rb"(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}])"
_MAX_QUOTED_COLUMNS = 4  # each is one more pass; beyond that, line by line is as quick


@dataclass(frozen=True)
class Kinds:
    """What the columns of a block hold, as far as rows seen before tell."""

    of: Mapping[str, Kind]

    @classmethod
    def seen(cls, rows: Sequence[Row], names: Iterable[str]) -> Kinds | None:
        """None if a column holds nested values or several kinds."""
        kinds: dict[str, Kind] = {}
        for name in names:
            values = [value for row in rows if (value := row.get(name)) is not None]
            kind = _kind(values)
            if kind is None:
                return None
            kinds[name] = kind
        quoted = sum(kind == "number" for kind in kinds.values())
        return cls(kinds) if quoted <= _MAX_QUOTED_COLUMNS else None


def _kind(values: list[object]) -> Kind | None:
    types = {type(value) for value in values}
    if types <= {str}:
        return "text"
    if types == {bool}:
        return "bool"
    if types == {Number}:
        return "int" if all(_INT.fullmatch(str(value)) for value in values) else "number"
    return None


def quick_batch(block: bytes, kinds: Kinds, *, others: Literal["error", "ignore"]) -> pa.RecordBatch | None:
    """A block of whole UTF-8 lines as text columns, or None. Keys that are no column: None (error) or left out."""
    if "int" in kinds.of.values() and _MINUS_ZERO.search(block):
        return None
    for name, kind in kinds.of.items():
        if kind == "number":
            block = _quoted(block, name)
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in kinds.of.items()])
    try:
        table = pa_json.read_json(
            pa.BufferReader(block),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior=others),
        )
    except pa.ArrowInvalid:
        return None
    if not _is_a_row_a_line(block, table.num_rows):
        return None  # two objects in one line, or one over two
    columns = table.select(schema.names).combine_chunks().columns
    arrays = [pc.cast(column, pa.string()).combine_chunks() for column in columns]
    return pa.record_batch(arrays, names=schema.names)


def _is_a_row_a_line(block: bytes, rows: int) -> bool:
    """Whether there are as many rows as lines that are not blank."""
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return rows == lines or rows == sum(1 for line in block.split(b"\n") if line.strip())


def _quoted(block: bytes, name: str) -> bytes:
    """The numbers of one column in quotes.

    Both quotes of `"name"` are structure: a bare word cannot stand between two strings, and inside a string the first
    quote would be escaped. So no text is touched; a nested key of that name is, but its column makes Arrow give up.
    """
    key = re.escape(json.dumps(name, ensure_ascii=False).encode())
    return re.sub(key + rb"(?<!\\" + key + rb")(\s*:\s*)" + _NUMBER, _with_quotes, block)


def _with_quotes(match: re.Match[bytes]) -> bytes:
    number = match.group(2)
    before = match.group(0)[: -len(number)]
    return before + b'"' + number + b'"'
