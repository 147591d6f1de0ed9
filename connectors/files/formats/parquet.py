"""Parquet, by row groups, with its own types mapped to those that Spark has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.base import BATCH_BYTES
from connectors.files.find import DataFile
from connectors.files.formats.base import Batches, Part, Peek, Reading, checked_header
from washplant.errors import SourceDataError, SourceSchemaError

_MAX_DIGITS = 38
_PROBE_ROWS = 256
_UNSIGNED = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),  # as BIGINT UNSIGNED: debezium PR #7568
}


@dataclass(frozen=True)
class Parquet:
    """Nothing to choose: a Parquet file says itself what it holds."""

    @property
    def options(self) -> frozenset[str]:
        return frozenset()

    def peek(self, file: DataFile, how: Reading) -> Peek:
        with _opened(file, how) as parquet:
            schema = parquet.schema_arrow
            sizes = [parquet.metadata.row_group(i).num_rows for i in range(parquet.num_row_groups)]
        checked_header(schema.names, how.at(file), how.wanted)
        wanted = [field for field in schema if how.wanted is None or field.name in how.wanted]
        others = tuple(field.name for field in schema if field not in wanted)
        columns = {field.name: _mapped(field.type, field.name, how.at(file)) for field in wanted}
        cut = [field.name for field in wanted if _is_nanoseconds(field.type)]
        notes = tuple(f"{name}: nanoseconds are cut to microseconds, which is what Spark has" for name in cut)
        if not sum(sizes):
            return Peek(columns, (), others=others, notes=(*notes, "the file has no rows"))
        groups = [({"row_group": i}, f"row group {i + 1} of {len(sizes)}", rows) for i, rows in enumerate(sizes)]
        return Peek(columns, tuple(Part(*group) for group in groups), others=others, notes=notes)

    def read(self, file: DataFile, part: Mapping[str, Any], names: Sequence[str], how: Reading) -> Batches:
        with _opened(file, how) as parquet:
            group = part["row_group"]
            fields = [field for field in parquet.schema_arrow if field.name in names]
            columns = [field.name for field in fields]
            for batch in _batches(parquet, group, columns):
                arrays = [_converted(batch.column(field.name), _mapped(field.type, field.name, "")) for field in fields]
                converted = pa.RecordBatch.from_arrays(arrays, names=columns) if fields else batch
                yield from _bounded(converted)


def _batches(parquet: pq.ParquetFile, group: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Rows in batches below BATCH_BYTES. A file tells encoded sizes only, and a dictionary may hide a hundred times as
    much: so a few rows are decoded first."""
    total = parquet.metadata.row_group(group).num_rows
    probe = next(parquet.iter_batches(min(_PROBE_ROWS, total), row_groups=[group], columns=columns, use_threads=False))
    row_bytes = max(probe.nbytes / probe.num_rows, 1)
    rows = min(max(int(BATCH_BYTES / 2 / row_bytes), 1), total)
    yield from parquet.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False)


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Halves of a batch whose rows are larger than those looked at."""
    if batch.nbytes <= BATCH_BYTES or batch.num_rows <= 1:
        yield batch
    else:
        half = batch.num_rows // 2
        yield from _bounded(batch.slice(0, half))
        yield from _bounded(batch.slice(half))


@contextlib.contextmanager
def _opened(file: DataFile, how: Reading) -> Iterator[pq.ParquetFile]:
    try:
        with file.open_file() as raw:
            # Hive's INT96 reaches from year 1 to 9999; as nanoseconds it would wrap around.
            yield pq.ParquetFile(raw, coerce_int96_timestamp_unit="us")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _broken(error, file, how) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _broken(error, file, how) from error  # Arrow calls a page that ends too early an OSError


def _broken(error: Exception, file: DataFile, how: Reading) -> SourceDataError:
    text = str(error).strip().splitlines()[0]
    return SourceDataError(
        f"the Parquet file is cut off or broken: {text}", where=how.at(file), next_step="write or copy the file again"
    )


def _is_nanoseconds(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.unit == "ns"


def _mapped(kind: pa.DataType, column: str, where: str) -> pa.DataType:
    """The type that Spark can take. Raises SourceSchemaError for one that has none."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _mapped(kind.storage_type, column, where)
    if types.is_dictionary(kind):
        return _mapped(kind.value_type, column, where)
    if types.is_nested(kind):
        return _nested(kind, column, where)
    if kind in _UNSIGNED:
        return _UNSIGNED[kind]
    if types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if types.is_decimal(kind):
        return pa.decimal128(kind.precision, kind.scale) if kind.precision <= _MAX_DIGITS else pa.string()
    for known, mapped in _BY_FAMILY:
        if known(kind):
            return mapped if mapped is not None else kind
    raise SourceSchemaError(
        f"column {column!r} is of a type that Spark does not have: {kind}",
        where=where,
        next_step="leave it out: list the others in `columns`",
    )


# The first that fits; None keeps the type.
_BY_FAMILY: tuple[tuple[Any, pa.DataType | None], ...] = (
    (pa.types.is_float16, pa.float32()),
    (pa.types.is_large_string, pa.string()),
    (pa.types.is_string_view, pa.string()),
    (pa.types.is_large_binary, pa.binary()),
    (pa.types.is_binary_view, pa.binary()),
    (pa.types.is_fixed_size_binary, pa.binary()),
    (pa.types.is_date, pa.date32()),
    (pa.types.is_time, pa.string()),  # Spark has had a TIME type since 4.1 only
    (pa.types.is_duration, pa.duration("us")),
    (pa.types.is_null, None),
    (pa.types.is_boolean, None),
    (pa.types.is_integer, None),
    (pa.types.is_floating, None),
    (pa.types.is_string, None),
    (pa.types.is_binary, None),
)


def _nested(kind: pa.DataType, column: str, where: str) -> pa.DataType:
    types = pa.types
    if types.is_struct(kind):
        return pa.struct([(field.name, _mapped(field.type, f"{column}.{field.name}", where)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_mapped(kind.key_type, column, where), _mapped(kind.item_type, column, where))
    return pa.list_(_mapped(kind.value_type, column, where))


def _converted(array: pa.Array, to: pa.DataType) -> pa.Array:
    if array.type == to:
        return array
    if isinstance(array.type, pa.BaseExtensionType):
        return _converted(array.storage, to)
    return array.cast(to, safe=False) if _is_nanoseconds(array.type) else array.cast(to)
