"""An index on disk: the rows kept so far, as immutable parts of mapped files, and one small file that says which parts count.

index.json          version, sketching, parts, the input of each: replaced last, atomically: a crash leaves the index as it was
part-00001/         views.arrow, keys.bin, rows.bin, ends.npy, digests.npy, digest_rows.npy
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.duplicates import packed
from washplant.duplicates.job import Standing
from washplant.duplicates.packed import BUCKETS, joined
from washplant.duplicates.sketches import Sketches
from washplant.duplicates.views import SCHEMA, Views
from washplant.errors import StoreError
from washplant.faults import fault

VERSION = 2
"""Raised whenever keys, digests or files change: older indexes are refused."""

_MANIFEST = "index.json"


class PackedIndex:
    """The index in a folder; made by the first `add`. Raises StoreError when another version or other options made it."""

    def __init__(self, folder: Path, sketching: str) -> None:
        self.folder, self.sketching = folder, sketching
        self.parts: list[str] = []
        self.inputs: list[str] = []
        manifest = folder / _MANIFEST
        if not manifest.exists():
            return
        found = json.loads(manifest.read_text(encoding="utf-8"))
        made = (found.get("version"), found.get("sketching"))
        if made != (VERSION, sketching):
            raise StoreError(
                f"the index was made by version {made[0]} with {made[1]}, this run has version {VERSION} and {sketching}",
                where=str(folder),
                next_step="delete the folder and run once over all texts to build it anew, or use the options it was made with",
            )
        self.parts, self.inputs = list(found["parts"]), list(found["inputs"])

    def standing(self, input_: str) -> list[Standing]:
        """Every part, mapped; for an input that is in the index already those before it, so that doing it again gives
        what it gave: its rows are no duplicates of themselves."""
        before = self.inputs.index(input_) if input_ in self.inputs else len(self.parts)
        return [self._part(self.folder / name) for name in self.parts[:before]]

    def add(self, views: Views, sketches: Sketches, kept: npt.NDArray[Any], input_: str) -> None:
        """Add the kept rows as a new part; it counts once this returns. An input that is there already changes nothing.

        input_: names what was read, and how it was decided.
        """
        if input_ in self.inputs:
            return
        name = f"part-{int(self.parts[-1][5:]) + 1 if self.parts else 1:05}"
        part = self.folder / name
        shutil.rmtree(part, ignore_errors=True)  # left by a run that died
        part.mkdir(parents=True)
        number = np.cumsum(kept) - 1
        _write_views(part / "views.arrow", views, kept)
        fault("index.views_written")
        packed.write(part, (_kept_bucket(sketches, kept, number, bucket) for bucket in range(BUCKETS)))
        rows = np.flatnonzero(kept & sketches.present)
        order = np.argsort(sketches.digest[rows], kind="stable")
        np.save(part / "digests.npy", sketches.digest[rows][order])
        np.save(part / "digest_rows.npy", number[rows][order].astype(np.uint32))
        fault("index.part_written")
        self._commit([*self.parts, name], [*self.inputs, input_])
        fault("index.after_manifest")

    def _commit(self, parts: list[str], inputs: list[str]) -> None:
        temporary = self.folder / f".{_MANIFEST}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"version": VERSION, "sketching": self.sketching, "parts": parts, "inputs": inputs}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / _MANIFEST)
        self.parts, self.inputs = parts, inputs

    @staticmethod
    def _part(part: Path) -> Standing:
        digests = (np.load(part / "digests.npy", mmap_mode="r"), np.load(part / "digest_rows.npy", mmap_mode="r"))
        return Standing(Views(part / "views.arrow"), packed.read(part), digests)


def _kept_bucket(
    sketches: Sketches, kept: npt.NDArray[Any], number: npt.NDArray[Any], bucket: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    keys, rows = joined(sketches.entries, bucket)
    chosen = kept[rows]
    return keys[chosen], number[rows[chosen]]


def _write_views(path: Path, views: Views, kept: npt.NDArray[Any]) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for number, batch in enumerate(views.batches):
            span = slice(int(views.starts[number]), int(views.starts[number + 1]))
            writer.write_batch(batch.filter(pa.array(kept[span])))
