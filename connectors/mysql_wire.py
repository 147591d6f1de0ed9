"""The rows of an unbuffered PyMySQL result as columns of bytes, decoded in bulk.

PyMySQL does connection, TLS, login and the query. From there its own reader costs several Python calls a cell; here
the row packets are taken from its buffered socket in large pieces, framed by one short loop a row, and cut into
columns by numpy: all rows' positions advance together, one column at a time. All use of PyMySQL's private names is in
this file.

Protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import CR

_PIECE = 256 << 10
_FULL_PACKET = 0xFFFFFF  # a packet this long goes on in the next one
_NULL, _TWO, _THREE, _EIGHT, _ERROR = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_EOF_BELOW = 9  # 0xFE starts an EOF packet only when it is shorter than an eight-byte length
_header = struct.Struct("<I").unpack_from


@dataclass(frozen=True)
class RawBatch:
    """Rows as the server sent them: one buffer, and where each row's first cell begins in it."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray

    def columns(self, count: int) -> list[pa.Array]:
        """The cells of each column as binary arrays. Raises `err.InternalError` when rows and columns do not fit."""
        buffer = np.frombuffer(self.data, dtype=np.uint8)
        at = self.starts
        columns = []
        for _ in range(count):
            begin, size, null = _lengths(buffer, at)
            at = begin + size
            columns.append(_gather(self.data, begin, at, null))
        if not np.array_equal(at, self.ends):
            raise err.InternalError(f"rows do not have {count} cells")
        return columns


def stream(connection: Connection[Any], sql: str, batch_bytes: int, batch_rows: int) -> Iterator[RawBatch]:
    """Run `sql` and yield its rows in batches of about `batch_bytes` as sent, or about `batch_rows` rows.

    Raises `pymysql.err.MySQLError` for what the server reports, `OperationalError(2013)` for a connection that drops. A
    reader that stops early closes the connection: the protocol has no other way to stop the server from sending.
    """
    connection.query(sql, unbuffered=True)
    finished = False
    try:
        yield from _frames(connection, batch_bytes, batch_rows)
        finished = True
    finally:
        _detach(connection)
        if not finished:
            connection._force_close()  # type: ignore[attr-defined]


def _frames(connection: Connection[Any], batch_bytes: int, batch_rows: int) -> Iterator[RawBatch]:
    starts: list[int] = []
    data, at = bytearray(), 0
    while True:
        length = len(data)
        while at + 4 < length and at <= batch_bytes:
            size = _header(data, at)[0] & _FULL_PACKET
            if size == _FULL_PACKET or at + 4 + size > length:
                break
            if data[at + 4] >= _EIGHT and (data[at + 4] == _ERROR or size < _EOF_BELOW):
                yield from _batch(data, starts, at)
                _raise_if_error(data[at + 4 : at + 4 + size])
                return
            starts.append(at + 4)
            at += 4 + size
        if at > batch_bytes or len(starts) >= batch_rows:
            yield from _batch(data, starts, at)
            data, starts, at = data[at:], [], 0
        elif length - at >= 4 and _header(data, at)[0] & _FULL_PACKET == _FULL_PACKET:
            yield from _batch(data, starts, at)
            row, data = _long_row(connection, data[at:])
            yield from _batch(row, [0], len(row))
            starts, at = [], 0
        else:
            data += _receive(connection)


def _batch(data: bytearray, starts: list[int], end: int) -> Iterator[RawBatch]:
    if starts:
        begins = np.array(starts, dtype=np.int64)
        # A row ends where the next one's header of four bytes begins.
        yield RawBatch(bytes(memoryview(data)[:end]), begins, np.append(begins[1:] - 4, end))


def _long_row(connection: Connection[Any], data: bytearray) -> tuple[bytearray, bytearray]:
    """A row of 16 MiB and over, joined from its packets; and what was received after it."""
    row = bytearray()
    while True:
        while len(data) < 4 or len(data) < 4 + (_header(data, 0)[0] & _FULL_PACKET):
            data += _receive(connection)
        size = _header(data, 0)[0] & _FULL_PACKET
        row += memoryview(data)[4 : 4 + size]
        data = data[4 + size :]
        if size < _FULL_PACKET:
            return row, data


def _receive(connection: Connection[Any]) -> bytes:
    lost = "Lost connection to MySQL server during query"
    try:
        piece: bytes = connection._rfile.read1(_PIECE)  # type: ignore[attr-defined]
    except OSError as error:
        raise err.OperationalError(CR.CR_SERVER_LOST, f"{lost} ({error})") from error
    if not piece:
        raise err.OperationalError(CR.CR_SERVER_LOST, lost)
    return piece


def _raise_if_error(packet: bytearray) -> None:
    if packet[0] == _ERROR:
        err.raise_mysql_exception(bytes(packet))


def _detach(connection: Connection[Any]) -> None:
    # PyMySQL believes that its result is still being sent, and would wait for its end on close or in __del__.
    result = connection._result  # type: ignore[attr-defined]
    if result is not None:
        result.unbuffered_active = False
        result.connection = None


def _lengths(buffer: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length-encoded strings at `at`: where their bytes begin, how many there are, and which are NULL."""
    lead = buffer[at]
    null = lead == _NULL
    size = lead.astype(np.int64)
    size[null] = 0
    begin = at + 1
    for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
        rows = np.flatnonzero(lead == mark)
        if len(rows):
            size[rows] = sum(buffer[at[rows] + 1 + i].astype(np.int64) << (8 * i) for i in range(width))
            begin[rows] += width
    return begin, size, null


def _gather(data: bytes, begin: np.ndarray, end: np.ndarray, null: np.ndarray) -> pa.Array:
    """A compact binary array of the slices. Over the shared buffer, cells and the gaps between them alternate as one
    Arrow array without a copy; `take` then copies the cells out in C++."""
    offsets = np.empty(2 * len(begin), dtype=np.int32)
    offsets[0::2], offsets[1::2] = begin, end
    mixed = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    wanted = pa.array(np.arange(0, len(offsets), 2, dtype=np.int64), mask=null if null.any() else None)
    return mixed.take(wanted)
