"""Excel: cells as people see them, sheets, damage."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from washplant.errors import SetupError

from .files_reading import Write, failure, files, rows


def workbook(path: Path, *table: list[Any], sheet: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in table:
        book.active.append(row)
    book.save(path)
    return path


def test_excel_cells_as_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["id", "n", "day", "at", "ok", "time", "f"],
        ["007", 12.0, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4), True, datetime.time(5, 6), 0.1],
        [],
        [None, 10, None, datetime.datetime(2024, 1, 2), False],
    )
    assert rows(path) == [
        {
            "id": "007",
            "n": "12",
            "day": "2024-01-02",
            "at": "2024-01-02T03:04:00",
            "ok": "true",
            "time": "05:06:00",
            "f": "0.1",
        },
        {"id": None, "n": "10", "day": None, "at": "2024-01-02T00:00:00", "ok": "false", "time": None, "f": None},
    ]


def test_excel_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"], sheet="工单")
    assert rows(path, sheet="工单") == [{"id": "1"}]
    error = failure(path, sheet="tickets")
    assert "工单" in error.next_step


def test_excel_whose_stated_dimension_is_wrong(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "b"], ["1", "2"], ["3", "4"])
    rewrite(path, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert rows(path) == [{"id": "1", "b": "2"}, {"id": "3", "b": "4"}]


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the sheet's XML inside a workbook."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith("sheet1.xml") else content)


def test_excel_formula_with_and_without_a_stored_result(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "sum"], ["1", "=1+1"])
    error = failure(path)
    assert "cell B2" in error.what and "save it" in error.next_step
    rewrite(path, lambda xml: re.sub(rb"</f><v\s*/>|</f><v></v>", b"</f><v>2</v>", xml))
    assert rows(path) == [{"id": "1", "sum": "2"}]


def test_excel_that_is_none(write: Write) -> None:
    assert "no .xlsx workbook" in failure(write("a.xlsx", b"\xd0\xcf\x11\xe0 an old .xls")).what
    assert "no .xlsx workbook" in failure(write("b.xlsx", b"")).what


def test_excel_that_is_damaged_further_down(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"], ["2"])
    rewrite(path, lambda xml: xml.replace(b'<row r="3"', b'<row <r="3"'))
    assert "damaged" in failure(path).what


def test_excel_row_beyond_the_header(tmp_path: Path) -> None:
    error = failure(workbook(tmp_path / "a.xlsx", ["id"], ["1"], ["2", "stray"]))
    assert error.where.endswith("a.xlsx:3")


def test_excel_empty_sheet(tmp_path: Path) -> None:
    plan = files(workbook(tmp_path / "a.xlsx")).plan({})
    assert plan.splits == () and any("empty" in line for line in plan.statements)


def test_excel_without_openpyxl_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], ["1"])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(SetupError, match="openpyxl") as caught:
        rows(path)
    assert "washplant[excel]" in caught.value.next_step
