"""File formats: each in one file with the same two functions, `peek` (what is in a file) and `read` (its rows)."""

from __future__ import annotations

from connectors.files.formats.base import Format
from connectors.files.formats.delimited import Delimited
from connectors.files.formats.excel import Excel
from connectors.files.formats.json_lines import JsonLines
from connectors.files.formats.json_text import JsonText
from connectors.files.formats.parquet import Parquet

FORMATS: dict[str, Format] = {
    "csv": Delimited(","),
    "tsv": Delimited("\t"),
    "jsonl": JsonLines(),
    "json": JsonText(),
    "parquet": Parquet(),
    "xlsx": Excel(),
}

EXTENSIONS = {**{name: name for name in FORMATS}, "ndjson": "jsonl", "parq": "parquet", "xlsm": "xlsx"}
"""The format of a file by its extension."""

__all__ = ["EXTENSIONS", "FORMATS", "Format"]
