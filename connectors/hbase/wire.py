"""Rows out of Thrift replies in bulk, while they arrive.

happybase connects, opens scanners and sends the requests. From there thriftpy2 would make an object of every cell; here
the reply's bytes are taken from the socket in large pieces and cut into batches by `parse`, so that memory follows
the batch and not the reply. The next request is sent before a reply's last rows are handed out, so that the server works
while we do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from thriftpy2.protocol.exc import TProtocolException
from thriftpy2.transport import TTransportException

from connectors.hbase.client import Connection
from connectors.hbase.parse import DONE, FULL, MORE, WRONG, parse
from connectors.hbase.rows import Wanted, WireRows

_PIECE = 1 << 20
_BINARY_LIST, _COMPACT_LIST = 15, 9
_CELLS = 1 << 14


class Replies:
    """The replies of one connection to requests that return rows, in the order of the requests."""

    def __init__(self, connection: Connection, wanted: Wanted, *, framed: bool, compact: bool) -> None:
        self.connection, self.wanted, self.framed, self.compact = connection, wanted, framed, compact
        self._names = wanted.joined()
        self._data = np.empty(_PIECE, dtype=np.uint8)
        self._at = self._end = 0
        self._asked: list[str] = []

    def ask(self, request: str, **arguments: Any) -> None:
        self._asked.append(request)
        self.connection.send(request, arguments)

    def rows(self, batch_bytes: int, batch_rows: int) -> Iterator[WireRows]:
        """The rows of the next reply in batches. Raises what the server reports, and thriftpy2's errors of the network."""
        left = self._head(self._asked.pop(0))
        while left:
            batch = self._batch(min(left, batch_rows), batch_bytes)
            left -= len(batch)
            self._hand_over()
            yield batch
        self._take(1)  # the end of the result

    def _batch(self, most_rows: int, most_bytes: int) -> WireRows:
        """The next whole rows: so many, or fewer that have so many bytes, and one at least."""
        rows = np.empty((most_rows, 3), dtype=np.int32)
        cells: np.ndarray = np.empty((_CELLS, 6), dtype=np.int32)
        stamps: np.ndarray = np.empty(_CELLS, dtype=np.int64)
        begin, n_rows, n_cells, status = self._at, 0, 0, MORE
        limit = begin + most_bytes
        while status != DONE and (n_rows == 0 or self._end < limit):
            self._at, n_rows, n_cells, status = parse(
                self._data, self._at, self._end, self.compact, *self._names, rows, cells, stamps, n_rows, n_cells, limit
            )
            if status == WRONG:
                raise TProtocolException(message="the reply holds something else than rows")
            if status == MORE:
                self._receive()
            elif status == FULL:
                cells, stamps = (np.concatenate([full, np.empty_like(full)]) for full in (cells, stamps))
        return WireRows(self._data, self.wanted, rows[:n_rows], cells[:n_cells], stamps[:n_cells], self._at - begin)

    def _head(self, request: str) -> int:
        """How many rows the reply has."""
        start = self._at
        if self.framed:
            self._take(4)
        kind = self._compact_head() if self.compact else self._binary_head()
        if kind != (_COMPACT_LIST if self.compact else _BINARY_LIST):
            self.connection.replay(request, self._data[start : self._end].tobytes())
            raise TProtocolException(message=f"an answer to {request} without rows or error")
        if not self.compact:
            return int(struct.unpack(">xi", self._take(5))[0])
        head = self._take(1)[0]
        return head >> 4 if head < 0xF0 else self._varint()

    def _binary_head(self) -> int:
        _, name = struct.unpack(">II", self._take(8))
        return int(struct.unpack(">Bh", self._take(name + 7)[-3:])[0])

    def _compact_head(self) -> int:
        self._take(2)  # protocol, version and type
        self._varint()  # sequence number
        self._take(self._varint())  # name
        return int(self._take(2)[0] if self._peek() == _COMPACT_LIST else self._take(1)[0])

    def _varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _peek(self) -> int:
        self._take(1)
        self._at -= 1
        return int(self._data[self._at])

    def _take(self, size: int) -> bytes:
        while self._end - self._at < size:
            self._receive()
        self._at += size
        return self._data[self._at - size : self._at].tobytes()

    def _receive(self) -> None:
        if len(self._data) - self._end < _PIECE // 4:
            grown = np.empty(2 * len(self._data), dtype=np.uint8)
            grown[: self._end] = self._data[: self._end]
            self._data = grown
        size = self.connection.socket.sock.recv_into(self._data[self._end :])
        if not size:
            raise TTransportException(TTransportException.END_OF_FILE, "the server closed the connection")
        self._end += size

    def _hand_over(self) -> None:
        """The batch keeps the buffer; what follows it goes to a new one."""
        rest = self._data[self._at : self._end]
        self._data = np.empty(max(_PIECE, 2 * len(rest)), dtype=np.uint8)
        self._data[: len(rest)] = rest
        self._at, self._end = 0, len(rest)
