"""Reading one split from a HiveServer2: fetch, decode whole columns, and go on when the connection breaks.

The rows of a HiveServer2 have no order that it would promise, so nobody can ask for "the rest". A broken split is read again
from its start; what was handed on already is passed over only while the second reading brings exactly the same rows in the
same order, which a digest of every batch proves. Otherwise the read fails: rows would be lost or doubled.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from connectors.base import BATCH_BYTES
from connectors.hive.decode import DECODERS
from connectors.hive.session import ConnectionLost, Session, session
from connectors.hive.thrift import PublicFetch
from washplant.errors import SourceDataError, SourceSchemaError, SourceUnreachable

if TYPE_CHECKING:
    from connectors.hive.options import HiveOptions

log = logging.getLogger(__name__)

# A cell may hold 64 MB: the first fetches are small, the following ones as large as the rows allow. Hive's own limit
# (hive.server2.thrift.resultset.max.fetch.size) is 10,000.
_FIRST_ROWS, _MOST_ROWS, _GROWTH = 16, 10_000, 16
_FETCH_BYTES = BATCH_BYTES // 2
_ATTEMPTS, _BACKOFF_S, _LONGEST_S = 13, 0.5, 15.0  # two minutes in all: a server restarts in less

_SENT_AS = {
    pa.bool_(): "BOOLEAN_TYPE",
    pa.int8(): "TINYINT_TYPE",
    pa.int16(): "SMALLINT_TYPE",
    pa.int32(): "INT_TYPE",
    pa.int64(): "BIGINT_TYPE",
    pa.float32(): "FLOAT_TYPE",
    pa.float64(): "DOUBLE_TYPE",
    pa.date32(): "DATE_TYPE",
    pa.binary(): "BINARY_TYPE",
}
_NUMBERS = {"days": "INT_TYPE", "micros": "BIGINT_TYPE", "unscaled": "BIGINT_TYPE"}
_TEXTS = ("STRING_TYPE", "VARCHAR_TYPE", "CHAR_TYPE", "NULL_TYPE")


class Fetch(Protocol):
    """`wire.BulkFetch` or `thrift.PublicFetch`."""

    def fetch(self, rows: int) -> list[pa.Array]: ...

    def prefetch(self, rows: int) -> None: ...

    def drop(self) -> None: ...


class SplitReader:
    """The state of one read: what was handed on.

    `spec`: columns [[name, sql, decoder]], from (SQL), where [sql], rows (counted, or None), limit.
    """

    def __init__(self, options: HiveOptions, source: str, spec: Mapping[str, Any], schema: pa.Schema) -> None:
        self.options, self.source, self.spec, self.schema = options, source, spec, schema
        self.where = f"source {source}, table {options.table}"
        known = {column: (sql, decode) for column, sql, decode in spec["columns"]}
        missing = [field.name for field in schema if field.name not in known]
        if missing:
            raise SourceSchemaError(f"the plan has no column {missing[0]!r}", where=self.where)
        self.columns = [known[field.name] for field in schema]
        self.handed = Handed(self.where)

    def batches(self) -> Iterator[pa.RecordBatch]:
        failures = 0
        while True:
            try:
                with session(self.options, self.source) as server, closing(self._stream(server)) as rows:
                    for batch in self.handed.passed_over(rows):
                        self.handed.add(batch)
                        failures = 0
                        yield batch
                break
            except ConnectionLost as error:
                failures += 1
                if failures >= _ATTEMPTS:
                    raise
                log.warning("%s; attempt %d of %d follows", error, failures + 1, _ATTEMPTS)
            time.sleep(min(_BACKOFF_S * 2 ** (failures - 1), _LONGEST_S))
        self._count()

    def sql(self) -> str:
        return statement(self.spec, [sql for sql, _ in self.columns])

    def _stream(self, server: Session) -> Generator[pa.RecordBatch]:
        with server.cursor(self.sql()) as cursor:
            self._check_types(cursor.description)
            fetch, rows = fetcher(server, cursor._operationHandle), _FIRST_ROWS
            try:
                while cells := self._fetched(fetch, rows):
                    size = sum(column.nbytes for column in cells) / len(cells[0])
                    rows = max(1, min(int(_FETCH_BYTES / (size + 1)), _GROWTH * rows, _MOST_ROWS))
                    fetch.prefetch(rows)
                    yield from _bounded(self._decode(cells))
            except (SourceDataError, GeneratorExit):
                fetch.drop()  # the connection is still good, and closing it talks to the server
                raise

    def _fetched(self, fetch: Fetch, rows: int) -> list[pa.Array]:
        """The next columns; none at the end."""
        try:
            cells = fetch.fetch(rows)
        except pa.ArrowInvalid as error:
            raise SourceDataError(f"a text is not valid UTF-8: {error}", where=self.where) from None
        return cells if cells and len(cells[0]) else []

    def _decode(self, cells: Sequence[pa.Array]) -> pa.RecordBatch:
        arrays = []
        for field, (_, decode), column in zip(self.schema, self.columns, cells, strict=True):
            try:
                arrays.append(DECODERS[decode](column, field.type))
            except (pa.ArrowInvalid, ValueError) as error:
                raise SourceDataError(
                    f"a cell cannot be read as {field.type}: {error}",
                    where=f"{self.where}, column {field.name}",
                    next_step="correct the row, leave it out by `where`, or the column by `columns`",
                ) from None
        return pa.record_batch(arrays, schema=self.schema)

    def _check_types(self, description: Sequence[Sequence[Any]]) -> None:
        """The plan's types must still be the table's: text that came to hold numbers would decode without a word."""
        for field, (_, decode), told in zip(self.schema, self.columns, description, strict=True):
            if told[1] not in sent_as(field.type, decode):
                raise SourceSchemaError(
                    f"column {field.name} was {field.type} in the plan and is {told[1].removesuffix('_TYPE')} now",
                    where=self.where,
                    next_step="the table was altered meanwhile: run the same command again",
                )

    def _count(self) -> None:
        expected, rows = self.spec["rows"], self.handed.rows
        if expected is None or rows == expected:
            return
        if rows < expected:
            raise SourceDataError(
                f"{rows} rows came where {expected} were counted: the table was changed or files vanished meanwhile",
                where=self.where,
                next_step="run the same command again; `count: false` reads without counting",
            )
        log.warning("%s: %d rows more than were counted: they were written meanwhile", self.where, rows - expected)


class Handed:
    """What a split has handed on, as sizes and digests of its batches."""

    def __init__(self, where: str) -> None:
        self.where, self.rows = where, 0
        self.batches: list[tuple[int, bytes]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self.batches.append((batch.num_rows, digest(batch)))

    def passed_over(self, again: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`again` less what was handed on. Raises SourceUnreachable when it does not begin with exactly that."""
        rest: pa.Table | None = None
        for size, known in tuple(self.batches):
            while (rest.num_rows if rest else 0) < size:
                more = next(again, None)
                if more is None:
                    raise self._changed()
                rest = pa.Table.from_batches([*(rest.to_batches() if rest else []), more])
            assert rest is not None, "a batch has rows"
            if digest(_one(rest.slice(0, size))) != known:
                raise self._changed()
            rest = rest.slice(size)
        if rest:
            yield from rest.to_batches()
        yield from again

    def _changed(self) -> SourceUnreachable:
        return SourceUnreachable(
            f"the connection broke after {self.rows} rows, and the server now sends other rows or in another order",
            where=self.where,
            next_step="run the same command again: nothing of this read was committed (on a cluster Spark repeats the task)",
        )


