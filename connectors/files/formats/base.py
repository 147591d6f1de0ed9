"""The contract of a file format, and what formats share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from connectors.files.find import DataFile
from washplant.errors import SourceDataError, SourceSchemaError

Batches = Iterator[pa.RecordBatch]

PEEK_BYTES = 1 << 20
"""How much of a file the plan reads to learn its columns, where the format has no header that lists them."""


@dataclass(frozen=True)
class Reading:
    """How files are to be read. `wanted` are the columns to read; None: all, and one not planned is an error."""

    source: str
    encoding: str = "utf-8"
    delimiter: str | None = None
    sheet: str | None = None
    wanted: tuple[str, ...] | None = None

    def at(self, file: DataFile, line: int | None = None) -> str:
        """The place, for an error."""
        return f"source {self.source}, {file.shown}" + (f":{line}" if line is not None else "")


@dataclass(frozen=True)
class Part:
    """What one worker reads of a file; `spec` is JSON data for the format's own `read`."""

    spec: Mapping[str, Any] = field(default_factory=dict)
    describe: str = ""
    rows: int | None = None


@dataclass(frozen=True)
class Peek:
    """What a plan knows of a file. `others` are columns that are not wanted.

    `complete`: it has no columns beside these. `fixed`: every row has all of them, as under a header.
    """

    columns: Mapping[str, pa.DataType]
    parts: tuple[Part, ...] = (Part(),)
    complete: bool = True
    fixed: bool = True
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Format(Protocol):
    """How one kind of file is read. `options` names those of `FilesOptions` that it heeds."""

    @property
    def options(self) -> frozenset[str]: ...

    def peek(self, file: DataFile, how: Reading) -> Peek: ...

    def read(self, file: DataFile, part: Mapping[str, Any], names: Sequence[str], how: Reading, /) -> Batches:
        """Batches with those of the columns `names` that the file has."""
        ...


EMPTY = Peek(columns={}, parts=(), notes=("the file is empty: 0 rows",))


def text_columns(names: Iterable[str]) -> dict[str, pa.DataType]:
    """Columns of a format that carries no types: all are text, as written."""
    return dict.fromkeys(names, pa.string())


def checked_header(names: Sequence[str], where: str, wanted: Sequence[str] | None) -> dict[str, int]:
    """Column positions by name. Raises SourceSchemaError for a wanted name that is there twice, or for none."""
    positions: dict[str, int] = {}
    for i, name in enumerate(names):
        strict = wanted is None or name in wanted
        if not strict and (not name or name in positions):
            continue
        if not name:
            raise SourceSchemaError(
                f"column {i + 1} has no name in the header",
                where=where,
                next_step="name it in the file, or list the wanted ones in `columns`",
            )
        if name in positions:
            raise SourceSchemaError(
                f"the header has {name!r} twice, as column {positions[name] + 1} and {i + 1}",
                where=where,
                next_step="rename one in the file, or leave it out of `columns`",
            )
        positions[name] = i
    return positions


def estimated_rows(file: DataFile, how: Reading, sample: bytes, rows: int, *, whole: bool) -> int | None:
    """A file's rows, given those of a sample (UTF-8) from its start; the size of a compressed file tells nothing."""
    if whole:
        return rows
    stored = len(sample) if how.encoding == "utf-8" else len(sample.decode().encode(how.encoding))
    return None if file.compression else round(file.size * rows / stored)


@contextlib.contextmanager
def explained(file: DataFile, how: Reading) -> Iterator[None]:
    """Errors of the operating system and of decompression in our words."""
    try:
        yield
    except FileNotFoundError as error:
        file.ensure_unchanged(how.at(file))
        raise SourceDataError("the file is gone", where=how.at(file), next_step="run the same command again") from error
    except PermissionError as error:
        raise SourceDataError(
            "this user may not read the file", where=how.at(file), next_step="grant the permission to read it"
        ) from error
    except (OSError, EOFError) as error:
        what = "the compressed file is cut off or broken" if file.compression else "the file cannot be read"
        raise SourceDataError(
            f"{what}: {error}", where=how.at(file), next_step="copy or write the file again, then run the same command"
        ) from error
