"""Excel workbooks: one sheet, streamed, its first row that is not empty as header, every cell as text.

A cell becomes the text that loses nothing: 12 for a whole number, ISO 8601 for dates, true and false, a formula's
stored result. Empty cells are null. Excel itself keeps 15 digits of a number: a long id must be a text cell there.
"""

from __future__ import annotations

import contextlib
import datetime
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa

from connectors.base import BATCH_BYTES
from connectors.files.find import DataFile
from connectors.files.formats.base import Batches, Part, Peek, Reading, checked_header, text_columns
from washplant.errors import SetupError, SourceDataError, SourceSchemaError

Cells = list[str | None]


@dataclass(frozen=True)
class Excel:
    """The first sheet, or the one that `sheet` names."""

    @property
    def options(self) -> frozenset[str]:
        return frozenset({"sheet"})

    def peek(self, file: DataFile, how: Reading) -> Peek:
        with _sheet(file, how) as sheet:
            line, header = next(_rows(sheet), (0, []))
        if not header:
            return Peek({}, (), notes=("the sheet is empty: 0 rows",))
        positions = checked_header([name or "" for name in header], how.at(file, line), how.wanted)
        return Peek(text_columns(positions), (Part(),))

    def read(self, file: DataFile, _part: Mapping[str, Any], names: Sequence[str], how: Reading) -> Batches:
        with _sheet(file, how) as sheet:
            _check_calculated(sheet, file, how)
            rows = _rows(sheet)
            line, header = next(rows, (0, []))
            positions = checked_header([name or "" for name in header], how.at(file, line), names)
            chosen = {name: positions[name] for name in names if name in positions}
            held: list[Cells] = []
            size = 0
            for line, cells in rows:
                if len(cells) > len(header):
                    raise SourceDataError(
                        f"the row has {len(cells)} cells, the header has {len(header)}",
                        where=how.at(file, line),
                        next_step="name every column in the first row, or clear the cells beside the table",
                    )
                held.append(cells + [None] * (len(header) - len(cells)))
                size += sum(len(cell) for cell in cells if cell)
                if size >= BATCH_BYTES // 4:  # up to four bytes a character
                    yield _batch(held, chosen)
                    held, size = [], 0
            if held:
                yield _batch(held, chosen)


def _batch(rows: list[Cells], chosen: Mapping[str, int]) -> pa.RecordBatch:
    arrays = [pa.array([cells[i] for cells in rows], pa.string()) for i in chosen.values()]
    return pa.record_batch(arrays, names=list(chosen))


@contextlib.contextmanager
def _sheet(file: DataFile, how: Reading) -> Iterator[Any]:
    """The open sheet. Raises SetupError (no openpyxl), SourceDataError (no workbook), SourceSchemaError (no sheet)."""
    try:
        import openpyxl
    except ImportError as error:
        raise SetupError(
            "Excel files need openpyxl", where=how.at(file), next_step="run: pip install 'washplant[excel]'"
        ) from error
    with file.open_file() as raw, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which we do not read
        try:
            book = openpyxl.load_workbook(raw, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            raise SourceDataError(
                f"this is no .xlsx workbook: {error}",
                where=how.at(file),
                next_step="open it in Excel and save it as .xlsx, without a password",
            ) from error
        try:
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            name = how.sheet if how.sheet is not None else next(iter(sheets), None)
            if name is None or name not in sheets:
                raise SourceSchemaError(
                    f"there is no sheet {name!r}", where=how.at(file), next_step=f"its sheets are {', '.join(sheets)}"
                )
            sheets[name].reset_dimensions()  # other programs write a wrong one, and rows beyond it would be lost
            with _whole(file, how):
                yield sheets[name]
        finally:
            book.close()


@contextlib.contextmanager
def _whole(file: DataFile, how: Reading) -> Iterator[None]:
    """Damage that shows only further down the file."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, EOFError) as error:
        raise SourceDataError(
            f"the workbook is damaged: {error}", where=how.at(file), next_step="save or copy the file again"
        ) from error


def _check_calculated(sheet: Any, file: DataFile, how: Reading) -> None:
    """A formula that was never calculated has no result; its cell would silently be null."""
    member = sheet._worksheet_path.lstrip("/")
    with file.open_file() as raw, zipfile.ZipFile(raw) as archive, archive.open(member) as xml:
        before = b""
        while block := xml.read(1 << 20):
            text = before + block
            for mark in (b"</f></c>", b"</f><v/></c>", b"</f><v /></c>", b"</f><v></v></c>"):
                at = text.find(mark)
                if at >= 0:
                    cell = text[text.rfind(b"<c ", 0, at) : at].partition(b'r="')[2].partition(b'"')[0].decode()
                    raise SourceDataError(
                        f"the formula in cell {cell} of sheet {sheet.title!r} has no stored result",
                        where=how.at(file),
                        next_step="open the file in Excel or LibreOffice and save it, so that formulas are calculated",
                    )
            before = text[-4096:]


def _rows(sheet: Any) -> Iterator[tuple[int, Cells]]:
    """Rows that are not empty with their numbers, cells as text, without empty cells at the end."""
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [_text(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: Any) -> str | None:
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        is_date = value.time() == datetime.time() and "h" not in (cell.number_format or "").lower()
        return value.date().isoformat() if is_date else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
