"""JSON Lines: one object a line, cut in byte ranges on line ends, every column as text (`json_values`)."""

from __future__ import annotations

import codecs
import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from connectors.files.find import DataFile
from connectors.files.formats.base import EMPTY, PEEK_BYTES, Batches, Part, Peek, Reading, estimated_rows, text_columns
from connectors.files.formats.json_arrow import Kinds, quick_batch
from connectors.files.formats.json_values import JsonError, Row, batch_of, row_of
from connectors.files.formats.text import BLOCK_BYTES, Utf8Stream, head
from washplant.errors import SourceDataError

SPLIT_BYTES = 32 << 20
_SAMPLE_LINES = 200
_SEEK_BYTES = 64 << 10


@dataclass(frozen=True)
class JsonLines:
    """Blank lines are skipped; null and a missing key are null."""

    @property
    def options(self) -> frozenset[str]:
        return frozenset({"encoding"})

    def peek(self, file: DataFile, how: Reading) -> Peek:
        text = head(file, how, PEEK_BYTES)
        complete = len(text) < PEEK_BYTES
        if not complete:
            text = text[: text.rfind(b"\n") + 1] or _first_line(file, how)
        rows = [row for _, row in _rows(text, 1, file, how)]
        if complete and not rows:
            return EMPTY
        estimate = estimated_rows(file, how, text, len(rows), whole=complete)
        return Peek(text_columns(itertools.chain(*rows)), _parts(file, how, estimate), complete, fixed=False)

    def read(self, file: DataFile, part: Mapping[str, Any], names: Sequence[str], how: Reading) -> Batches:
        others: Literal["error", "ignore"] = "error" if how.wanted is None else "ignore"
        kinds: Kinds | None = None
        sampled = False
        for first_line, block in _blocks(file, part, how):
            if not sampled:
                sample = itertools.islice(_rows(block, first_line, file, how), _SAMPLE_LINES)
                kinds, sampled = Kinds.seen([row for _, row in sample], names), True
            batch = quick_batch(block, kinds, others=others) if kinds else None
            if batch is None:
                numbered = list(_rows(block, first_line, file, how))
                batch = batch_of(numbered, names, file, how)
                kinds = Kinds.seen([row for _, row in numbered], names)
            yield batch


def _rows(block: bytes, first_line: int, file: DataFile, how: Reading) -> Iterator[tuple[int, Row]]:
    """The rows of whole lines with their line numbers. Raises SourceDataError at a line that is not an object."""
    for line, text in enumerate(block.decode().split("\n"), first_line):
        if text and not text.isspace():
            try:
                yield line, row_of(text)
            except JsonError as error:
                raise SourceDataError(error.what, where=how.at(file, line), next_step=error.next_step) from None


def _blocks(file: DataFile, part: Mapping[str, Any], how: Reading) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines with the number of their first line. A range owns the lines that start inside it."""
    start, end = part.get("start", 0), part.get("end")
    with file.open_stream() if file.compression else file.open_file() as raw:
        position = _next_line(raw, start) if start else 0
        before = functools.cache(lambda: _lines_before(file, position))
        if end is not None and position >= end:
            return
        stream = Utf8Stream(raw, file, how, start=position, lines_before=before)
        block, lines = b"", 0
        while more := stream.text(BLOCK_BYTES):
            block += more
            if end is not None and position + len(block) >= end:
                last = block.find(b"\n", max(end - 1 - position, 0)) + 1
                if last:
                    block = block[:last]
                    break
                continue
            whole = block.rfind(b"\n") + 1
            if whole:
                yield before() + lines + 1, _without_mark(block[:whole], position)
                lines += block.count(b"\n", 0, whole)
                position, block = position + whole, block[whole:]
        if block:
            yield before() + lines + 1, _without_mark(block, position)


def _next_line(raw: pa.NativeFile, start: int) -> int:
    """Moves to the first line that starts at or after `start`."""
    raw.seek(start - 1)
    while block := raw.read(_SEEK_BYTES):
        at = block.find(b"\n")
        if at >= 0:
            raw.seek(raw.tell() - len(block) + at + 1)
            break
    return int(raw.tell())


def _lines_before(file: DataFile, position: int) -> int:
    with file.open_file() as raw:
        lines = 0
        while position and (block := raw.read(min(position, BLOCK_BYTES))):
            lines, position = lines + block.count(b"\n"), position - len(block)
    return lines


def _without_mark(block: bytes, position: int) -> bytes:
    return block.removeprefix(codecs.BOM_UTF8) if position == 0 else block


def _parts(file: DataFile, how: Reading, rows: int | None) -> tuple[Part, ...]:
    # A byte range needs bytes that are lines wherever one looks: not compressed, and \n nowhere inside a character.
    if file.compression or how.encoding != "utf-8" or file.size <= SPLIT_BYTES:
        return (Part(rows=rows),)
    count = math.ceil(file.size / SPLIT_BYTES)
    cuts = [file.size * i // count for i in range(count + 1)]
    share = None if rows is None else rows // count
    return tuple(
        Part({"start": start, "end": end}, f"bytes {start:,} to {end:,}", share) for start, end in itertools.pairwise(cuts)
    )


def _first_line(file: DataFile, how: Reading) -> bytes:
    """The first line of a file whose first line is longer than what a plan looks at."""
    return next(iter(_blocks(file, {"end": 1}, how)))[1]
