"""Columns as a HiveServer2 sends them, turned into the Arrow types of the table, whole columns at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from connectors.hive.types import wire_type

Decoder = Callable[[pa.Array, pa.DataType], pa.Array]

_MICROSECONDS = len("2025-01-01 00:00:00.000000")


def decode_value(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """Numbers (FLOAT comes as a double), booleans, text (checked UTF-8) and bytes."""
    if pa.types.is_float32(to):
        return cells.cast(to, safe=False)
    return cells if cells.type == to else cells.cast(to)


def decode_text(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """DATE, DECIMAL and TIMESTAMP from their text. Hive has nanoseconds, Spark and we keep microseconds."""
    cells = cells.cast(pa.string())
    if not pa.types.is_timestamp(to):
        return cells.cast(to)
    if to.tz is not None:
        # Only UTC is taken off; another zone would shift every value (SeaTunnel PR #10122) and fails in the cast.
        cells = pc.replace_substring_regex(cells, " UTC$", "")
    zoned = pc.match_substring_regex(cells, "[A-Za-z]")
    naive = pc.if_else(zoned, cells, pc.utf8_slice_codeunits(cells, 0, _MICROSECONDS))
    return naive.cast(pa.timestamp("us")).cast(to)


def decode_number(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """Days or microseconds since 1970."""
    return cells.cast(to)


def decode_unscaled(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """Decimals from their digits as a BIGINT: 128 bits are the number and its sign."""
    low = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset : cells.offset + len(cells)]
    wide = np.stack([low, low >> 63], axis=1)
    valid = None if not cells.null_count else pc.is_valid(cells).buffers()[1]
    return pa.Array.from_buffers(to, len(cells), [valid, pa.py_buffer(np.ascontiguousarray(wide))])


def decode_json(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """`{"v": …}` in each cell, in the form of `types.wire_type`, by Arrow's own JSON reader."""
    if not len(cells):
        return pa.array([], to)
    lines = pc.binary_join_element_wise(cells.cast(pa.string()), "", "\n")
    start, end = (int(at) for at in np.frombuffer(lines.buffers()[1], np.int32)[[lines.offset, lines.offset + len(lines)]])
    wire = wire_type(to)
    table = pyarrow.json.read_json(
        pa.BufferReader(lines.buffers()[2][start:end]),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=end - start + 1),
        parse_options=pyarrow.json.ParseOptions(
            explicit_schema=pa.schema([("v", wire)]), unexpected_field_behavior="error"
        ),
    )
    return shaped(_one(table.column("v")), to)


_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|([{,]\s*)([^"\s{}\[\]:,][^"{}\[\]:,]*)(?=\s*:)')


def decode_hive_json(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """Hive's own JSON, whose map keys are quoted only when they are text. Cell by cell: Hive offers no better form."""
    wire = wire_type(to)
    values = [None if text is None else _as_wire(_loads(text), to) for text in cells.cast(pa.string()).to_pylist()]
    return shaped(pa.array(values, wire), to)


DECODERS: dict[str, Decoder] = {
    "value": decode_value,
    "text": decode_text,
    "days": decode_number,
    "micros": decode_number,
    "unscaled": decode_unscaled,
    "json": decode_json,
    "hive_json": decode_hive_json,
}


def shaped(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """An array of `wire_type(to)` as `to`: the same lists and NULLs, decoded leaves, pairs as maps."""
    types = pa.types
    if types.is_struct(to):
        parts = [shaped(cells.field(i), field.type) for i, field in enumerate(to)]
        return pa.StructArray.from_arrays(parts, fields=list(to), mask=cells.is_null()) if parts else cells.cast(to)
    if types.is_map(to):
        pairs = cells.values
        entry = pa.struct([to.key_field, to.item_field])
        parts = [shaped(pairs.field(0), to.key_type), shaped(pairs.field(1), to.item_type)]
        inside = pa.StructArray.from_arrays(parts, fields=list(entry))
        return pa.Array.from_buffers(to, len(cells), cells.buffers()[:2], offset=cells.offset, children=[inside])
    if types.is_list(to):
        inside = shaped(cells.values, to.value_type)
        return pa.Array.from_buffers(to, len(cells), cells.buffers()[:2], offset=cells.offset, children=[inside])
    if types.is_binary(to):
        return _unhexed(cells)
    if types.is_floating(to):
        return cells.cast(pa.float64()).cast(to, safe=False)
    return cells if cells.type == to else decode_text(cells, to)


def _one(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found


def _unhexed(cells: pa.Array) -> pa.Array:
    """Hexadecimal digits as bytes."""
    cells = pa.concat_arrays([cells])  # a slice becomes an array of its own
    null = cells.is_null() if cells.null_count else None
    sizes = pc.fill_null(pc.binary_length(cells), 0).to_numpy(zero_copy_only=False) // 2
    digits = np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[: 2 * int(sizes.sum())]
    low = np.where(digits <= ord("9"), digits - ord("0"), (digits & 0x4F) - ord("A") + 10).astype(np.uint8)
    data = (low[0::2] << 4) | low[1::2]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    plain = pa.Array.from_buffers(pa.binary(), len(cells), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return plain if null is None else pc.if_else(null, pa.scalar(None, pa.binary()), plain)


def _loads(text: str) -> Any:
    quoted = _TOKENS.sub(lambda found: f'{found[1]}"{found[2].strip()}"' if found[1] else found[0], text)
    return json.loads(quoted, parse_float=str, parse_constant=str, strict=False)


def _as_wire(value: Any, kind: pa.DataType) -> Any:
    """A parsed value in the form of `wire_type`."""
    types = pa.types
    if value is None:
        return None
    if types.is_map(kind):
        # Every key is text in JSON; its type says what it was.
        key, item = kind.key_type, kind.item_type
        return [{"k": _as_wire(_key(k, key), key), "v": _as_wire(v, item)} for k, v in value.items()]
    if types.is_list(kind):
        return [_as_wire(each, kind.value_type) for each in value]
    if types.is_struct(kind):
        # Hive keeps the order of the fields, and their names in lower case.
        return {f"f{i}": _as_wire(each, field.type) for i, (each, field) in enumerate(zip(value.values(), kind, strict=True))}
    if types.is_boolean(kind) or types.is_integer(kind):
        return value
    if types.is_binary(kind):
        raise pa.ArrowInvalid("Hive writes bytes inside a nested value as text, which loses them")
    return str(value)


def _key(text: str, kind: pa.DataType) -> Any:
    types = pa.types
    return int(text) if types.is_integer(kind) else text == "true" if types.is_boolean(kind) else text
