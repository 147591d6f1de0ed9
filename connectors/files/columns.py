"""The columns of many files: their union, what of it is read, and errors that name the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from washplant.errors import SourceSchemaError
from washplant.names import did_you_mean


@dataclass
class Columns:
    """Columns in first-seen order, each with its type and the file that showed it first; `others` are not wanted."""

    where: str
    types: dict[str, pa.DataType] = field(default_factory=dict)
    seen_in: dict[str, str] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    _lower: dict[str, str] = field(default_factory=dict)

    def add(self, columns: Mapping[str, pa.DataType], place: str) -> None:
        """Join a file's columns. Raises SourceSchemaError where two files contradict each other."""
        for name, kind in columns.items():
            twin = self._lower.setdefault(name.lower(), name)
            if twin != name:
                raise SourceSchemaError(
                    f"{twin!r} ({self.seen_in[twin]}) and {name!r} ({place}) differ in case only, which Spark ignores",
                    where=self.where,
                    next_step="rename one of them in the files, or list the wanted one in `columns`",
                )
            before = self.types.get(name)
            common = kind if before is None else _common(before, kind)
            if common is None:
                raise SourceSchemaError(
                    f"column {name!r} is {before} in {self.seen_in[name]} and {kind} in {place}",
                    where=self.where,
                    next_step="write the files with one type, or read them as two sources",
                )
            self.types[name] = common
            self.seen_in.setdefault(name, place)

    def schema(self, wanted: Sequence[str] | None) -> pa.Schema:
        """Everything, or the wanted columns; one that no file was seen to have is text."""
        names = self.types if wanted is None else wanted
        kinds = ((name, self.types.get(name, pa.string())) for name in names)
        return pa.schema([(name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in kinds])

    def require(self, names: Iterable[str], role: str) -> None:
        """Raises SourceSchemaError for a name that no file has."""
        for name in names:
            if name not in self.types and name not in self.others:
                raise SourceSchemaError(
                    f"no file has the column {name!r} ({role})",
                    where=self.where,
                    next_step=did_you_mean(name, [*self.types, *self.others], nothing="there are no columns at all"),
                )


_WIDENING = (
    (pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    (pa.float32(), pa.float64()),
)


def _common(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """The type that holds both without a loss."""
    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    for line in _WIDENING:
        if a in line and b in line:
            return line[max(line.index(a), line.index(b))]
    return None
