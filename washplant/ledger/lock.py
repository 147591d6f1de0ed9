"""A lock with a lease: it outlives no process, and another may take it over once the lease has run out.

Two writers on one store would number their runs alike. The holder renews its lease from a thread; a process that dies stops
renewing, so its lock frees itself. On the same machine a dead holder is recognised at once by its process id and start time.
Clocks of machines that share a ledger must agree to within a few seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import threading
import time
import uuid
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from washplant.errors import LedgerError, LockHeld, LockLost
from washplant.ledger.schema import locks

log = logging.getLogger(__name__)

lock_wait_s: ContextVar[float] = ContextVar("washplant_lock_wait_s", default=0.0)
"""How long a command waits for a lock that another run holds; `washplant --lock-wait` sets it."""

_RACES = 5
_RACED = "another|process"


class Lock:
    """`with ledger.lock("store") as lock: … lock.assert_held()` before anything is committed."""

    def __init__(self, engine: sa.Engine, name: str, *, where: str, lease_s: float = 60.0, wait_s: float = 0.0) -> None:
        self.engine, self.name, self.where, self.lease_s, self.wait_s = engine, name, where, lease_s, wait_s
        self.owner = f"{_this_process()}|{uuid.uuid4().hex[:8]}"
        self.token = 0
        self._held_until = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self.wait_s
        while True:
            holder = self._try()
            if holder is None:
                break
            if time.monotonic() >= deadline:
                host, pid, *_ = holder.split("|")
                raise LockHeld(
                    f"another run (process {pid} on {host}) works on this store",
                    where=self.where,
                    next_step=f"wait for it to end; if it is dead its lock frees itself within {self.lease_s:.0f} s",
                )
            time.sleep(min(1.0, self.lease_s / 4))
        self._thread = threading.Thread(target=self._renew, name=f"lease-{self.name}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        # The lease would free it anyway: a database that is down must not hide the error under way.
        with contextlib.suppress(SQLAlchemyError), self.engine.begin() as connection:
            connection.execute(locks.delete().filter_by(name=self.name, owner=self.owner))

    def assert_held(self) -> None:
        """Raise LockLost if the lease could not be renewed in time."""
        if time.time() >= self._held_until:
            raise LockLost(
                "the lease on the store ran out while this run worked",
                where=self.where,
                next_step="run the command again; nothing of this run was committed",
            )

    def _try(self) -> str | None:
        """Take the lock; the owner who has it if that fails."""
        holder = self._try_once()
        for _ in range(_RACES):
            if holder != _RACED:
                break
            holder = self._try_once()
        return holder

    def _try_once(self) -> str | None:
        """As `_try`; `_RACED` when another process was quicker between our look and our write."""
        now = time.time()
        try:
            with self.engine.begin() as connection:
                found = connection.execute(sa.select(locks).filter_by(name=self.name)).first()
                if found is None:
                    self.token = 1
                    connection.execute(locks.insert().values(name=self.name, **self._values(now)))
                elif found.expires_at > now and _alive(found.owner):
                    return str(found.owner)
                else:
                    self.token = found.token + 1
                    taken = connection.execute(
                        locks.update().filter_by(name=self.name, token=found.token).values(**self._values(now))
                    )
                    if taken.rowcount != 1:
                        return _RACED
                    log.warning("took over the lock of a run that died: %s", found.owner)
        except IntegrityError:
            return _RACED
        except SQLAlchemyError as error:
            raise LedgerError(f"cannot take the lock: {error}", where=self.where) from error
        self._held_until = now + self.lease_s
        return None

    def _values(self, now: float) -> dict[str, object]:
        return {"owner": self.owner, "token": self.token, "expires_at": now + self.lease_s}

    def _renew(self) -> None:
        while not self._stop.wait(self.lease_s / 4):
            now = time.time()
            try:
                with self.engine.begin() as connection:
                    renewed = connection.execute(
                        locks.update()
                        .filter_by(name=self.name, owner=self.owner, token=self.token)
                        .values(expires_at=now + self.lease_s)
                    )
            except SQLAlchemyError as error:
                log.warning("could not renew the lease, will try again: %s", error)
                continue
            if renewed.rowcount != 1:
                self._held_until = 0.0
                return
            self._held_until = now + self.lease_s


def _this_process() -> str:
    """Host, process id, start and namespace of process ids: containers may share a host name and have their own ids."""
    return f"{platform.node()}|{os.getpid()}|{_started(os.getpid())}|{_namespace()}"


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty for a zombie, and where /proc is not there."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]
    except (OSError, ValueError, IndexError):
        return ""


def _alive(owner: str) -> bool:
    """Whether an owner may still live; True whenever this machine cannot tell."""
    host, pid, started, namespace, *_ = [*owner.split("|"), "", "", ""]
    if host != platform.node() or namespace != _namespace() or not pid.isdigit() or not Path("/proc").exists():
        return True
    return bool(started) and _started(int(pid)) == started
