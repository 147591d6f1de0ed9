"""The store: a folder, or an object-store prefix, of immutable files. A path inside it is relative and uses `/`.

Local folders, S3, GCS and HDFS go through `pyarrow.fs`; Spark reads and writes the same places by `uri`. Small files are put
atomically: on a local disk by a temporary name and `os.replace`, elsewhere by the single PUT that object stores make atomic.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.fs as pafs

from washplant.errors import StoreError

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

CHUNK_BYTES = 4 << 20


class Store:
    """Files below one root."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.local: Path | None = None
        if "://" in root:
            try:
                self._fs, self._base = pafs.FileSystem.from_uri(root)
            except (OSError, pa.ArrowException) as error:
                raise StoreError(f"cannot open the store: {error}", where=root, next_step="check `store:`") from error
            if isinstance(self._fs, pafs.LocalFileSystem):  # file:// is a local disk: atomic puts, private folders
                self.local = Path(self._base)
        else:
            self.local = Path(root).absolute()
            self._fs, self._base = pafs.LocalFileSystem(), str(self.local)
        self._base = self._base.rstrip("/")
        if found := sorted(set(self._base) & set("[]{}*?\\")):
            raise StoreError(
                f"the store's folder must not have {' '.join(found)} in its name: Spark reads them as a pattern",
                where=root,
                next_step="rename the folder, or set `store:` to another",
            )

    def uri(self, path: str) -> str:
        """The address of `path` for Spark, nothing escaped: Hadoop takes `%E6` for the name of a folder."""
        return f"{f'file://{self.local}' if self.local else self.root.rstrip('/')}/{path}"

    def full(self, path: str) -> str:
        """The address of `path` for a person."""
        return str(self.local / path) if self.local else self.uri(path)

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there."""
        return bool(self._info(path).type != pafs.FileType.NotFound)

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return int(self._info(path).size or 0)

    def modified(self, path: str) -> float:
        """When a file was written last, in seconds since 1970."""
        return float(self._info(path).mtime_ns or 0) / 1e9

    def read(self, path: str) -> bytes:
        """A small file's content. Raises StoreError when it is not there."""
        with _reported(self.full(path)), self._fs.open_input_stream(self._at(path)) as stream:
            return bytes(stream.read())

    def chunks(self, path: str) -> Iterator[bytes]:
        """A large file's content, piece by piece."""
        with _reported(self.full(path)), self._fs.open_input_stream(self._at(path)) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk

    def lines(self, path: str) -> Iterator[str]:
        """A large text file line by line."""
        rest = b""
        for chunk in self.chunks(path):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line.decode() for line in whole)
        if rest:
            yield rest.decode()

    def dataset(self, paths: list[str]) -> ds.Dataset:
        """Parquet files as one Arrow dataset, for reads with a filter."""
        import pyarrow.dataset as ds  # it imports pandas: a second that most commands need not wait

        with _reported(self.full(paths[0])):
            return ds.dataset([self._at(path) for path in paths], format="parquet", filesystem=self._fs)

    def put(self, path: str, data: bytes) -> None:
        """Write a small file so that a reader sees all of it or none."""
        with _reported(self.full(path)):
            if self.local is None:
                with self._fs.open_output_stream(self._at(path)) as stream:
                    stream.write(data)
                return
            target = self.local / path
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.tmp")
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync_folder(target.parent)

    def write(self, path: str, chunks: Iterator[bytes]) -> tuple[str, int]:
        """Write a large file piece by piece; its SHA-256 and size in bytes. Not atomic: a manifest makes it count."""
        digest, size = hashlib.sha256(), 0
        with _reported(self.full(path)):
            self.make_folder(path.rpartition("/")[0])
            with self._fs.open_output_stream(self._at(path)) as stream:
                for chunk in chunks:
                    stream.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
            if self.local:
                with (self.local / path).open("rb") as file:
                    os.fsync(file.fileno())
        return digest.hexdigest(), size

    @contextlib.contextmanager
    def parquet(self, path: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
        """Write a Parquet file batch by batch, to be read once and in full: without dictionaries and statistics, which took
        two thirds of a writer's time. It is gone when that fails. Not atomic: a manifest makes it count."""
        import pyarrow.parquet as pq

        with _reported(self.full(path)):
            self.make_folder(path.rpartition("/")[0])
            try:
                with pq.ParquetWriter(
                    self._at(path), schema, filesystem=self._fs, use_dictionary=False, write_statistics=False
                ) as writer:
                    yield writer
            except BaseException:
                self.delete(path)  # on a full disk even the lock needs a few bytes to be given back
                raise

    def sha256(self, path: str) -> str:
        """SHA-256 of a stored file."""
        digest = hashlib.sha256()
        for chunk in self.chunks(path):
            digest.update(chunk)
        return digest.hexdigest()

    def make_folder(self, path: str, *, private: bool = False) -> None:
        """Make a folder; `private` ones are readable by their owner only (local disks)."""
        with _reported(self.full(path)):
            self._fs.create_dir(self._at(path), recursive=True)
            if private and self.local:
                (self.local / path).chmod(0o700)

    def files(self, path: str) -> list[tuple[str, int]]:
        """All files below a folder as (path relative to it, bytes), sorted; Spark's own bookkeeping left out."""
        selector = pafs.FileSelector(self._at(path), recursive=True, allow_not_found=True)
        with _reported(self.full(path)):
            found = self._fs.get_file_info(selector)
        start = len(self._at(path)) + 1
        return sorted(
            (info.path[start:], int(info.size))
            for info in found
            if info.type == pafs.FileType.File and not info.base_name.startswith(("_", "."))
        )

    def children(self, path: str) -> list[str]:
        """The names directly below a folder, sorted; empty when the folder is not there."""
        selector = pafs.FileSelector(self._at(path), allow_not_found=True)
        with _reported(self.full(path)):
            return sorted(str(info.base_name) for info in self._fs.get_file_info(selector))

    def delete(self, path: str) -> None:
        """Delete a file or a folder with all it holds; nothing happens when it is not there."""
        with _reported(self.full(path)):
            kind = self._info(path).type
            if kind == pafs.FileType.Directory:
                self._fs.delete_dir(self._at(path))
            elif kind != pafs.FileType.NotFound:
                self._fs.delete_file(self._at(path))

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}" if path else self._base

    def _info(self, path: str) -> pafs.FileInfo:
        with _reported(self.full(path)):
            return self._fs.get_file_info(self._at(path))


@contextlib.contextmanager
def _reported(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise StoreError(
            "no space left on the device" if full else str(error),
            where=where,
            next_step="free space and run the same command again: nothing half-written counts"
            if full
            else "check that the store exists and that this user may write to it",
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
