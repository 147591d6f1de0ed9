"""A TCP proxy on loopback in front of a real server, which cuts connections or falls silent, as bad networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Proxy:
    """Forwards connections to `target`. The first ones end after as many bytes from the server as `cuts` say; with
    `hold_s` they are silent for that long before. `connections` and `sent` (bytes to clients) count."""

    def __init__(self, target: tuple[str, int], cuts: Sequence[int], hold_s: float) -> None:
        self.target, self.cuts, self.hold_s = target, cuts, hold_s
        self.connections = self.sent = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()
        self._done = threading.Event()
        self._open: list[socket.socket] = [self.listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def close(self) -> None:
        self._done.set()
        for each in self._open:
            _hang_up(each)
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            cut = self.cuts[self.connections] if self.connections < len(self.cuts) else None
            self.connections += 1
            server = socket.create_connection(self.target)
            self._open += [client, server]
            for ends in ((client, server, False, None), (server, client, True, cut)):
                thread = threading.Thread(target=self._forward, args=ends, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket, to_client: bool, left: int | None) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 14):
                cut = left is not None and len(piece) >= left
                piece = piece[:left] if cut else piece
                sink.sendall(piece)
                self.sent += len(piece) if to_client else 0
                if cut:
                    self._done.wait(self.hold_s)
                    break
                left = None if left is None else left - len(piece)
        for end in (source, sink):
            _hang_up(end)  # `close` alone says nothing while the other thread waits for bytes


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(host: str, port: int, *cuts: int, hold_s: float = 0) -> Iterator[Proxy]:
    """A proxy to host:port; see `Proxy`."""
    made = Proxy((host, port), cuts, hold_s)
    try:
        yield made
    finally:
        made.close()
