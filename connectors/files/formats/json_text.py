"""A JSON file: an array of objects, or objects one after another, which is what Spark and many exports call `.json`.

Elements are decoded one by one from a moving window of text, so a file of any size is read in bounded memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.files.find import DataFile
from connectors.files.formats.base import EMPTY, PEEK_BYTES, Batches, Part, Peek, Reading, text_columns
from connectors.files.formats.json_values import DECODER, JsonError, Row, batch_of, kind_of
from connectors.files.formats.text import BLOCK_BYTES, Utf8Stream
from washplant.errors import SourceDataError

_WHITESPACE = " \t\r\n"
_BOM = "\ufeff"
_LONGEST_TOKEN = 16  # characters: \\ud83d\\ude00 is cut in the worst place


@dataclass(frozen=True)
class JsonText:
    """Every column as text, as in JSON Lines."""

    @property
    def options(self) -> frozenset[str]:
        return frozenset({"encoding"})

    def peek(self, file: DataFile, how: Reading) -> Peek:
        names: dict[str, None] = {}
        count = 0
        complete = True
        for _, row, position in _Elements(file, how, PEEK_BYTES):
            names |= dict.fromkeys(row)
            count += 1
            if position >= PEEK_BYTES:
                complete = False
                break
        if not count:
            return EMPTY
        return Peek(text_columns(names), (Part(rows=count if complete else None),), complete, fixed=False)

    def read(self, file: DataFile, _part: Mapping[str, Any], names: Sequence[str], how: Reading) -> Batches:
        numbered: list[tuple[int, Row]] = []
        begin = 0
        for line, row, position in _Elements(file, how, BLOCK_BYTES):
            numbered.append((line, row))
            if position - begin >= BLOCK_BYTES:
                yield batch_of(numbered, names, file, how)
                numbered, begin = [], position
        if numbered:
            yield batch_of(numbered, names, file, how)


class _Elements:
    """Iterates over (line, object, characters read so far)."""

    def __init__(self, file: DataFile, how: Reading, block_bytes: int) -> None:
        self._file, self._how, self._block_bytes = file, how, block_bytes
        self._text, self._at, self._dropped, self._line, self._ended = "", 0, 0, 1, False

    def __iter__(self) -> Iterator[tuple[int, Row, int]]:
        with self._file.open_stream() as raw:
            self._stream = Utf8Stream(raw, self._file, self._how)
            self._more()
            self._text = self._text.removeprefix(_BOM)
            in_array = self._next() == "["
            if in_array:
                self._at += 1
            comma = False
            while (character := self._next()) and not (in_array and character == "]"):
                if comma:
                    self._expect(character, ",")
                yield self._line, self._element(), self._dropped + self._at
                comma = in_array
            if in_array:
                self._expect(character, "]")
                if self._next():
                    raise self._error("there is text after the end of the array", "remove it")

    def _next(self) -> str:
        """The next character that is not white space, "" at the end."""
        while True:
            begin = self._at
            while self._at < len(self._text) and self._text[self._at] in _WHITESPACE:
                self._at += 1
            self._line += self._text.count("\n", begin, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _expect(self, character: str, expected: str) -> None:
        if character != expected:
            found = f"{character!r}" if character else "the end of the file"
            raise self._error(f"the JSON is broken: {expected!r} was expected, not {found}", "correct or write the file again")
        self._at += 1
        self._next()

    def _element(self) -> Row:
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # Near the end of the window it may only mean that the object goes on; anywhere else the file is broken.
                cut = error.pos > len(self._text) - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")
                if cut and self._more():
                    continue
                self._line += self._text.count("\n", self._at, error.pos)
                raise self._error(f"the JSON is broken: {error.msg}", "correct or write the file again") from None
            except JsonError as error:
                raise self._error(error.what, error.next_step) from None
            except RecursionError:
                raise self._error("the JSON is nested too deeply", "remove the row") from None
            if not isinstance(value, dict):
                step = 'the file must hold objects: [{"id": 1}, …] or one after another'
                raise self._error(f"{kind_of(value)} is not a row", step)
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            return value

    def _more(self) -> bool:
        """Reads on, twice as far each time that an element does not fit; False at the end."""
        left = len(self._text) - self._at
        block = self._stream.text(max(self._block_bytes, left))
        self._dropped += self._at
        self._text, self._at = self._text[self._at :] + block.decode(), 0
        return bool(block)

    def _error(self, what: str, next_step: str) -> SourceDataError:
        return SourceDataError(what, where=self._how.at(self._file, self._line), next_step=next_step)
