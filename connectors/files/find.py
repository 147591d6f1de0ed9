"""Finding files: paths, globs and folders, on this machine or behind a URI, and what is remembered of each file.

Everything goes through `pyarrow.fs`, so that a glob means the same on a disk, on HDFS and on S3.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from washplant.errors import ConfigError, SourceDataError, SourceSchemaError

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_GLOB = re.compile(r"[*?\[]")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_NAMES_SHOWN = 5
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class DataFile:
    """A file as it was when it was planned.

    `root` is the URI of its file system ("" for this machine), `path` the path there, `shown` what a person reads.
    `folder_values` are the columns of Hive-style folders, such as dt=2024-01-01.
    """

    root: str
    path: str
    size: int
    mtime_ns: int
    shown: str
    folder_values: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def stamp(self) -> list[int]:
        """What changes when the file does."""
        return [self.size, self.mtime_ns]

    @property
    def compression(self) -> str | None:
        return _COMPRESSIONS.get(PurePosixPath(self.path).suffix.lower())

    @property
    def extension(self) -> str:
        """The last suffix without its dot and without that of the compression: `csv` of a.csv.gz."""
        path = PurePosixPath(self.path.lower())
        return (path.with_suffix("") if self.compression else path).suffix.lstrip(".")

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "folder_values": dict(self.folder_values)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)

    def open_file(self) -> pa.NativeFile:
        """The bytes as stored, seekable."""
        return filesystem(self.root).open_input_file(self.path)

    def open_stream(self) -> pa.NativeFile:
        """The bytes from the start, decompressed."""
        return filesystem(self.root).open_input_stream(self.path, compression=self.compression)

    def ensure_unchanged(self, where: str) -> None:
        """Raises SourceDataError when the file is not the planned one any more."""
        info = filesystem(self.root).get_file_info(self.path)
        if info.type == fs.FileType.NotFound:
            what = "the file was there when the read was planned and is gone now"
        elif [info.size, _mtime_ns(info)] != self.stamp:
            what = f"the file changed while it was read: it had {self.size:,} bytes and has {info.size:,}, or is newer"
        else:
            return
        raise SourceDataError(what, where=where, next_step="files must not change during a read: run the same command again")


@functools.lru_cache(maxsize=16)  # an S3 client is dear to make, and a split may read thousands of files
def filesystem(root: str) -> fs.FileSystem:
    """The file system of a URI; this machine's for ""."""
    return fs.FileSystem.from_uri(root)[0] if root else fs.LocalFileSystem()


def is_uri(path: str) -> bool:
    return _URI.match(path) is not None


def find(pattern: str, where: str) -> list[DataFile]:
    """The data files that a path, glob, folder or URI names, sorted. Raises SourceSchemaError when there is none."""
    try:
        place = _Place.of(pattern, where)
        found = {info.path: info for info in _walk(place.files, place.base, place.rest)}
    except OSError as error:
        raise SourceDataError(
            f"{pattern} cannot be listed: {error}", where=where, next_step="check the path and its permissions"
        ) from error
    if not found:
        raise SourceSchemaError(f"no file matches {pattern}", where=where, next_step=_what_is_there(place))
    return [place.data_file(found[path]) for path in sorted(found)]


