"""Manifests: a run exists when its manifest does, and it consists of the files that its manifest lists.

A manifest is written last and carries a digest of itself, so a torn one (HDFS creates files before it fills them) counts as
not written.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from washplant.errors import StoreError
from washplant.store import Store

MANIFEST = "manifest.json"
FORMAT = 1
VERSIONS = "versions"
STAGES = ("raw", "curate", "pick", "push", "pull", "labels")
"""Stages whose runs are folders of the store, beside the versions."""


class DataFile(BaseModel):
    """One file of a run, its path relative to the run's folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    bytes: int = Field(ge=0)
    sha256: str | None = None
    rows: int | None = None


class Counts(BaseModel):
    """What went in and what became of it; `dropped` by reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows_in: int = 0
    kept: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)
    failed: int = 0

    @property
    def balanced(self) -> bool:
        """The invariant of every stage: in = kept + dropped + failed."""
        return self.rows_in == self.kept + sum(self.dropped.values()) + self.failed


class Manifest(BaseModel):
    """What a run read, wrote and counted. No clock and no host is in it: a version's manifest is the same in a replay."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    stage: str
    name: str = ""
    number: int = Field(ge=1)
    attempt: str = Field(default="", description="folder inside the run that holds the files")
    config_hash: str = ""
    code_version: str = ""
    inputs: tuple[str, ...] = Field(default=(), description="ids of the runs that were read")
    files: dict[str, tuple[DataFile, ...]] = Field(default_factory=dict, description="data files by part")
    counts: Counts = Counts()
    facts: dict[str, Any] = Field(default_factory=dict, description="what else the stage wants to be remembered")

    @property
    def run_id(self) -> str:
        """`raw/tickets/000001`: the run's name and its folder in the store."""
        return run_path(self.stage, self.name, self.number)


def run_path(stage: str, name: str, number: int) -> str:
    """The folder of a run inside the store; versions are named for people."""
    if stage == VERSIONS:
        return f"{VERSIONS}/{name}@{number}"
    return "/".join(part for part in (stage, name, f"{number:06d}") if part)


def write(store: Store, manifest: Manifest) -> None:
    """Commit a run: from here on it exists."""
    body = manifest.model_dump(mode="json")
    body["digest"] = _digest(body)
    text = json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    store.put(f"{manifest.run_id}/{MANIFEST}", text.encode())


def read(store: Store, path: str) -> Manifest | None:
    """The manifest of the run in folder `path`; None when the run was never committed.

    Raises StoreError when a complete manifest was altered or is of a newer format.
    """
    file = f"{path}/{MANIFEST}"
    if not store.exists(file):
        return None
    try:
        body = json.loads(store.read(file))
    except ValueError:
        return None  # torn: the writer died while the file system was filling it
    if not isinstance(body, dict):
        raise StoreError("not a manifest", where=store.full(file), next_step="something else wrote this file: remove it")
    digest = body.pop("digest", None)
    if body.get("format") != FORMAT:
        raise StoreError(
            f"manifest format {body.get('format')!r} is not {FORMAT}",
            where=store.full(file),
            next_step="use the version of washplant that wrote this store, or a newer one",
        )
    if digest != _digest(body):
        raise StoreError(
            "the manifest was altered after it was written",
            where=store.full(file),
            next_step="restore it from a backup, or delete the run's folder and run the stage again",
        )
    try:
        return Manifest.model_validate(body)
    except ValidationError as error:
        raise StoreError(f"not a manifest: {error}", where=store.full(file)) from error


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
