"""Hive's type names as Arrow types, and how each is asked for and sent by a HiveServer2.

Numbers and booleans come as values; DATE, DECIMAL and TIMESTAMP as text, whose making is most of a server's work, so Spark
is asked for the numbers behind them. Arrays, maps and structs come as JSON. Hive writes that JSON itself; Spark's own text
of them does not escape quotes, so there `to_json` is asked for, over a form whose leaves are text, whose fields have plain
names and whose maps are lists of pairs: one bulk parser reads it exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from connectors.hive.sql import quoted

_SIMPLE = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "double precision": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp_ntz": pa.timestamp("us"),
    "timestamp with local time zone": pa.timestamp("us", tz="UTC"),
    "void": pa.string(),
}
_SIZED = re.compile(r"(char|varchar|decimal)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
_INT64_DIGITS = 18  # every decimal of so many digits is a BIGINT and a scale
_WORD = re.compile(r"[^<>,:`]+")


@dataclass(frozen=True)
class Cell:
    """How one column is read: its Arrow type, the decoder of `decode`, and the SQL to select."""

    arrow: pa.DataType
    decode: str
    sql: str


def parse(declared: str, *, spark: bool) -> pa.DataType:
    """The Arrow type of a type as DESCRIBE prints it. Raises ValueError for one that we do not know.

    TIMESTAMP is an instant in Spark (shown in the session's zone) and a reading of a clock in Hive.
    """
    reader = _Reader(declared, spark)
    found = reader.type()
    if reader.rest:
        raise ValueError(f"unexpected {reader.rest!r} in the type {declared!r}")
    return found


class _Reader:
    def __init__(self, declared: str, spark: bool) -> None:
        self.rest, self.spark, self.declared = declared.strip(), spark, declared

    def type(self) -> pa.DataType:
        for word, read in (("array<", self._list), ("map<", self._map), ("struct<", self._struct)):
            if self.rest.lower().startswith(word):
                self.rest = self.rest[len(word) :]
                return read()
        if sized := _SIZED.match(self.rest.lower()):
            self.rest = self.rest[sized.end() :].lstrip()
            kind, digits, scale = sized.groups()
            return pa.decimal128(int(digits), int(scale or 0)) if kind == "decimal" else pa.string()
        word = self._word().lower()
        if word == "timestamp":
            return pa.timestamp("us", tz="UTC" if self.spark else None)
        if word == "decimal":
            return pa.decimal128(10, 0)
        if word not in _SIMPLE:
            raise ValueError(f"the type {self.declared!r} is not known")
        return _SIMPLE[word]

    def _list(self) -> pa.DataType:
        inside = self.type()
        self._take(">")
        return pa.list_(inside)

    def _map(self) -> pa.DataType:
        key = self.type()
        self._take(",")
        item = self.type()
        self._take(">")
        return pa.map_(key, item)

    def _struct(self) -> pa.DataType:
        fields: list[pa.Field] = []
        while not self.rest.startswith(">"):
            if fields:
                self._take(",")
            name = self._name()
            self._take(":")
            fields.append(pa.field(name, self.type()))
        self._take(">")
        return pa.struct(fields)

    def _name(self) -> str:
        if not self.rest.startswith("`"):
            return self._word()
        end = re.match(r"`((?:[^`]|``)*)`", self.rest)
        if end is None:
            raise ValueError(f"a name does not end in {self.declared!r}")
        self.rest = self.rest[end.end() :]
        return end[1].replace("``", "`")

    def _word(self) -> str:
        found = _WORD.match(self.rest)
        if found is None:
            raise ValueError(f"the type {self.declared!r} ends early")
        self.rest = self.rest[found.end() :]
        return found[0].strip()

    def _take(self, mark: str) -> None:
        if not self.rest.startswith(mark):
            raise ValueError(f"{mark!r} is missing in the type {self.declared!r}")
        self.rest = self.rest[len(mark) :].lstrip()


def cell_of(name: str, kind: pa.DataType, *, spark: bool) -> Cell:
    """How the column `name` (quoted) of the type `kind` is selected and decoded."""
    types = pa.types
    if types.is_nested(kind):
        if not spark:
            return Cell(kind, "hive_json", name)
        plain = _plain(name, kind, 0)
        return Cell(kind, "json", f"to_json(named_struct('v', {plain}), map('ignoreNullFields', 'false'))")
    if spark and types.is_date(kind):
        return Cell(kind, "days", f"unix_date({name})")
    if spark and types.is_timestamp(kind) and kind.tz is not None:
        return Cell(kind, "micros", f"unix_micros({name})")
    if spark and types.is_decimal(kind) and kind.precision <= _INT64_DIGITS:
        return Cell(kind, "unscaled", f"cast({name} * {10**kind.scale}BD AS bigint)")
    if types.is_decimal(kind) or types.is_date(kind) or types.is_timestamp(kind):
        return Cell(kind, "text", name)
    return Cell(kind, "value", name)


def wire_type(kind: pa.DataType) -> pa.DataType:
    """The form that `_plain` gives a value: leaves that JSON cannot hold exactly are text, maps are lists of pairs."""
    types = pa.types
    if types.is_map(kind):
        pair = [pa.field("k", wire_type(kind.key_type)), pa.field("v", wire_type(kind.item_type))]
        return pa.list_(pa.struct(pair))
    if types.is_list(kind):
        return pa.list_(wire_type(kind.value_type))
    if types.is_struct(kind):
        return pa.struct([pa.field(f"f{i}", wire_type(field.type)) for i, field in enumerate(kind)])
    if types.is_boolean(kind) or types.is_integer(kind):
        return kind
    return pa.string()


def _plain(sql: str, kind: pa.DataType, depth: int) -> str:
    """SQL of Spark that turns a value of `kind` into its `wire_type`."""
    types, each = pa.types, f"x{depth}"
    if types.is_map(kind):
        key = _plain(f"{each}.key", kind.key_type, depth + 1)
        item = _plain(f"{each}.value", kind.item_type, depth + 1)
        return f"transform(map_entries({sql}), {each} -> named_struct('k', {key}, 'v', {item}))"
    if types.is_list(kind):
        return f"transform({sql}, {each} -> {_plain(each, kind.value_type, depth + 1)})"
    if types.is_struct(kind):
        fields = [(f"{sql}.{quoted(field.name)}", field.type) for field in kind]
        parts = [f"'f{i}', {_plain(field, inside, depth)}" for i, (field, inside) in enumerate(fields)]
        return f"if({sql} IS NULL, NULL, named_struct({', '.join(parts)}))"
    if types.is_binary(kind):
        return f"hex({sql})"
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_string(kind):
        return sql
    return f"cast({sql} AS string)"
