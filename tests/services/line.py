"""A TCP line between a client and a real server that can be cut or held, as bad networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """Forwards connections to `target`. The first ones break after as many bytes from the server as `cuts` say; with
    `hold_s` they fall silent for that long instead."""

    target: tuple[str, int]
    cuts: list[int] = field(default_factory=list)
    hold_s: float = 0
    connections: int = 0
    port: int = 0
    open_sockets: list[socket.socket] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            cut = self.cuts[self.connections] if self.connections < len(self.cuts) else None
            self.connections += 1
            server = socket.create_connection(self.target)
            self.open_sockets += [client, server]
            threading.Thread(target=self._copy, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, client, cut), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, left: int | None) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if left is not None and len(piece) >= left:
                    sink.sendall(piece[:left])
                    time.sleep(self.hold_s)
                    break
                sink.sendall(piece)
                left = None if left is None else left - len(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # `close` alone says nothing while the other thread waits for bytes


@contextmanager
def line(host: str, port: int, *cuts: int, hold_s: float = 0) -> Iterator[Line]:
    """A line to host:port on `Line.port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Line((host, port), list(cuts), hold_s, port=listener.getsockname()[1])
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
        for each in made.open_sockets:
            each.close()
