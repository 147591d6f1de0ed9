"""An HTTP proxy on loopback in front of a real server that spoils answers as bad networks and gateways do."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPOILERS = ("502 after", "502 before", "429", "401", "slow", "half", "hang up")


class HttpProxy:
    """`spoil(method, part of the path, how)` spoils the next such request; `requests` counts what came, by method."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.requests: Counter[str] = Counter()
        self.planned: list[tuple[str, str, str]] = []
        self.done: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *arguments: object) -> None:
                pass

            def handle_any(self) -> None:
                proxy.serve(self)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def spoil(self, method: str, path: str, *how: str) -> None:
        assert set(how) <= set(SPOILERS)
        self.planned += [(method, path, each) for each in how]

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        self.requests[request.command] += 1
        how = self._plan(request)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if how in ("502 before", "429", "401"):
            return self._answer(request, int(how[:3]), b"{}", {"Retry-After": "1"} if how == "429" else {})
        if how == "slow":
            time.sleep(1)
        status, headers, answer = self._forward(request, body)
        if how == "502 after":
            return self._answer(request, 502, b"<html>bad gateway</html>", {})
        if how == "hang up":
            request.close_connection = True
            return None
        if how == "half":
            request.send_response(status)
            request.send_header("Content-Length", str(len(answer)))
            request.end_headers()
            request.wfile.write(answer[: len(answer) // 2])
            request.close_connection = True
            return None
        return self._answer(request, status, answer, {"Content-Type": headers.get("Content-Type", "")})

    def _plan(self, request: BaseHTTPRequestHandler) -> str:
        for plan in self.planned:
            if plan[0] == request.command and plan[1] in request.path:
                self.planned.remove(plan)
                self.done.append(plan[2])
                return plan[2]
        return ""

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection(*self.target, timeout=60)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "accept-encoding", "connection")}
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def http_proxy(host: str, port: int) -> Iterator[HttpProxy]:
    """A proxy to host:port; see `HttpProxy`."""
    made = HttpProxy(host, port)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        made.thread.join()
