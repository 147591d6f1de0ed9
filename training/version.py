"""A published dataset version: its manifest, its files checked against it, its lines with their origin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from washplant import manifest as manifests
from washplant.config import TrainJob
from washplant.errors import StoreError, TrainError
from washplant.manifest import VERSIONS, Manifest
from washplant.store import Store


@dataclass(frozen=True)
class Version:
    """One immutable version of a dataset."""

    store: Store
    manifest: Manifest

    @property
    def path(self) -> str:
        """Its folder in the store."""
        return self.manifest.run_id

    @cached_property
    def sha256(self) -> str:
        """One digest of all its data files, as the manifest gives them: what a run was trained on."""
        listed = sorted((file.path, file.sha256 or "") for files in self.manifest.files.values() for file in files)
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()

    def count(self, split: str) -> int:
        """Lines of a split."""
        return sum(file.rows or 0 for file in self.manifest.files.get(split, ()))

    def lines(self, split: str) -> Iterator[dict[str, Any]]:
        """The lines of a split, in their order. Raises StoreError when a file is not what the manifest says."""
        for file in self.manifest.files.get(split, ()):
            path = f"{self.path}/{file.path}"
            if file.sha256 is not None and self.store.sha256(path) != file.sha256:
                raise StoreError(
                    "the file is not the one that was published",
                    where=self.store.full(path),
                    next_step="restore it from a backup, or train on another version",
                )
            for line in self.store.lines(path):
                yield json.loads(line)

    def origins(self, split: str) -> list[dict[str, Any]]:
        """Where each line of a split comes from; export writes both files ordered by id, so the n-th is the n-th."""
        found = [line for line in self.lines("lineage") if line["split"] == split]
        if found and len(found) != self.count(split):
            raise StoreError(
                f"{self.count(split)} lines in {split}, {len(found)} in the lineage",
                where=self.store.full(self.path),
                next_step="export the dataset again",
            )
        return found


def open_version(job: TrainJob) -> Version:
    """The version that a job trains on. Raises TrainError when it does not exist."""
    store = Store(job.store)
    manifest = manifests.read(store, f"{VERSIONS}/{job.version}")
    if manifest is None:
        raise TrainError(
            f"no version {job.version}",
            where=store.full(VERSIONS),
            next_step="`washplant export` publishes one, `washplant status` lists them",
        )
    return Version(store, manifest)
