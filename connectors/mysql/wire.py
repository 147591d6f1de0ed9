"""The rows of an unbuffered PyMySQL result, taken from its socket in bulk.

PyMySQL does connection, TLS, login and the query. From there its own reader costs several Python calls a cell; here
the row packets are received into one reused buffer and framed there. All use of PyMySQL's private names is in this file;
`cursor` does the same by its public ones for a PyMySQL that no longer has them.

Protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import COMMAND, CR

from connectors.mysql.cells import RawBatch, batch, kernels

_PIECE = 256 << 10
_FULL_PACKET = 0xFFFFFF  # a packet this long goes on in the next one
_EIGHT, _ERROR = 0xFE, 0xFF
_EOF_BELOW = 9  # 0xFE starts an EOF packet only when it is shorter than an eight-byte length
_MORE, _FULL, _END, _LONG = range(4)
"""What stopped the framing: more bytes are needed, the batch is full, the last packet, a row of 16 MiB and over."""

_WORTH_COMPILED = 1 << 30
"""Bytes that a process has read before it loads the compiled loops. Measured: loading takes 1.4 s of CPU, and a GB of rows
of 540 B takes 0.8 s less with them; who has read this much is likely to read as much again."""

_PRIVATE = ("_rfile", "_result", "_force_close", "_execute_command", "_read_ok_packet")

_received = 0  # by this process
_header = struct.Struct("<I").unpack_from


def supported(connection: Connection[Any]) -> bool:
    """Whether this PyMySQL has what is used here."""
    private = all(hasattr(connection, name) for name in _PRIVATE)
    return private and isinstance(connection._rfile, io.BufferedReader)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result as the protocol describes it."""

    name: str
    type_code: int
    length: int
    scale: int
    flags: int
    charset: int


