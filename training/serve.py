"""A small endpoint with OpenAI's chat protocol, for trying a model: loopback, a token, one answer at a time."""

from __future__ import annotations

import hmac
import json
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from training.chat import Chat, Count, Wish
from training.conversations import Message

LONGEST_REQUEST = 1 << 20
"""Bytes of a request that are read."""


class Endpoint(ThreadingHTTPServer):
    """The server; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, chat: Chat, token: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.chat, self.token = chat, token

    @property
    def url(self) -> str:
        """What clients call base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Request(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        if self._allowed("/v1/models"):
            model = {"id": self.server.chat.name, "object": "model", "created": 0, "owned_by": "washplant"}
            self._send(200, {"object": "list", "data": [model]})

    def do_POST(self) -> None:
        if not self._allowed("/v1/chat/completions"):
            return
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            messages, wish = messages_of(asked), wish_of(asked)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._refuse(400, f"not a chat request: {error}")
            return
        self._answer(messages, wish, stream=bool(asked.get("stream")))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet: requests hold what people asked."""

    def _allowed(self, path: str) -> bool:
        given, length = self.headers.get("Authorization") or "", self.headers.get("Content-Length") or "0"
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            self._refuse(401, "the token is missing or wrong")
        elif self.path.partition("?")[0] != path:
            self._refuse(404, f"there are GET /v1/models and POST /v1/chat/completions, not {self.command} {self.path}")
        elif not length.isdecimal() or int(length) > LONGEST_REQUEST:
            self._refuse(413, f"the length is unknown or more than {LONGEST_REQUEST} bytes")
        else:
            return True
        return False

    def _answer(self, messages: list[Message], wish: Wish, *, stream: bool) -> None:
        count = Count()
        kind = "chat.completion.chunk" if stream else "chat.completion"
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": kind,
            "created": int(time.time()),
            "model": self.server.chat.name,
        }
        pieces = self.server.chat.answer(messages, wish, count)
        try:
            if not stream:
                message = {"role": "assistant", "content": "".join(pieces).strip()}
                choice = {"index": 0, "message": message, "finish_reason": count.finish_reason}
                self._send(200, {**head, "choices": [choice], "usage": _usage(count)})
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.end_headers()
            for piece in pieces:
                self._event({**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
            last = {"index": 0, "delta": {}, "finish_reason": count.finish_reason}
            self._event({**head, "choices": [last], "usage": _usage(count)})
            self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # the reader hung up
        finally:
            pieces.close()

    def _event(self, body: Mapping[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode())

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error", "code": status}})

    def _send(self, status: int, body: Mapping[str, Any]) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def messages_of(asked: Mapping[str, Any]) -> list[Message]:
    """The turns of a request; content in parts becomes one text. Raises ValueError where there are none."""
    messages = []
    for turn in asked["messages"]:
        content = turn["content"]
        text = content if isinstance(content, str) else "\n".join(part["text"] for part in content if part["type"] == "text")
        messages.append({"role": str(turn["role"]), "content": text})
    if not messages:
        raise ValueError("messages is empty")
    return messages


def wish_of(asked: Mapping[str, Any]) -> Wish:
    """What a request says on generating. Raises ValueError for values outside OpenAI's ranges."""
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens") or Wish.max_tokens
    temperature, top_p = asked.get("temperature"), asked.get("top_p")
    wish = Wish(int(limit), float(temperature or 0), 1.0 if top_p is None else float(top_p))
    if wish.max_tokens < 1 or not 0 <= wish.temperature <= 2 or not 0 < wish.top_p <= 1:
        raise ValueError("max_tokens >= 1, 0 <= temperature <= 2 and 0 < top_p <= 1 are wanted")
    return wish


def _usage(count: Count) -> dict[str, int]:
    both = count.asked + count.answered
    return {"prompt_tokens": count.asked, "completion_tokens": count.answered, "total_tokens": both}