def digest(batch: pa.RecordBatch) -> bytes:
    """The same for the same rows in the same order."""
    return hashlib.blake2b(batch.serialize(), digest_size=16).digest()


def statement(spec: Mapping[str, Any], expressions: Sequence[str]) -> str:
    """The SQL of a split."""
    where = f" WHERE {' AND '.join(spec['where'])}" if spec["where"] else ""
    limit = "" if spec["limit"] is None else f" LIMIT {spec['limit']}"
    return f"SELECT {', '.join(expressions)} FROM {spec['from']}{where}{limit}"


def sent_as(kind: pa.DataType, decode: str) -> tuple[str, ...]:
    """The types (TTypeId) as which a server may announce a column of this Arrow type."""
    if decode in _NUMBERS:
        return (_NUMBERS[decode],)
    if decode == "hive_json":
        return ("ARRAY_TYPE", "MAP_TYPE", "STRUCT_TYPE", *_TEXTS)
    if decode == "json":
        return _TEXTS
    if pa.types.is_decimal(kind):
        return ("DECIMAL_TYPE",)
    if pa.types.is_timestamp(kind):
        return ("TIMESTAMP_TYPE", "TIMESTAMPLOCALTZ_TYPE")
    return (_SENT_AS[kind],) if kind in _SENT_AS else _TEXTS


def fetcher(server: Session, handle: Any) -> Fetch:
    """In bulk where numba is there and the bytes come in the clear, otherwise by thrift's objects."""
    if find_spec("numba"):
        from connectors.hive.wire import BulkFetch

        if BulkFetch.fits(server):
            return BulkFetch(server, handle)
    return PublicFetch(server, handle)


def _one(table: pa.Table) -> pa.RecordBatch:
    return table.combine_chunks().to_batches()[0]


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """`batch` in halves until each is within the limit; a single row is what it is."""
    if batch.nbytes <= BATCH_BYTES or batch.num_rows == 1:
        yield batch
        return
    middle = batch.num_rows // 2
    yield from _bounded(batch.slice(0, middle))
    yield from _bounded(batch.slice(middle))
