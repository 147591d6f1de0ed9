"""A project at work: its configuration, store and ledger, and how a run is written and committed."""

from __future__ import annotations

import atexit
import contextlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from connectors import registered
from pipelines import session
from pipelines.exporters import EXPORTERS
from washplant import __version__
from washplant import manifest as manifests
from washplant.config import Kinds, Loaded, load
from washplant.errors import ConfigError, InvariantError, StoreError
from washplant.faults import fault
from washplant.ledger import Ledger, Lock, lock_wait_s
from washplant.log import run_id
from washplant.manifest import Counts, DataFile, Manifest
from washplant.store import Store

log = logging.getLogger("washplant")

SCRATCH, SORTED = "scratch", "sorted"


def kinds() -> Kinds:
    """Every option model that a YAML may name."""
    from annotation import BACKENDS

    return Kinds(
        sources={name: options for name, (options, _) in registered().items()},
        backends={name: options for name, (options, _) in BACKENDS.items()},
        exports={name: options for name, (options, _) in EXPORTERS.items()},
    )


@dataclass
class Project:
    """One YAML with its store. `master` overrides the YAML's Spark master; `limit` bounds every read for a quick look."""

    loaded: Loaded
    store: Store
    ledger: Ledger
    master: str | None = None
    limit: int | None = None
    lock: Lock | None = field(default=None, repr=False)

    @cached_property
    def spark(self) -> SparkSession:
        """The Spark session, started when first needed."""
        log.info("starting Spark")
        spark = session.start(self.loaded, master=self.master)
        if self.ledger.is_sqlite and spark.conf.get("spark.submit.deployMode", "client") == "cluster":
            raise ConfigError(
                "in cluster deploy mode the driver runs on any machine, so the ledger cannot be SQLite",
                where=self.loaded.at("ledger"),
                next_step="set `ledger:` to a MySQL or PostgreSQL URL",
            )
        return spark

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store's lock, and know of every run that was committed before."""
        if self.lock is not None:
            yield
            return
        with self.ledger.lock("store", wait_s=lock_wait_s.get()) as self.lock:
            try:
                self.ledger.sync(self.store)
                yield
            finally:
                self.lock = None

    def manifests(self, stage: str, name: str = "") -> list[Manifest]:
        """Manifests of a stage's committed runs, oldest first. Raises StoreError when one that was committed is gone."""
        found = []
        for number in self.ledger.numbers(stage, name):
            path = manifests.run_path(stage, name, number)
            manifest = manifests.read(self.store, path)
            if manifest is None:
                raise StoreError(
                    "a committed run has no manifest any more",
                    where=self.store.full(path),
                    next_step="restore it from a backup, or run `washplant ledger rebuild` to go on without it",
                )
            found.append(manifest)
        return found

    def latest(self, stage: str, name: str = "") -> Manifest | None:
        """The newest committed run of a stage."""
        found = self.manifests(stage, name)
        return found[-1] if found else None

    def paths(self, manifest: Manifest, part: str = "") -> list[str]:
        """Addresses of a run's data files, those of one part or all."""
        parts = [part] if part else list(manifest.files)
        folder = f"{manifest.run_id}/{manifest.attempt}" if manifest.attempt else manifest.run_id
        return [self.store.uri(f"{folder}/{file.path}") for name in parts for file in manifest.files.get(name, ())]


