"""Files: CSV, TSV, JSON Lines, JSON, Parquet and Excel, by path, glob, folder or URI; reads what is new or changed.

Beside the options and the contract: `find` (globs, folders, URIs), `columns` (the union of many files' columns), `formats/`
(one file per format). Text formats are read as text, exactly as written; Parquet keeps its types.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from connectors.base import ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.files.columns import Columns
from connectors.files.find import DataFile, find, is_uri
from connectors.files.formats import EXTENSIONS, FORMATS, Format
from connectors.files.formats.base import Part, Peek, Reading, explained
from washplant.config.source import OneOrMany, SourceOptions
from washplant.errors import ConfigError, SourceSchemaError, WashplantError


class FilesOptions(SourceOptions):
    """Files in a folder, on this machine or behind a URI."""

    kind: Literal["files"] = Field(description="files")
    path: OneOrMany = Field(
        min_length=1,
        description="path, folder, glob (`**`: any depth) or URI (s3://, hdfs://), one or a list; relative to the YAML",
    )
    format: Literal["csv", "tsv", "jsonl", "json", "parquet", "xlsx"] | None = Field(
        default=None, description="of all files; when not given, each file's extension says it"
    )
    encoding: str = Field(default="utf-8", description="of text files, such as gb18030; a byte order mark does no harm")
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="between CSV fields; comma, or tab for TSV, when not given",
    )
    sheet: str | None = Field(default=None, description="the sheet of Excel files; the first when not given")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            name = codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"there is no encoding {value!r}; write for example utf-8, gb18030 or utf-16") from None
        return "utf-8" if name in ("utf-8-sig", "ascii") else name

    @field_validator("delimiter")
    @classmethod
    def _plain_delimiter(cls, value: str | None) -> str | None:
        if value is not None and (not value.isascii() or value in '"\r\n'):
            raise ValueError("the delimiter must be one ASCII character, and no quote or line end")
        return value

    @model_validator(mode="after")
    def _nothing_ignored(self) -> Self:
        if self.watermark and self.watermark.lag_s:
            raise ValueError("`lag_s` has no meaning for files: a new or changed file is read whole")
        return self

    def relative_to(self, folder: Path) -> Self:
        paths = tuple(path if is_uri(path) else str(folder / path) for path in self.path)
        return self.model_copy(update={"path": paths})


@dataclass(frozen=True)
class Files(Connector[FilesOptions]):
    """See `connectors.base.Connector`. A position is {"files": {path: [size, mtime in ns]}, "columns": [text columns]}.

    The columns seen before are kept there, so that a row's hash does not depend on which files were new that night.
    Vanished files are left alone: `washplant reconcile` finds deleted keys.
    """

    def check(self) -> list[Finding]:
        findings: list[Finding] = []
        for pattern in self.options.path:
            try:
                files = find(pattern, self._where)
                size = sum(file.size for file in files)
                findings.append(Finding(True, f"{pattern}: {_count(files, 'file')}, {_size(size)}"))
            except WashplantError as error:
                findings.append(Finding(False, f"{error.where}: {error.what}", error.next_step))
        if not all(finding.ok for finding in findings):
            return findings
        try:
            plan = self.plan({})
            findings.append(Finding(True, f"readable, with {_count(plan.schema.names, 'column')}"))
            findings += [self._key_finding(plan)]
        except WashplantError as error:
            findings.append(Finding(False, f"{error.where}: {error.what}", error.next_step))
        return findings

    def discover(self) -> list[TableInfo]:
        return [self._table(pattern) for pattern in self.options.path]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        how = self._reading(columns)
        files = self._files()
        known: Mapping[str, Any] = since.get("files", {})
        fresh = [file for file in files if known.get(file.shown) != file.stamp]
        peeks = [(file, self._peek(file, how)) for file in fresh]
        every = self._columns(since, peeks, how)
        if every.types or every.others:
            self._require(every, [peek for _, peek in peeks], since, columns)
        wanted = how.wanted if how.wanted is not None else tuple(dict.fromkeys([*every.types, *self._roles()]))
        parts = [(file, part) for file, peek in peeks for part in peek.parts]
        splits = self._splits(parts, how, limit)
        until = since
        if limit is None and fresh:
            texts = [name for name, kind in every.types.items() if pa.types.is_string(kind)]
            until = {"files": {file.shown: file.stamp for file in files}, "columns": texts}
        rows = [part.rows for _, part in parts]
        estimate = sum(row for row in rows if row is not None) if None not in rows else None
        return ReadPlan(
            every.schema(wanted),
            splits,
            since,
            until,
            _statements(files, peeks, splits, every, wanted),
            estimate if limit is None or estimate is None else min(estimate, limit),
        )

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        how = replace(self._reading(None), wanted=tuple(schema.names) if split.spec["declared"] else None)
        left = split.spec["limit"]
        for task in split.spec["tasks"]:
            for batch in self._read_part(DataFile.from_json(task["file"]), task["part"], schema, how):
                if left is not None and batch.num_rows >= left:
                    yield batch.slice(0, left)
                    return
                yield batch
                left = None if left is None else left - batch.num_rows

    def _read_part(self, file: DataFile, part: Mapping[str, Any], schema: pa.Schema, how: Reading) -> Iterator[pa.RecordBatch]:
        where = how.at(file)
        with explained(file, how):
            file.ensure_unchanged(where)
            try:
                for batch in self._format(file).read(file, part, schema.names, how):
                    if batch.num_rows:
                        yield _conformed(batch, schema, file)
            except WashplantError:
                file.ensure_unchanged(where)  # half a line, because another program is writing: say that instead
                raise
            file.ensure_unchanged(where)

    @property
    def _where(self) -> str:
        return f"source {self.name}"

    def _reading(self, columns: tuple[str, ...] | None) -> Reading:
        options = self.options
        wanted = columns if columns is not None else options.columns
        return Reading(self.name, options.encoding, options.delimiter, options.sheet, wanted)

    def _files(self) -> list[DataFile]:
        """All files of all patterns, by path: later ones win where a key is in several."""
        found = {file.shown: file for pattern in self.options.path for file in find(pattern, self._where)}
        self._check_options([self._format(file) for file in found.values()])
        return [found[shown] for shown in sorted(found)]

    def _format(self, file: DataFile) -> Format:
        name = self.options.format or EXTENSIONS.get(file.extension)
        if name is None:
            raise SourceSchemaError(
                f"the extension {file.extension!r} tells no format",
                where=f"{self._where}, {file.shown}",
                next_step=f"set `format` to one of {', '.join(FORMATS)}, or let `path` leave the file out",
            )
        return FORMATS[name]

    def _check_options(self, formats: list[Format]) -> None:
        used = frozenset[str]().union(*(format_.options for format_ in formats))
        given = {name for name in ("delimiter", "sheet") if getattr(self.options, name) is not None}
        if unused := sorted(given - used):
            raise ConfigError(
                f"`{unused[0]}` has no meaning for the files that were found", where=self._where, next_step="remove it"
            )

    def _peek(self, file: DataFile, how: Reading) -> Peek:
        with explained(file, how):
            peek = self._format(file).peek(file, how)
        # A file's own column goes before the folder's of the same name.
        columns = {**dict.fromkeys(file.folder_values, pa.string()), **peek.columns}
        ordered = [*peek.columns, *(name for name in file.folder_values if name not in peek.columns)]
        chosen = {name: columns[name] for name in ordered if how.wanted is None or name in how.wanted}
        return replace(peek, columns=chosen, others=(*peek.others, *(name for name in ordered if name not in chosen)))

    def _columns(self, since: Position, peeks: list[tuple[DataFile, Peek]], how: Reading) -> Columns:
        every = Columns(self._where)
        before = [name for name in since.get("columns", ()) if how.wanted is None or name in how.wanted]
        every.add(dict.fromkeys(before, pa.string()), "files read before")
        for file, peek in peeks:
            every.add(peek.columns, file.shown)
            every.others |= dict.fromkeys(peek.others)
        return every

    def _require(self, every: Columns, peeks: list[Peek], since: Position, columns: tuple[str, ...] | None) -> None:
        """Columns that the YAML names must be there. Objects may lack a key that others have: a later night, or further
        down than the plan looks; then it is null."""
        if not peeks:
            return
        options = self.options
        fixed = all(peek.fixed for peek in peeks)
        if fixed or (not since and all(peek.complete for peek in peeks)):
            every.require(columns or options.columns or (), "`columns`")
        if columns is None:
            every.require(options.key, "`key`")
        if columns is None and fixed:
            every.require(self._roles(), "`watermark` or `deleted`")

    def _roles(self) -> tuple[str, ...]:
        """The columns that the YAML speaks of: what a read of empty files has."""
        marks = [mark.column for mark in (self.options.watermark, self.options.deleted) if mark]
        return tuple(dict.fromkeys([*self.options.key, *marks]))

    def _splits(self, parts: list[tuple[DataFile, Part]], how: Reading, limit: int | None) -> tuple[Split, ...]:
        shared = {"limit": limit, "declared": how.wanted is not None}
        tasks = [{"file": file.to_json(), "part": dict(part.spec)} for file, part in parts]
        if limit is not None:  # one split, or every one would bring `limit` rows
            describe = f"the first {limit} rows of {_count(parts, 'part')}"
            return (Split(0, describe, {**shared, "tasks": tasks}, limit),) if parts else ()
        return tuple(
            Split(i, f"{file.shown} {part.describe}".rstrip(), {**shared, "tasks": [task]}, part.rows)
            for i, ((file, part), task) in enumerate(zip(parts, tasks, strict=True))
        )

    def _table(self, pattern: str) -> TableInfo:
        plan = replace(self, options=self.options.model_copy(update={"path": (pattern,)})).plan({})
        columns = tuple(ColumnInfo(field.name, str(field.type), str(field.type)) for field in plan.schema)
        return TableInfo(pattern, columns, self.options.key, plan.rows_estimate)

    def _key_finding(self, plan: ReadPlan) -> Finding:
        key = list(self.options.key)
        if not key:
            return Finding(True, "no key: a row is known by its content", "name a key, so that a changed row is an update")
        first = next((batch for split in plan.splits for batch in self.read(split, plan.schema)), None)
        if first is None:
            return Finding(True, f"key {', '.join(key)}: there are no rows yet")
        names = [name for name in key if name in first.schema.names]
        if names != key:
            return Finding(False, f"key {', '.join(key)} is not among `columns`", "add it to `columns`")
        table = pa.table({name: first.column(name) for name in key})
        distinct = table.group_by(key).aggregate([]).num_rows
        nulls = sum(table.column(name).null_count for name in key)
        if nulls:
            return Finding(False, f"key {', '.join(key)}: {nulls:,} of the first {first.num_rows:,} rows have none", "fill it")
        if distinct < first.num_rows:
            what = f"key {', '.join(key)}: {first.num_rows - distinct:,} of the first {first.num_rows:,} rows repeat one"
            return Finding(False, what, "add a column to `key`; of rows with the same key only the last counts")
        return Finding(True, f"key {', '.join(key)} is unique in the first {first.num_rows:,} rows")


def _conformed(batch: pa.RecordBatch, schema: pa.Schema, file: DataFile) -> pa.RecordBatch:
    """The batch with exactly the planned columns: of folders, null where the file has none, in the common type."""
    arrays = []
    for planned in schema:
        if planned.name in batch.schema.names:
            array = batch.column(planned.name)
            arrays.append(array if array.type == planned.type else array.cast(planned.type))
        else:
            arrays.append(pa.repeat(pa.scalar(file.folder_values.get(planned.name), planned.type), batch.num_rows))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _statements(
    files: list[DataFile],
    peeks: list[tuple[DataFile, Peek]],
    splits: tuple[Split, ...],
    every: Columns,
    wanted: tuple[str, ...] | None,
) -> tuple[str, ...]:
    """What a person wants to know of the plan."""
    lines = [f"-- {len(peeks)} of {_count(files, 'file')} new or changed, {_size(sum(file.size for file, _ in peeks))}"]
    lines += [f"-- {file.shown}: {note}" for file, peek in peeks for note in peek.notes]
    for name in wanted or ():
        if any(not peek.fixed for _, peek in peeks) and name not in every.types:
            lines.append(f"-- no file shows the column {name!r} where the plan looked: null until it appears")
    return (*lines, *(f"read {split.describe}" for split in splits))


def _count(things: Any, what: str) -> str:
    return f"{len(things):,} {what}{'' if len(things) == 1 else 's'}"


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:,.1f} MB"
