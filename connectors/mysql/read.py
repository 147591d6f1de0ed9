"""Reading one split: stream, decode whole columns, and go on after the last row when the connection drops."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.base import BATCH_BYTES, CellError
from connectors.mysql.session import ConnectionLost, Session, session
from connectors.mysql.splits import Order
from connectors.mysql.sql import select
from connectors.mysql.table import identity
from washplant.errors import SourceDataError, SourceSchemaError

if TYPE_CHECKING:
    from connectors.mysql.cells import RawBatch
    from connectors.mysql.options import MySQLOptions

log = logging.getLogger(__name__)

# Numbers grow when decoded (a "7" is one byte on the wire, eight as int64): half of the limit as sent, and few enough
# rows.
_WIRE_BYTES, _BATCH_ROWS = BATCH_BYTES // 2, 50_000
_ATTEMPTS, _BACKOFF_S = 5, 0.5


class SplitReader:
    """The state of one read: what is still to come, and the last key that was handed out.

    `spec`: table, columns [[name, sql, decoder]], where [sql], order {columns, kinds, index, unique} or None, limit,
    single, identity, some (whether it had rows when planned).
    """

    def __init__(self, options: MySQLOptions, source: str, spec: Mapping[str, Any], schema: pa.Schema) -> None:
        self.options, self.source, self.spec, self.schema = options, source, spec, schema
        known = {column: (sql, decode) for column, sql, decode in spec["columns"]}
        missing = [field.name for field in schema if field.name not in known]
        if missing:
            raise SourceSchemaError(f"the plan has no column {missing[0]!r}", where=f"source {source}, {spec['table']}")
        self.columns = [known[field.name] for field in schema]
        self.order = order_of(spec)
        self.expressions = [sql for sql, _ in self.columns]
        # Keys are needed for errors and for going on; a projected one serves only as the server shows it.
        self.expressions += [column for column in self._key_names() if column not in self.expressions]
        self.last: list[bytes] | None = None
        self.rows = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        failures = 0
        while True:
            try:
                with session(self.options, self.source) as server:
                    for batch in self._stream(server):
                        failures = 0
                        yield batch
                    self._check_unchanged(server)
                return
            except ConnectionLost as error:
                failures += 1
                if failures >= _ATTEMPTS or not self._can_go_on():
                    raise
                log.warning("%s; attempt %d of %d follows", error, failures + 1, _ATTEMPTS)
            time.sleep(_BACKOFF_S * 2 ** (failures - 1))

    def sql(self) -> str:
        """The statement for what is still to come."""
        where = list(self.spec["where"])
        if self.order and self.last:
            where.append(self.order.condition(">", self.last))
        limit = self.spec["limit"]
        return select(
            self.expressions,
            self.spec["table"],
            index=self.order.index if self.order else None,
            where=where,
            order=self._key_names(),
            limit=None if limit is None else limit - self.rows,
        )

    def _can_go_on(self) -> bool:
        """Without a unique order, rows equal to the last key may have been handed out or not, and another connection has
        another snapshot: the task starts again."""
        return self.rows == 0 or bool(self.order and self.order.unique and not self.spec["single"])

    def _check_unchanged(self, server: Session) -> None:
        """A table that was truncated, made anew or altered since the plan would give fewer or other rows in silence."""
        planned, table = self.spec["identity"], self.options.table
        if not planned or not table:
            return
        # MariaDB's TRUNCATE leaves no trace but an empty table.
        emptied = self.spec["some"] and not self.rows and not server.query(select(["1"], self.spec["table"], limit=1))
        if emptied or planned != identity(server, self.options.database, table):
            raise SourceSchemaError(
                "the table was altered, truncated or made anew while it was read",
                where=f"source {self.source}, {self.spec['table']}",
                next_step="run the same command again: nothing of this run was kept",
            )

    def _key_names(self) -> list[str]:
        return self.order.names if self.order else []

    def _stream(self, server: Session) -> Iterator[pa.RecordBatch]:
        from connectors.mysql import cursor, wire

        if self.spec["single"]:
            server.query("set session transaction isolation level repeatable read")
            server.query("start transaction with consistent snapshot, read only")
        stream = wire.stream if wire.supported(server.connection) else cursor.stream
        for raw in stream(server.connection, self.sql(), len(self.expressions), _WIRE_BYTES, _BATCH_ROWS):
            batch = self._decode(raw)
            self.last = self._key(raw, len(raw) - 1)
            self.rows += batch.num_rows
            yield batch

    def _decode(self, raw: RawBatch) -> pa.RecordBatch:
        arrays = []
        for i, (field, (_, decode)) in enumerate(zip(self.schema, self.columns, strict=True)):
            try:
                arrays.append(raw.decoded(i, decode, field.type, self.options))
            except CellError as error:
                where = f"{self._where(field.name)}, {self._row(raw, error.row)}"
                raise SourceDataError(error.reason, where=where, next_step=error.next_step) from None
            except pa.ArrowInvalid as error:
                what = f"a cell cannot be read as {field.type}: {error}"
                raise SourceDataError(what, where=self._where(field.name)) from None
        return pa.record_batch(arrays, schema=self.schema)

    def _where(self, column: str) -> str:
        return f"source {self.source}, {self.spec['table']}, column {column}"

    def _key(self, raw: RawBatch, row: int) -> list[bytes]:
        return [raw.cell(self.expressions.index(column), row) or b"" for column in self._key_names()]

    def _row(self, raw: RawBatch, row: int) -> str:
        """A row's key in words, for an error."""
        if not self.order:
            return f"row {self.rows + row + 1} of the table"
        key = zip(self.order.columns, self._key(raw, row), strict=True)
        return ", ".join(f"{column} = {value.decode(errors='backslashreplace')}" for column, value in key)


def order_of(spec: Mapping[str, Any]) -> Order | None:
    """A split's order from its JSON."""
    order = spec["order"]
    if order is None:
        return None
    return Order(tuple(order["columns"]), tuple(order["kinds"]), order["index"], order["unique"])


