"""JSON values as text that loses nothing: numbers keep their literal, nested values become compact JSON.

`json` alone would make 1.50 a 1.5 and 1e400 an infinity, so numbers stay the text they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

from connectors.files.find import DataFile
from connectors.files.formats.base import Reading
from washplant.errors import SourceDataError

Row = Mapping[str, Any]


class Number(str):
    """The literal of a JSON number."""

    __slots__ = ()


class JsonError(ValueError):
    """Not JSON as we take it: what is wrong and what to do."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.what, self.next_step = what, next_step


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise JsonError(f"the key {twice!r} is there twice in one object", "keep one of them")
    return members


def _constant(literal: str) -> None:
    raise JsonError(f"{literal} is not JSON", "write null for a missing number")


DECODER = json.JSONDecoder(
    parse_int=Number, parse_float=Number, parse_constant=_constant, object_pairs_hook=_object, strict=True
)


def row_of(text: str) -> Row:
    """One JSON object. Raises JsonError."""
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"the JSON is broken: {error.msg} (character {error.pos + 1})", "correct or remove it") from None
    except RecursionError:
        raise JsonError("the JSON is nested too deeply", "remove the row") from None
    if not isinstance(value, dict):
        raise JsonError(f"{kind_of(value)} is not a row", 'each row must be an object, such as {"id": 1}')
    return value


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, Number):
        return f"the number {value}"
    kinds = {str: "a string", bool: "a boolean", list: "an array", dict: "an object", type(None): "null"}
    return kinds[type(value)]


def text_of(value: Any) -> str | None:
    """A value as the text of a cell."""
    if value is None or isinstance(value, str):
        return value
    return compact(value)


def compact(value: Any) -> str:
    """Compact JSON with number literals as they were and non-ASCII characters as themselves."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(name)}:{compact(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return "null" if value is None else "true" if value else "false"


def batch_of(numbered: Sequence[tuple[int, Row]], names: Sequence[str], file: DataFile, how: Reading) -> pa.RecordBatch:
    """Rows with their lines as a batch of text columns; null where a row has no such key.

    Raises SourceDataError for a key that was not planned, which would be lost, and for half a surrogate pair.
    """
    if how.wanted is None:
        _check_keys(numbered, names, file, how)
    rows = [row for _, row in numbered]
    try:
        return pa.record_batch([_column([row.get(name) for row in rows]) for name in names], names=list(names))
    except UnicodeEncodeError:
        line = next(line for line, row in numbered if not all(_is_text(row.get(name)) for name in names))
        raise SourceDataError(
            "a string holds half a surrogate pair (\\ud800 to \\udfff), which is no character",
            where=how.at(file, line),
            next_step="correct the string",
        ) from None


def _check_keys(numbered: Sequence[tuple[int, Row]], names: Sequence[str], file: DataFile, how: Reading) -> None:
    planned = set(names)
    for line, row in numbered:
        if not row.keys() <= planned:
            key = next(key for key in row if key not in planned)
            raise SourceDataError(
                f"the key {key!r} appears here for the first time, after the part of the file that the plan looked at",
                where=how.at(file, line),
                next_step="list all wanted keys in `columns`: then none is missed and the others are left out",
            )


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([text_of(value) for value in values], pa.string())  # booleans or nested values among them


def _is_text(value: Any) -> bool:
    try:
        (text_of(value) or "").encode()
    except UnicodeEncodeError:
        return False
    return True