class Run:
    """A run being written: an own attempt folder inside the run's folder, which nobody reads until `commit`."""

    def __init__(self, project: Project, stage: str, name: str = "") -> None:
        numbers = project.ledger.numbers(stage, name)
        self.project, self.stage, self.name = project, stage, name
        self.number = max(numbers, default=0) + 1
        self.path = manifests.run_path(stage, name, self.number)
        self.attempt = f"attempt-{uuid.uuid4().hex[:8]}"
        self.files: dict[str, tuple[DataFile, ...]] = {}
        run_id.set(self.path)
        store = project.store
        for orphan in store.children(self.path):
            store.delete(f"{self.path}/{orphan}")  # left by an attempt that died before its manifest
        store.make_folder(f"{self.path}/{self.attempt}", private=True)
        if stage == "raw":
            store.make_folder("raw", private=True)
        fault("run.attempt_made")

    def write(self, frame: DataFrame, part: str) -> None:
        """Write a frame as Parquet files of `part`."""
        self._spill(frame.write, f"{self.path}/{self.attempt}/{part}")
        self.take(part)

    def _spill(self, writer: DataFrameWriter, folder: str) -> None:
        try:
            writer.mode("error").parquet(self.project.store.uri(folder))
        except Exception as error:
            if "No space left on device" in str(error):
                raise StoreError(
                    "no space left on the device",
                    where=self.project.store.full(folder),
                    next_step="free space and run the same command again: nothing half-written counts",
                ) from error
            raise

    def scratch(self, name: str) -> str:
        """A folder that is gone once the run is committed."""
        return f"{self.path}/{self.attempt}/{SCRATCH}/{name}"

    def staged(self, frame: DataFrame, name: str) -> DataFrame:
        """The frame computed once, to disk, and read from there. It cuts the plan: joins of joins that are planned as one
        cost Spark's optimiser minutes, and a Python step below them would run again for each use."""
        folder = self.scratch(name)
        self._spill(frame.write, folder)
        return self.project.spark.read.schema(frame.schema).parquet(self.project.store.uri(folder))

    def write_parts(self, frame: DataFrame, parts: dict[str, str], by: str) -> None:
        """Write a frame in one go, its rows sorted into parts by the value of the column `by`."""
        folder = f"{self.path}/{self.attempt}/{SORTED}"
        self._spill(frame.withColumn("_part", F.col(by)).write.partitionBy("_part"), folder)
        found = self.project.store.files(folder)
        for value, part in parts.items():
            own = [(path, size) for path, size in found if path.startswith(f"_part={value}/")]
            self.files[part] = tuple(DataFile(path=f"{SORTED}/{path}", bytes=size) for path, size in own)
        fault("run.data_written")

    def take(self, part: str) -> None:
        """List the files below the folder of `part` as the run's own."""
        found = self.project.store.files(f"{self.path}/{self.attempt}/{part}")
        self.files[part] = tuple(DataFile(path=f"{part}/{path}", bytes=size) for path, size in found)
        fault("run.data_written")

    def read_back(self, part: str) -> DataFrame | None:
        """What was written as `part`, read from its files; None when it has none."""
        folder = f"{self.path}/{self.attempt}"
        uris = [self.project.store.uri(f"{folder}/{file.path}") for file in self.files.get(part, ())]
        return self.project.spark.read.parquet(*uris) if uris else None

    def abandon(self) -> None:
        """Remove what was written: the run turned out to bring nothing new."""
        self.project.store.delete(self.path)

    def commit(self, *, counts: Counts, config: str, inputs: tuple[str, ...] = (), facts: dict[str, object]) -> Manifest:
        """Write the manifest, then the ledger: from here on the run exists. Raises InvariantError, LockLost."""
        if not counts.balanced:
            raise InvariantError(
                f"{counts.rows_in} rows in, but {counts.kept} kept, {counts.dropped} dropped, {counts.failed} failed",
                where=self.path,
                next_step="nothing was committed; please report this with the YAML",
            )
        manifest = Manifest(
            stage=self.stage,
            name=self.name,
            number=self.number,
            attempt=self.attempt,
            config_hash=config,
            code_version=__version__,
            inputs=inputs,
            files=self.files,
            counts=counts,
            facts=facts,
        )
        if self.attempt:
            self.project.store.delete(f"{self.path}/{self.attempt}/{SCRATCH}")
        fault("run.before_manifest")
        assert self.project.lock is not None, "runs are committed under the store's lock"
        self.project.lock.assert_held()
        manifests.write(self.project.store, manifest)
        self.project.ledger.record(manifest)
        return manifest


def open_project(path: Path, *, master: str | None = None, limit: int | None = None) -> Project:
    """Read the YAML and open its store and ledger. With `limit` a throw-away store is used: a look changes nothing."""
    loaded = load(path.absolute(), kinds())
    place = loaded.config.store
    root = place if "://" in place else str((loaded.folder / place).absolute())
    ledger = loaded.config.ledger
    if limit is not None:
        root, ledger = _scratch(root), None
    store = Store(root)
    if store.local:
        store.make_folder("")
        opened = Ledger(ledger) if ledger else Ledger.in_file(store.local / "ledger.db")
    elif ledger:
        opened = Ledger(ledger)
    else:
        raise ConfigError(
            "a store that is not a local folder needs a ledger that every machine reaches",
            where=loaded.at("store"),
            next_step="set `ledger:` to a MySQL or PostgreSQL URL",
        )
    return Project(loaded, store, opened, master, limit)


def _scratch(root: str) -> str:
    folder = tempfile.mkdtemp(prefix=f"washplant-look-{Path(root).name}-")
    # Rows as they were read, before masking, do not stay behind.
    atexit.register(shutil.rmtree, Path(folder) / "raw", ignore_errors=True)
    return folder