def result_columns(connection: Connection[Any], sql: str) -> list[ResultColumn]:
    """The columns of what `sql` gives; PyMySQL's public description has neither flags nor character sets."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        fields = connection._result.fields  # type: ignore[attr-defined]
    return [ResultColumn(f.name, f.type_code, f.length, f.scale, f.flags, f.charsetnr) for f in fields]


def stream(connection: Connection[Any], sql: str, columns: int, batch_bytes: int, batch_rows: int) -> Iterator[RawBatch]:
    """Run `sql` and yield its rows in batches of about `batch_bytes` as sent, or `batch_rows` rows at most.

    Raises `pymysql.err.MySQLError` for what the server reports, `OperationalError(2013)` for a connection that drops. A
    reader that stops early closes the connection: the protocol has no other way to stop the server from sending.
    """
    _widen(connection)
    connection.query(sql, unbuffered=True)
    finished = False
    try:
        yield from _batches(_Incoming(connection, batch_bytes + _PIECE), columns, batch_bytes, batch_rows)
        finished = True
    finally:
        _detach(connection)
        if not finished:
            connection._force_close()  # type: ignore[attr-defined]


def _widen(connection: Connection[Any]) -> None:
    """Have the server send in pieces of `_PIECE`, not of 16 kB (its `net_buffer_length`, which a session must not set).

    Its buffer grows to the longest packet that it was sent and stays so; of a ping it reads no more than the first byte.
    Measured: a tenth less CPU for the server, two thirds less for receiving.
    """
    with connection.cursor() as cursor:
        cursor.execute("select @@max_allowed_packet")
        row = cursor.fetchone()
    if row and int(row[0]) > _PIECE:
        connection._execute_command(COMMAND.COM_PING, bytes(_PIECE))  # type: ignore[attr-defined]
        connection._read_ok_packet()  # type: ignore[attr-defined]


@contextmanager
def _lost() -> Iterator[None]:
    """What the network reports in the words of PyMySQL."""
    try:
        yield
    except OSError as error:
        what = f"Lost connection to MySQL server during query ({error})"
        raise err.OperationalError(CR.CR_SERVER_LOST, what) from error


class _Incoming:
    """What the socket brought and is not yet handed out, at the front of one reused buffer."""

    def __init__(self, connection: Connection[Any], size: int) -> None:
        reader = connection._rfile  # type: ignore[attr-defined]
        # What it has read ahead, then from the socket below it: `readinto1` of a large piece waits for the socket even when
        # it has bytes to give, and after a short result there are no more to come.
        with _lost():
            ahead = reader.read1(len(reader.peek()))
        self._read = reader.raw.readinto
        self.data = np.empty(size, dtype=np.uint8)
        self.data[: len(ahead)] = np.frombuffer(ahead, dtype=np.uint8)
        self.filled = len(ahead)

    def receive(self, most: int = _PIECE) -> None:
        """At least one byte more."""
        global _received  # noqa: PLW0603 - a figure of the process
        with _lost():
            count = self._read(self.data.data[self.filled : self.filled + most])
            if not count:
                raise ConnectionResetError("it was closed")
        self.filled += count
        _received += count

    def drop(self, count: int) -> None:
        """Forget the first bytes; the rest moves to the front."""
        self.data[: self.filled - count] = self.data[count : self.filled]
        self.filled -= count

    def room(self, size: int) -> None:
        if size > len(self.data):
            larger = np.empty(size, dtype=np.uint8)
            larger[: self.filled] = self.data[: self.filled]
            self.data = larger

    def size(self, at: int) -> int:
        """The length of the packet whose header is at `at`."""
        return int(_header(self.data.data, at)[0]) & _FULL_PACKET


def _batches(incoming: _Incoming, columns: int, batch_bytes: int, batch_rows: int) -> Iterator[RawBatch]:
    starts, ends = np.empty((2, batch_rows), dtype=np.int64)
    at = rows = 0
    compiled = None
    while True:
        compiled = compiled or (kernels() if _received >= _WORTH_COMPILED else None)
        frame = _frame if compiled is None else compiled.frame
        stopped, at, rows = frame(incoming.data, at, incoming.filled, starts, ends, rows, batch_bytes)
        full = incoming.filled == len(incoming.data)
        if stopped == _MORE and not (full and rows):
            if full:  # one row fills the buffer
                incoming.room(4 + incoming.size(0) + _PIECE)
            incoming.receive()
            continue
        if rows:
            yield batch(incoming.data, starts[:rows], ends[:rows], columns, compiled)
            incoming.drop(at)
            at = rows = 0
        if stopped == _END:
            _raise_if_error(incoming)
            return
        if stopped == _LONG:
            row = _long_row(incoming)
            yield batch(row, np.zeros(1, np.int64), np.full(1, len(row), np.int64), columns, compiled)


def _frame(
    data: np.ndarray, at: int, filled: int, starts: np.ndarray, ends: np.ndarray, rows: int, limit: int
) -> tuple[int, int, int]:
    """Note where the rows from `at` on lie, until something stops it (see `_MORE`); that, and the new `at` and `rows`."""
    view = data.data
    most = len(starts)
    while True:
        if rows == most or at > limit:
            return _FULL, at, rows
        if at + 4 > filled:
            return _MORE, at, rows
        size = _header(view, at)[0] & _FULL_PACKET
        if size == _FULL_PACKET:
            return _LONG, at, rows
        if at + 4 + size > filled:
            return _MORE, at, rows
        if size and view[at + 4] >= _EIGHT and (view[at + 4] == _ERROR or size < _EOF_BELOW):
            return _END, at, rows
        starts[rows] = at + 4
        at += 4 + size
        ends[rows] = at
        rows += 1


def _long_row(incoming: _Incoming) -> np.ndarray:
    """A row of 16 MiB and over, joined from its packets; they are received one at a time behind what is there."""
    row = bytearray()
    while True:
        while incoming.filled < 4:
            incoming.receive(4 - incoming.filled)
        size = incoming.size(0)
        taken = min(size, incoming.filled - 4)
        row += incoming.data.data[4 : 4 + taken]
        incoming.drop(4 + taken)
        while taken < size:
            incoming.receive(min(size - taken, _PIECE))
            row += incoming.data.data[: incoming.filled]
            taken += incoming.filled
            incoming.filled = 0
        if size < _FULL_PACKET:
            return np.frombuffer(row, dtype=np.uint8)


def _raise_if_error(incoming: _Incoming) -> None:
    if incoming.data[4] == _ERROR:
        err.raise_mysql_exception(incoming.data[4 : 4 + incoming.size(0)].tobytes())


def _detach(connection: Connection[Any]) -> None:
    # PyMySQL believes that its result is still being sent, and would wait for its end on close or in __del__.
    result = connection._result  # type: ignore[attr-defined]
    if result is not None:
        result.unbuffered_active = False
        result.connection = None
