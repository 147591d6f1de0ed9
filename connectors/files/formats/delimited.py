"""CSV and TSV with a header, by pyarrow in blocks; every column is text as written.

An empty field is null and a quoted empty field (`""`) is the empty string, as PostgreSQL's COPY and Spark have it, so
what the file distinguishes stays distinct. Empty lines are skipped.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from connectors.files.find import DataFile
from connectors.files.formats.base import (
    EMPTY,
    PEEK_BYTES,
    Batches,
    Part,
    Peek,
    Reading,
    checked_header,
    estimated_rows,
    text_columns,
)
from connectors.files.formats.text import BLOCK_BYTES, Utf8Stream, head, text_lines
from washplant.errors import SourceDataError

# The row that we append to every file: if it does not come out as the last one, a quote was left open. NUL is not text.
_END = "\0end"
_MAX_BLOCK_BYTES = 1 << 30
_BOM = "\ufeff"


@dataclass(frozen=True)
class Delimited:
    """Comma- or tab-separated text; quotes are doubled inside quotes, as in RFC 4180."""

    delimiter: str

    @property
    def options(self) -> frozenset[str]:
        return frozenset({"encoding", "delimiter"})

    def peek(self, file: DataFile, how: Reading) -> Peek:
        text = head(file, how, PEEK_BYTES)
        names = self._header(text, file, how)
        if not names:
            return EMPTY
        positions = checked_header(names, how.at(file, 1), how.wanted)
        rows = estimated_rows(file, how, text, max(_lines(text) - 1, 0), whole=len(text) < PEEK_BYTES)
        return Peek(text_columns(positions), (Part(rows=rows),))

    def read(self, file: DataFile, _part: Mapping[str, Any], names: Sequence[str], how: Reading) -> Batches:
        header = self._header(head(file, how, PEEK_BYTES), file, how)
        positions = checked_header(header, how.at(file, 1), names)
        chosen = {name: positions[name] for name in names if name in positions}
        done, block_bytes = 0, BLOCK_BYTES
        while True:
            try:
                for batch in self._batches(file, header, chosen, block_bytes, 1 + done, how):
                    yield batch
                    done += batch.num_rows
                return
            except pa.ArrowInvalid as error:
                # A row longer than a block: start over with larger ones, past the rows that were handed out.
                if "straddling" not in str(error) or block_bytes * 8 > _MAX_BLOCK_BYTES:
                    raise self._diagnosed(file, header, how, str(error)) from error
                block_bytes *= 8

    def _batches(
        self,
        file: DataFile,
        header: Sequence[str],
        chosen: Mapping[str, int],
        block_bytes: int,
        skip: int,
        how: Reading,
    ) -> Iterator[pa.RecordBatch]:
        """The rows after the first `skip`; the header is one (blank lines may precede it, so Arrow cannot skip it)."""
        ended = False
        for batch in self._with_end(file, header, chosen, block_bytes, how):
            if batch.num_rows and batch.column(0)[-1].as_py() == _END:
                batch, ended = batch.slice(0, batch.num_rows - 1), True
            skipped = min(skip, batch.num_rows)
            skip -= skipped
            arrays = [batch.column(f"c{i}").slice(skipped) for i in chosen.values()]
            yield pa.record_batch(arrays, names=list(chosen))
        if not ended:
            raise self._diagnosed(file, header, how, "a quote is not closed")

    def _with_end(
        self, file: DataFile, header: Sequence[str], chosen: Mapping[str, int], block_bytes: int, how: Reading
    ) -> Iterator[pa.RecordBatch]:
        """Arrow's batches, the end row included. Columns are named by place: a header may have a name twice."""
        delimiter = how.delimiter or self.delimiter
        tail = "\n" + _END + delimiter * (len(header) - 1) + "\n"
        places = sorted({0, *chosen.values()})
        with file.open_stream() as raw:
            reader = pa_csv.open_csv(
                pa.PythonFile(Utf8Stream(raw, file, how, tail=tail.encode()), mode="r"),
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    block_size=block_bytes,
                    column_names=[f"c{i}" for i in range(len(header))],
                ),
                parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    check_utf8=False,  # Utf8Stream did
                    include_columns=[f"c{i}" for i in places],
                    column_types={f"c{i}": pa.string() for i in places},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            yield from reader

    def _header(self, text: bytes, file: DataFile, how: Reading) -> list[str]:
        rows = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=how.delimiter or self.delimiter)
        try:
            return next((row for row in rows if row), [])
        except csv.Error as error:
            raise SourceDataError(
                f"the header cannot be read: {error}", where=how.at(file, 1), next_step="check `format` and `delimiter`"
            ) from error

    def _diagnosed(self, file: DataFile, header: Sequence[str], how: Reading, otherwise: str) -> SourceDataError:
        """Reads the file again, slowly, for the first row that is wrong: Arrow does not say in which line it is."""
        delimiter = how.delimiter or self.delimiter
        line, what, step = None, otherwise, "check `format`, `delimiter` and the quotes"
        with file.open_stream() as raw, _long_fields():
            lines = _then(text_lines(Utf8Stream(raw, file, how)), _END + delimiter * (len(header) - 1))
            rows = csv.reader(lines, delimiter=delimiter)
            before = 0
            try:
                for row in rows:
                    line, before = before + 1, rows.line_num
                    if row[:1] != [_END] and any(_END in field for field in row):
                        what, step = "a quote opened in this row is never closed", 'write a quote inside quotes as ""'
                        break
                    if row and len(row) != len(header):
                        what = f"the row has {len(row)} fields, the header has {len(header)}"
                        step = f"quote fields that hold {delimiter!r} or a line end, or check `delimiter`"
                        break
                else:
                    line = None
            except csv.Error:
                line, what = rows.line_num, "there is a carriage return inside a field that is not quoted"
                step = "quote fields that hold line ends"
        return SourceDataError(what, where=how.at(file, line), next_step=step)


def _lines(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n"))


def _then(lines: Iterator[str], last: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        line = line.removeprefix(_BOM) if number == 0 else line
        yield line if line.endswith("\n") else line + "\n"
    yield last + "\n"


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """csv refuses fields beyond 128 KiB; the limit is the module's, so it is put back."""
    before = csv.field_size_limit(_MAX_BLOCK_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)
