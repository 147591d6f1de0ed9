"""Cutting a read into parts of about equal size: by partition, and where one is too big by a hash of the rows.

Hive has no index and no order, so a part can only be a condition that the server checks: the values of partition columns
(whole folders, which it prunes), or `pmod(hash(…), n) = i`, for which it scans the same rows once a part. Every row meets
the condition of exactly one part: a hash is never NULL, and every partition that was counted is in one part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.hive.sql import comparable, partition_is, quoted, unmasked
from connectors.hive.window import Engine, as_json

if TYPE_CHECKING:
    from connectors.hive.options import HiveOptions

_SLACK = 1.5  # a part of 1.5 targets is cut into two of 0.75
_MOST_PARTITIONS = 200  # in the condition of one part

Values = tuple[str | int | None, ...]


@dataclass(frozen=True)
class Source:
    """What is read: `relation` after FROM, the rows' conditions, the columns of its partitions and those to hash."""

    relation: str
    conditions: tuple[str, ...]
    partitions: tuple[pa.Field, ...]
    hashed: tuple[str, ...]

    def select(self, what: str, *more: str, group: str = "") -> str:
        conditions = [*self.conditions, *more]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {what} FROM {self.relation}{where}{f' GROUP BY {group}' if group else ''}"


@dataclass(frozen=True)
class Part:
    """One task's rows: those that meet `where`, as many as were counted (None: nobody has)."""

    describe: str
    where: tuple[str, ...]
    rows: int | None


def cut(engine: Engine, source: Source, options: HiveOptions) -> list[Part]:
    """The parts in the order of the partitions; [] when there is no row."""
    if not options.count:
        return [Part("all rows in one stream, not counted", (), None)]
    counted = _counted(engine, source)
    parts: list[Part] = []
    small: list[tuple[Values, int]] = []
    for values, rows in counted:
        big = rows > _SLACK * options.split_rows and bool(source.hashed)
        if small and (big or sum(n for _, n in small) + rows > options.split_rows or len(small) == _MOST_PARTITIONS):
            parts.append(_together(engine, source, small))
            small = []
        if big:
            parts += _buckets(engine, source, values, -(-rows // options.split_rows))
        else:
            small.append((values, rows))
    return [*parts, _together(engine, source, small)] if small else parts


def _counted(engine: Engine, source: Source) -> list[tuple[Values, int]]:
    """The number of rows of each partition, in their order; of everything when there are none."""
    if not source.partitions:
        rows = int(engine.query(source.select("count(*)"))[0][0])
        return [((), rows)] if rows else []
    shown = [as_json(unmasked(column.name, column.type), column.type) for column in source.partitions]
    names = ", ".join(quoted(column.name) for column in source.partitions)
    found = engine.query(source.select(f"{', '.join(shown)}, count(*)", group=names))

    def order(row: tuple[Values, int]) -> list[tuple[bool, object]]:
        pairs = zip(row[0], source.partitions, strict=True)
        return [(value is not None, None if value is None else comparable(value, column.type)) for value, column in pairs]

    return sorted(((tuple(row[:-1]), int(row[-1])) for row in found), key=order)


def _together(engine: Engine, source: Source, small: Sequence[tuple[Values, int]]) -> Part:
    """Neighbouring partitions in one part."""
    rows = sum(n for _, n in small)
    if not source.partitions:
        return Part("all rows", (), rows)
    conditions = [_is(engine, source, values) for values, _ in small]
    first, last = (_shown(source, values) for values in (small[0][0], small[-1][0]))
    where = conditions[0] if len(conditions) == 1 else f"({' OR '.join(f'({each})' for each in conditions)})"
    return Part(first if first == last else f"{len(small)} partitions, {first} … {last}", (where,), rows)


def _buckets(engine: Engine, source: Source, values: Values, buckets: int) -> list[Part]:
    """One partition (or the whole table) in parts by hash."""
    inside = (_is(engine, source, values),) if values else ()
    bucket = f"pmod({hash_of(source.hashed, spark=engine.spark)}, {buckets})"
    found = engine.query(source.select(f"{bucket}, count(*)", *inside, group=bucket))
    prefix = f"{_shown(source, values)}, " if values else ""
    return [
        Part(f"{prefix}hash bucket {number} of {buckets}", (*inside, f"{bucket} = {number}"), int(rows))
        for number, rows in sorted((int(row[0]), row[1]) for row in found)
    ]


def hash_of(columns: Sequence[str], *, spark: bool) -> str:
    """Spark's hash is Murmur3. Hive's is Java's, which leaves multiples of the number of buckets in one: over a digest."""
    if spark:
        return f"hash({', '.join(map(quoted, columns))})"
    parts = ", ".join(f"coalesce(cast({quoted(column)} AS string), '')" for column in columns)
    return f"hash(md5(concat_ws('\\u0001', {parts})))"


def _is(engine: Engine, source: Source, values: Values) -> str:
    pairs = zip(source.partitions, values, strict=True)
    return " AND ".join(partition_is(column.name, value, column.type, spark=engine.spark) for column, value in pairs)


def _shown(source: Source, values: Values) -> str:
    pairs = zip(source.partitions, values, strict=True)
    return "/".join(f"{column.name}={'NULL' if value is None else value}" for column, value in pairs)
