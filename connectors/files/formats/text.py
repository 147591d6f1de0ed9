"""Text files as UTF-8 bytes: decompressed, transcoded, checked block by block, with the line of the first bad byte."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

import pyarrow as pa

from connectors.files.find import DataFile
from connectors.files.formats.base import Reading
from washplant.errors import SourceDataError

BLOCK_BYTES = 4 << 20

_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GUESS_BYTES = 1 << 20


class Utf8Stream:
    """A file-like object for pyarrow and for us. Raises SourceDataError at bytes that are not text in the encoding.

    `tail` is appended at the end of the file. `raw` stands at byte `start`; `lines_before` tells how many
    lines lie before it, and is asked only when there is an error to place.
    """

    def __init__(
        self,
        raw: pa.NativeFile,
        file: DataFile,
        how: Reading,
        *,
        tail: bytes = b"",
        start: int = 0,
        lines_before: Callable[[], int] = lambda: 0,
    ) -> None:
        self._raw, self._file, self._how, self._tail = raw, file, how, tail
        self._lines_before = lines_before
        self._decoder = None if how.encoding == "utf-8" else codecs.getincrementaldecoder(how.encoding)()
        self._held = self._ready = b""
        self._bytes, self._lines = start, 0
        self.closed = False

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end, where `tail` comes last: as pyarrow wants it."""
        while len(self._ready) < size:
            more = self.text(size)
            if not more:
                more, self._tail = self._tail, b""
                if not more:
                    break
            self._ready += more
        block, self._ready = self._ready[:size], self._ready[size:]
        return block

    def text(self, size: int) -> bytes:
        """About `size` bytes, whole characters; b"" at the end."""
        while True:
            raw = self._raw.read(size)
            text = self._decoded(raw) if self._decoder else self._checked(raw)
            if b"\0" in text:
                self._lines += text.count(b"\n", 0, text.index(b"\0"))
                raise self._error(
                    "there is a NUL byte in the text",
                    "remove it, or set `encoding: utf-16` if that is what the file is",
                )
            self._bytes += len(raw)
            self._lines += text.count(b"\n")
            if text or not raw:
                return text

    def close(self) -> None:
        self.closed = True
        self._raw.close()

    def _checked(self, raw: bytes) -> bytes:
        """UTF-8 that is only looked at: a character cut by the block's end waits for the next block."""
        text = self._held + raw
        end = _whole_characters(text) if raw else len(text)
        text, self._held = text[:end], text[end:]
        if not _is_utf8(text):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError as error:
                self._bytes -= len(text) + len(self._held) - len(raw)
                raise self._not_text(text, error.start) from None
        return text

    def _decoded(self, raw: bytes) -> bytes:
        assert self._decoder is not None
        pending = self._decoder.getstate()[0]
        try:
            return self._decoder.decode(raw, final=not raw).encode()
        except UnicodeDecodeError as error:
            self._bytes -= len(pending)
            raise self._not_text(pending + raw, error.start) from None
        except UnicodeEncodeError:
            raise self._error("there is half a surrogate pair in the text", "correct the file") from None

    def _not_text(self, block: bytes, at: int) -> SourceDataError:
        self._lines += block.count(b"\n", 0, at)
        encoding = self._how.encoding
        guess = _guess(block, at, encoding)
        step = f"set `encoding: {guess}`, as which it reads well" if guess else "set `encoding` to what the file is in"
        return self._error(f"the byte at offset {self._bytes + at:,} is not {encoding}", step)

    def _error(self, what: str, next_step: str) -> SourceDataError:
        line = self._lines_before() + self._lines + 1
        return SourceDataError(what, where=self._how.at(self._file, line), next_step=next_step)


def text_lines(stream: Utf8Stream) -> Iterator[str]:
    """The lines with their ends; only \\n ends one, as JSON and csv want it."""
    carry = ""
    while block := stream.text(BLOCK_BYTES):
        lines = (carry + block.decode()).split("\n")
        carry = lines.pop()
        for line in lines:
            yield line + "\n"
    if carry:
        yield carry


def head(file: DataFile, how: Reading, size: int) -> bytes:
    """About the first `size` bytes as UTF-8 without a byte order mark; fewer than that only if the file has no more."""
    with file.open_stream() as raw:
        stream, text = Utf8Stream(raw, file, how), b""
        while len(text) < size and (block := stream.text(size)):
            text += block
    return text.removeprefix(codecs.BOM_UTF8)


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    # Arrow checks in place and many times faster than bytes.decode.
    offsets = pa.array([0, len(text)], pa.int64()).buffers()[1]
    try:
        pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _whole_characters(text: bytes) -> int:
    """Where the last UTF-8 character that is whole ends."""
    for back in range(1, min(4, len(text) + 1)):
        byte = text[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(text) - back if back < length else len(text)
    return len(text)


def _guess(block: bytes, at: int, not_this: str) -> str | None:
    """An encoding that the text around the bad byte is probably in; Latin-1 fits any bytes, so it proves nothing."""
    for mark, encoding in _BOMS.items():
        if block.startswith(mark):
            return encoding
    line = block.rfind(b"\n", 0, at) + 1
    for encoding in ("gb18030", "utf-8"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            decoder.decode(block[line : line + _GUESS_BYTES])
        except UnicodeDecodeError:
            continue
        if encoding != not_this:
            return encoding
    return None
