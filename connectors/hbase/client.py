"""happybase's connection, opened so that replies can be taken from its socket in bulk, or read by thriftpy2 as ever.

All use of private names of happybase and thriftpy2 is in this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import happybase
from Hbase_thrift import Hbase
from thriftpy2.thrift import TClient
from thriftpy2.transport import TSocket

from connectors.hbase.rows import ClientRows


class Connection(happybase.Connection):
    """happybase's connection with its socket at hand."""

    def _refresh_thrift_client(self) -> None:
        self.socket = TSocket(host=self.host, port=self.port, socket_timeout=self.timeout)
        self.transport = self._transport_class(self.socket)
        self.client = self.client_over(self.transport)

    def client_over(self, transport: Any) -> Any:
        return TClient(Hbase, self._protocol_class(transport, decode_response=False))

    def send(self, request: str, arguments: Mapping[str, Any]) -> None:
        """Send a request whose reply will be taken by `Replies`."""
        self.client._send(request, **arguments)

    def pipelined(self, request: str, many: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The answers to requests that are all sent first: they and their answers must fit into the sockets' buffers."""
        for arguments in many:
            self.send(request, arguments)
        return [self.client._recv(request) for _ in many]

    def replay(self, request: str, received: bytes) -> None:
        """Let thriftpy2 read a reply of which `received` has been taken already; raises what it says."""
        self.client_over(self._transport_class(_Received(received, self.socket)))._recv(request)


class _Received:
    """A socket whose first bytes have been read already."""

    def __init__(self, received: bytes, socket: Any) -> None:
        self.received, self.socket = received, socket

    def read(self, size: int) -> bytes:
        piece, self.received = self.received[:size], self.received[size:]
        return piece or self.socket.read(size)


class ClientReplies:
    """Like `connectors.hbase.wire.Replies`, by happybase's own client: each reply is in memory as a whole."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._asked: list[tuple[str, Mapping[str, Any]]] = []

    def ask(self, request: str, **arguments: Any) -> None:
        self._asked.append((request, arguments))

    def rows(self, batch_bytes: int, batch_rows: int) -> Iterator[ClientRows]:
        request, arguments = self._asked.pop(0)
        found = getattr(self.connection.client, request)(**arguments)
        while found:
            size = count = 0
            for row in found[:batch_rows]:
                size += ClientRows([row]).nbytes
                if count and size > batch_bytes:
                    break
                count += 1
            yield ClientRows(found[:count])
            found = found[count:]
