"""The reply to TFetchResults as bytes, decoded in bulk: what PyHive turns into Python objects becomes Arrow buffers here.

PyHive does connection, SASL, login and the query. Its client sends FetchResults; the answer is read from the socket
below it, column by column as it arrives: a list of numbers is one byte swap, a list of strings one compiled loop. The
next request is sent before the last answer is decoded, so the server works meanwhile. All use of private names of
PyHive, thrift and thrift_sasl is in this file.

Protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md, TCLIService.thrift of Hive.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from connectors.hive.kernels import gather, walk
from connectors.hive.thrift import KINDS, nulls, request

if TYPE_CHECKING:
    from connectors.hive.session import Session

_PIECE = 1 << 20
_STOP, _BOOL, _BYTE, _DOUBLE, _I16, _I32, _I64, _STRING, _STRUCT, _MAP, _SET, _LIST = 0, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
_WIDTH = {_BOOL: 1, _BYTE: 1, _DOUBLE: 8, _I16: 2, _I32: 4, _I64: 8}
_NUMBERS = {2: ">i1", 3: ">i2", 4: ">i4", 5: ">i8", 6: ">f8"}
_EXCEPTION = 3  # the message type of a TApplicationException


class Incoming:
    """Bytes of one reply as they arrive. `more` gives the next piece: a socket's, or a SASL frame's."""

    def __init__(self, transport: Any) -> None:
        self.framed = hasattr(transport, "sasl")
        below = transport._trans if self.framed else transport._TBufferedTransport__trans
        self.socket = below.handle
        self.data = np.empty(_PIECE, dtype=np.uint8)
        self.at = self.end = 0

    def start(self) -> None:
        """Forget the last reply; nothing follows it until the next request."""
        self.at = self.end = 0

    def need(self, size: int) -> int:
        """Have `size` more bytes; where they begin."""
        while self.end - self.at < size:
            self.receive(size - (self.end - self.at))
        at, self.at = self.at, self.at + size
        return at

    def receive(self, size: int) -> None:
        """At least one byte, or a whole frame."""
        if self.framed:
            head = bytearray(4)
            self._into(memoryview(head))
            wanted = struct.unpack(">I", head)[0]
            self._room(wanted)
            self._into(self.data.data[self.end : self.end + wanted])
            self.end += wanted
            return
        self._room(max(size, _PIECE))
        got = self.socket.recv_into(self.data.data[self.end :])
        self.end += _some(got)

    def _into(self, view: memoryview) -> None:
        while view:
            view = view[_some(self.socket.recv_into(view)) :]

    def _room(self, size: int) -> None:
        if self.end + size > len(self.data):
            grown = np.empty(max(2 * len(self.data), self.end + size), dtype=np.uint8)
            grown[: self.end] = self.data[: self.end]
            self.data = grown

    def number(self, form: str) -> int:
        """One big-endian number."""
        at = self.need(struct.calcsize(form))
        return int(struct.unpack_from(form, self.data.data, at)[0])

    def bytes(self) -> bytes:
        """A string or binary."""
        size = self.number(">i")
        at = self.need(size)
        return self.data[at : at + size].tobytes()


class BulkFetch:
    """Fetches by bytes; see the module. Use one at a time on a connection, and nothing else on it meanwhile."""

    def __init__(self, session: Session, handle: Any) -> None:
        self.session, self.handle = session, handle
        self.client = session.connection._client
        self.incoming = Incoming(session.connection._transport)
        self.asked = False

    @staticmethod
    def fits(session: Session) -> bool:
        """Whether the replies come as plain bytes: SASL with encryption (Kerberos auth-conf) takes thrift's own path."""
        transport = session.connection._transport
        return not getattr(transport, "encode", None)

    def prefetch(self, rows: int) -> None:
        """Ask for the next rows; the following `fetch` takes them."""
        self.client.send_FetchResults(request(self.handle, rows))
        self.asked = True

    def drop(self) -> None:
        """Take the answer that was asked for and is not wanted: the next one on this connection is another's."""
        if self.asked:
            self.fetch(0)

    def fetch(self, rows: int) -> list[pa.Array]:
        """The columns of the next rows; at the end they are empty."""
        if not self.asked:
            self.prefetch(rows)
        self.asked = False
        self.incoming.start()
        return self._reply()

    def _reply(self) -> list[pa.Array]:
        reply = self.incoming
        head = reply.number(">i")
        if head >= 0:
            raise ValueError("the server does not speak thrift's strict binary protocol")
        reply.bytes()  # the method's name
        reply.number(">i")  # the sequence number
        if head & 0xFF == _EXCEPTION:
            raise self._application_error()
        columns: list[pa.Array] = []
        for number, kind in self._fields():  # FetchResults_result
            if number == 0 and kind == _STRUCT:
                columns = self._response()
            else:
                self._skip(kind)
        return columns

    def _response(self) -> list[pa.Array]:
        columns: list[pa.Array] = []
        for number, kind in self._fields():  # TFetchResultsResp
            if number == 1 and kind == _STRUCT:
                self._status()
            elif number == 3 and kind == _STRUCT:
                columns = self._rows()
            else:
                self._skip(kind)
        return columns

    def _rows(self) -> list[pa.Array]:
        columns: list[pa.Array] = []
        for number, kind in self._fields():  # TRowSet
            if number == 3 and kind == _LIST:
                self.incoming.number(">b")
                columns = [self._column() for _ in range(self.incoming.number(">i"))]
            else:
                self._skip(kind)
        return columns

    def _column(self) -> pa.Array:
        found: pa.Array | None = None
        for number, _ in self._fields():  # the union TColumn
            values, bits = None, b""
            for inside, kind in self._fields():  # T…Column: values, nulls
                if inside == 1 and kind == _LIST:
                    self.incoming.number(">b")
                    values = self._values(number, self.incoming.number(">i"))
                elif inside == 2:
                    bits = self.incoming.bytes()
                else:
                    self._skip(kind)
            assert values is not None, "thrift's `required`"
            found = _with_nulls(values, bits)
        assert found is not None, "a union has a member"
        return found

    def _values(self, number: int, rows: int) -> pa.Array:
        reply = self.incoming
        kind = KINDS[number][1]
        if number == 1:
            at = reply.need(rows)
            return pa.array(reply.data[at : at + rows] == 1)
        if number in _NUMBERS:
            form = np.dtype(_NUMBERS[number])
            at = reply.need(rows * form.itemsize)
            raw = reply.data[at : at + rows * form.itemsize].view(form)
            return pa.array(raw.astype(form.newbyteorder("="))).cast(kind)
        return _strings(reply, rows, kind)

    def _status(self) -> None:
        from TCLIService import ttypes

        status: dict[int, Any] = {1: ttypes.TStatusCode.SUCCESS_STATUS}
        for number, kind in self._fields():  # TStatus: code, infoMessages, sqlState, errorCode, errorMessage
            if kind == _I32:
                status[number] = self.incoming.number(">i")
            elif kind == _STRING:
                status[number] = self.incoming.bytes().decode("utf-8", "replace")
            else:
                self._skip(kind)
        self.session.succeeded(
            ttypes.TStatus(
                statusCode=status[1], sqlState=status.get(3), errorCode=status.get(4), errorMessage=status.get(5)
            )
        )

    def _application_error(self) -> Exception:
        from thrift.Thrift import TApplicationException

        said = ""
        for number, kind in self._fields():
            if number == 1 and kind == _STRING:
                said = self.incoming.bytes().decode("utf-8", "replace")
            else:
                self._skip(kind)
        return TApplicationException(message=said)

    def _fields(self) -> Any:
        """The fields of a struct: number and type; each must be taken before the next."""
        reply = self.incoming
        while (kind := reply.number(">b")) != _STOP:
            yield reply.number(">h"), kind

    def _skip(self, kind: int) -> None:
        reply = self.incoming
        if kind in _WIDTH:
            reply.need(_WIDTH[kind])
        elif kind == _STRING:
            reply.need(reply.number(">i"))
        elif kind == _STRUCT:
            for _, inside in self._fields():
                self._skip(inside)
        elif kind in (_LIST, _SET):
            inside = reply.number(">b")
            for _ in range(reply.number(">i")):
                self._skip(inside)
        elif kind == _MAP:
            key, item = reply.number(">b"), reply.number(">b")
            for _ in range(reply.number(">i")):
                self._skip(key)
                self._skip(item)


def _strings(reply: Incoming, rows: int, kind: pa.DataType) -> pa.Array:
    """A list of strings: found by their lengths while they arrive, then copied together."""
    begins, offsets = np.empty(rows, dtype=np.int64), np.zeros(rows + 1, dtype=np.int64)
    row = 0
    while True:
        row, reply.at = walk(reply.data, reply.at, reply.end, row, begins, offsets)
        if row == rows:
            break
        reply.receive(4)
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError("a column of one reply holds more than 2 GiB")
    data = np.empty(int(offsets[-1]), dtype=np.uint8)
    gather(reply.data, begins, offsets, data)
    narrow = pa.py_buffer(offsets.astype(np.int32))
    # `cast` checks that text is UTF-8.
    return pa.Array.from_buffers(pa.binary(), rows, [None, narrow, pa.py_buffer(data)]).cast(kind)


def _with_nulls(values: pa.Array, bits: bytes) -> pa.Array:
    null = nulls(bits, len(values))
    if null is None:
        return values
    valid = pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(values.type, len(values), [valid, *values.buffers()[1:]])


def _some(count: int) -> int:
    if count == 0:
        raise EOFError("the server closed the connection")
    return count
