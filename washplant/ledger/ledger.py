"""The ledger's operations."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from washplant import manifest as manifests
from washplant.errors import LedgerError
from washplant.faults import fault
from washplant.ledger import schema
from washplant.ledger.lock import Lock
from washplant.manifest import Manifest
from washplant.secret import remember
from washplant.store import Store


@dataclass(frozen=True)
class PushIntent:
    """A batch of tasks that was about to be pushed, and whether it was."""

    batch: str
    state: str
    tasks: int


class Ledger:
    """Index of one store. `url` is SQLAlchemy's; a password in it is masked everywhere."""

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
        except SQLAlchemyError as error:
            raise LedgerError("not a database URL", where="ledger", next_step="for example sqlite:///ledger.db") from error
        if self.url.password:
            remember(str(self.url.password))
            remember(url.partition("://")[2].rpartition("@")[0].partition(":")[2])  # as written: %-quoted
        self.where = (self.is_sqlite and self.url.database) or self.url.render_as_string(hide_password=True)
        try:
            self.engine = sa.create_engine(self.url, pool_pre_ping=True, **_options(self.url))
        except (SQLAlchemyError, ImportError) as error:
            raise LedgerError(
                f"no driver for {self.url.drivername!r}: {error}",
                where=self.where,
                next_step="install the extra: pip install 'washplant[mysql]' or 'washplant[postgresql]'",
            ) from error
        try:
            with self._reported():
                schema.prepare(self.engine, self.where)
        except LedgerError:
            self.engine.dispose()
            raise

    @classmethod
    def in_file(cls, path: Path) -> Ledger:
        """An SQLite ledger; in a URL some characters of the path would mean something else (%, ?)."""
        return cls(sa.URL.create("sqlite", database=str(path)).render_as_string())

    @property
    def is_sqlite(self) -> bool:
        """Whether only one machine can use this ledger."""
        return self.url.get_backend_name() == "sqlite"

    def lock(self, name: str, **options: Any) -> Lock:
        """A lock with a lease; use it as a context manager."""
        return Lock(self.engine, name, where=self.where, **options)

    def numbers(self, stage: str, name: str = "") -> list[int]:
        """Numbers of the committed runs of a stage, ascending."""
        query = (
            sa.select(schema.runs.c.number)
            .where(schema.runs.c.stage == stage, schema.runs.c.name == name)
            .order_by(schema.runs.c.number)
        )
        with self._reported(), self.engine.connect() as connection:
            return [int(number) for number in connection.execute(query).scalars()]

    def names(self, stage: str) -> list[str]:
        """Names that have committed runs in a stage."""
        query = sa.select(schema.runs.c.name).where(schema.runs.c.stage == stage).distinct().order_by(schema.runs.c.name)
        with self._reported(), self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def record(self, manifest: Manifest) -> None:
        """Index a committed run, and move its source's watermark if it carries one."""
        fault("run.after_manifest")
        key = {"stage": manifest.stage, "name": manifest.name, "number": manifest.number}
        with self._reported(), self.engine.begin() as connection:
            if not connection.execute(sa.select(schema.runs.c.number).filter_by(**key)).first():
                connection.execute(schema.runs.insert().values(**key))
            if "until" in manifest.facts:
                self._move_watermark(connection, manifest)
        fault("run.after_ledger")

    def forget_run(self, stage: str, name: str, number: int) -> None:
        """Drop a run from the index (its files are gone)."""
        with self._reported(), self.engine.begin() as connection:
            connection.execute(schema.runs.delete().filter_by(stage=stage, name=name, number=number))

    def watermark(self, source: str) -> Mapping[str, Any]:
        """How far a source was read; `{}` when it never was."""
        query = sa.select(schema.watermarks.c.position).where(schema.watermarks.c.source == source)
        with self._reported(), self.engine.connect() as connection:
            found = connection.execute(query).scalar()
        return dict(json.loads(found)) if found else {}

    def sync(self, store: Store) -> int:
        """Index runs that were committed by a process that died before it could say so; how many there were."""
        found = 0
        for stage, name in sorted({parse_run_path(path)[:2] for path in run_folders(store)}):
            number = max(self.numbers(stage, name), default=0) + 1
            while manifest := manifests.read(store, manifests.run_path(stage, name, number)):
                self.record(manifest)
                found, number = found + 1, number + 1
        return found

    def rebuild(self, store: Store) -> int:
        """Restore runs and watermarks from the manifests; how many runs there are."""
        with self._reported(), self.engine.begin() as connection:
            connection.execute(schema.runs.delete())
            connection.execute(schema.watermarks.delete())
        found = 0
        for path in run_folders(store):
            if manifest := manifests.read(store, path):
                self.record(manifest)
                found += 1
        return found

    def intend_push(self, batch: str, tasks: int) -> bool:
        """Say that a batch is about to be pushed, before any of it is; whether somebody had said so before."""
        with self._reported(), self.engine.begin() as connection:
            known = connection.execute(sa.select(schema.push_intents.c.batch).filter_by(batch=batch)).first() is not None
            if not known:
                connection.execute(schema.push_intents.insert().values(batch=batch, state="intended", tasks=tasks))
            return known

    def finish_push(self, batch: str) -> None:
        """Say that all of a batch was pushed."""
        with self._reported(), self.engine.begin() as connection:
            connection.execute(schema.push_intents.update().filter_by(batch=batch).values(state="done"))

    def push_intents(self) -> list[PushIntent]:
        """All batches, oldest name first."""
        with self._reported(), self.engine.connect() as connection:
            rows = connection.execute(sa.select(schema.push_intents).order_by(schema.push_intents.c.batch))
            return [PushIntent(row.batch, row.state, row.tasks) for row in rows]

    def _move_watermark(self, connection: sa.Connection, manifest: Manifest) -> None:
        table = schema.watermarks
        values = {"position": json.dumps(manifest.facts["until"], ensure_ascii=False), "run_id": manifest.run_id}
        if connection.execute(table.update().filter_by(source=manifest.name).values(**values)).rowcount == 0:
            connection.execute(table.insert().values(source=manifest.name, **values))

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger's database failed: {getattr(error, 'orig', None) or error}",
                where=self.where,
                next_step="check that it is reachable and writable; nothing was committed",
            ) from error


def run_folders(store: Store) -> Iterator[str]:
    """Every folder of the store that holds a run or the remains of one, in the order of their numbers."""
    for stage in store.children(""):
        if stage == manifests.VERSIONS:
            versions = [child for child in store.children(stage) if child.rpartition("@")[2].isdigit()]
            yield from (f"{stage}/{child}" for child in sorted(versions, key=lambda v: int(v.rpartition("@")[2])))
        elif stage in manifests.STAGES:
            for child in store.children(stage):
                if child.isdigit():
                    yield f"{stage}/{child}"
                else:
                    numbers = store.children(f"{stage}/{child}")
                    yield from (f"{stage}/{child}/{number}" for number in numbers if number.isdigit())


def parse_run_path(path: str) -> tuple[str, str, int]:
    """(stage, name, number) of a run's folder."""
    stage, *rest = path.split("/")
    if stage == manifests.VERSIONS:
        name, _, number = rest[0].rpartition("@")
        return stage, name, int(number)
    return stage, rest[0] if len(rest) > 1 else "", int(rest[-1])


def _options(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        # A second process waits for SQLite's file lock rather than fail at once.
        return {"connect_args": {"timeout": 30}}
    if url.get_driver_name() == "pymysql" and url.password:
        # As text pymysql encodes it as Latin-1, which fails with a Chinese one.
        return {"connect_args": {"password": str(url.password).encode()}}
    return {}
