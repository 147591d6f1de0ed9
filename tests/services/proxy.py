"""A TCP proxy on loopback that misbehaves: it cuts a connection after some bytes, or goes silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

_PIECE = 4096


class Proxy:
    """Forwards to `target`. `faults` holds, for each connection in turn, how many bytes the server may send before the
    fault; connections beyond the list are left alone. `stall` keeps the faulty connection open and silent; otherwise it is
    closed."""

    def __init__(self, target: tuple[str, int], faults: list[int], *, stall: bool = False) -> None:
        self.target, self.faults, self.stall = target, faults, stall
        self.connections = 0
        self.done = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.done.set()
        for each in self.open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while not self.done.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self.open += [client, server]
            allowed = self.faults[self.connections] if self.connections < len(self.faults) else None
            self.connections += 1
            threading.Thread(target=self._forward, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, allowed), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, allowed: int | None) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE if allowed is None else min(_PIECE, allowed + 1)):
                if allowed is not None:
                    sink.sendall(piece[:allowed])
                    allowed -= len(piece)
                    if allowed < 0:
                        if self.stall:
                            self.done.wait()
                        break
                else:
                    sink.sendall(piece)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy(facts: dict[str, Any], faults: list[int], *, stall: bool = False) -> Iterator[Proxy]:
    made = Proxy((facts["host"], facts["port"]), faults, stall=stall)
    try:
        yield made
    finally:
        made.close()