@dataclass(frozen=True)
class _Place:
    """A pattern cut in two: `base` exists or not, `rest` are the segments from the first glob on."""

    files: fs.FileSystem
    root: str
    base: str
    rest: tuple[str, ...]
    prefix: str

    @classmethod
    def of(cls, pattern: str, where: str) -> _Place:
        if is_uri(pattern):
            return cls._of_uri(pattern, where)
        local = fs.LocalFileSystem()
        if local.get_file_info(pattern).type != fs.FileType.NotFound:
            return cls(local, "", pattern, (), "")  # a name may hold brackets
        fixed, rest = _cut(pattern)
        return cls(local, "", fixed or "/", rest, "")

    @classmethod
    def _of_uri(cls, pattern: str, where: str) -> _Place:
        # A `?` in a URI starts its options (endpoint_override=…), so there it is no glob.
        address, _, options = pattern.partition("?")
        fixed, rest = _cut(address)
        root = quote(fixed, safe=":/@%+,=&[]") + (f"?{options}" if options else "")
        try:
            files, base = fs.FileSystem.from_uri(root)
        except (pa.ArrowInvalid, ImportError) as error:
            raise ConfigError(
                f"{urlsplit(pattern).scheme}:// cannot be opened: {error}",
                where=where,
                next_step="known are file, hdfs, s3 and gs; OSS and others by s3://…?endpoint_override=HOST",
            ) from error
        parts = urlsplit(fixed)
        # A key and secret may stand before the host: they stay out of what is shown.
        host = parts.netloc.rpartition("@")[2] if base.startswith("/") else ""
        return cls(files, root, base, rest, "" if parts.scheme == "file" else f"{parts.scheme}://{host}")

    def data_file(self, info: fs.FileInfo) -> DataFile:
        below = PurePosixPath(info.path).relative_to(self.base).parts[:-1]
        pairs = [part.partition("=") for part in below if "=" in part]
        values = {name: None if value == _NO_PARTITION else unquote(value) for name, _, value in pairs}
        return DataFile(self.root, info.path, info.size, _mtime_ns(info), self.prefix + info.path, values)


def _cut(pattern: str) -> tuple[str, tuple[str, ...]]:
    """The part before the first segment with a glob, and the segments from there on."""
    segments = pattern.split("/")
    first = next((i for i, segment in enumerate(segments) if _GLOB.search(segment)), len(segments))
    return "/".join(segments[:first]), tuple(segment for segment in segments[first:] if segment)


def _walk(files: fs.FileSystem, base: str, rest: Sequence[str]) -> Iterator[fs.FileInfo]:
    """Files below `base` that match; a folder that matches stands for all data files in it."""
    info = files.get_file_info(base)
    if not rest:
        if info.type == fs.FileType.File:
            yield info
        elif info.type == fs.FileType.Directory:
            for child in _children(files, base):
                yield from _walk(files, child.path, ())
        return
    if info.type != fs.FileType.Directory:
        return
    segment, following = rest[0], rest[1:]
    if segment == "**":
        yield from _walk(files, base, following)
    for child in _children(files, base, segment):
        if segment == "**":
            if child.type == fs.FileType.Directory:
                yield from _walk(files, child.path, rest)
        elif fnmatch.fnmatchcase(child.base_name, segment):
            yield from _walk(files, child.path, following)


def _children(files: fs.FileSystem, folder: str, segment: str = "*") -> list[fs.FileInfo]:
    """What lies in a folder, without what Spark and Hive write beside the data: _SUCCESS, .crc, staging folders."""
    children = files.get_file_info(fs.FileSelector(folder))
    return [
        child
        for child in children
        if child.base_name.startswith(segment[0])  # asked for by name
        or not (child.base_name.startswith(("_", ".")) or child.base_name.endswith(".crc"))
    ]


def _what_is_there(place: _Place) -> str:
    """The deepest folder that exists and its first names."""
    folder = PurePosixPath(place.base)
    while folder.parent != folder and place.files.get_file_info(str(folder)).type != fs.FileType.Directory:
        folder = folder.parent
    try:
        names = sorted(info.base_name for info in place.files.get_file_info(fs.FileSelector(str(folder))))
    except OSError:
        return f"correct `path`; not even {place.prefix}{folder} can be listed"
    listed = ", ".join(names[:_NAMES_SHOWN]) + (f" and {len(names) - _NAMES_SHOWN} more" if names[_NAMES_SHOWN:] else "")
    return f"correct `path`; the folder {place.prefix}{folder} exists and holds {listed or 'nothing'}"


def _mtime_ns(info: fs.FileInfo) -> int:
    return info.mtime_ns or 0  # some object stores tell none
