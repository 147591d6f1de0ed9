"""What every ledger keeps, whatever its database; `url` is the fixture that a test file brings (SQLite, MySQL, …)."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from washplant import manifest as manifests
from washplant.errors import LedgerError, LockHeld, LockLost
from washplant.ledger import Ledger, Lock, PushIntent, schema
from washplant.manifest import Manifest
from washplant.store import Store


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with opened(url) as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(str(tmp_path / "store"))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """A ledger whose connections are closed afterwards."""
    found = Ledger(url)
    try:
        yield found
    finally:
        found.engine.dispose()


def run(number: int, stage: str = "raw", name: str = "tickets", **facts: Any) -> Manifest:
    return Manifest(stage=stage, name=name, number=number, facts=facts)


# ------------------------------------------------------------------------------------------------- index


def test_runs_are_numbered_by_stage_and_name(ledger: Ledger) -> None:
    assert ledger.numbers("raw", "tickets") == ledger.names("raw") == []
    for manifest in (run(10), run(2), run(1), run(1, name="chats"), run(4, "curate", "")):
        ledger.record(manifest)
    assert ledger.numbers("raw", "tickets") == [1, 2, 10]
    assert ledger.names("raw") == ["chats", "tickets"]
    assert (ledger.numbers("curate"), ledger.names("curate")) == ([4], [""])


def test_a_run_recorded_twice_is_there_once(ledger: Ledger) -> None:
    ledger.record(run(1, until={"x": 1}))
    ledger.record(run(1, until={"x": 1}))
    assert ledger.numbers("raw", "tickets") == [1]


def test_a_forgotten_run_leaves_the_index_alone(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        ledger.record(run(number))
    ledger.forget_run("raw", "tickets", 2)
    ledger.forget_run("raw", "tickets", 2)
    ledger.forget_run("raw", "nobody", 1)
    assert ledger.numbers("raw", "tickets") == [1, 3]


def test_names_that_differ_in_case_alone_are_two_sources(ledger: Ledger) -> None:
    ledger.record(run(1, name="Tickets", until={"at": "upper"}))
    ledger.record(run(1, name="tickets", until={"at": "lower"}))
    ledger.record(run(2, name="tickets"))
    assert (ledger.numbers("raw", "Tickets"), ledger.numbers("raw", "tickets")) == ([1], [1, 2])
    assert (ledger.watermark("Tickets"), ledger.watermark("tickets")) == ({"at": "upper"}, {"at": "lower"})
    ledger.forget_run("raw", "Tickets", 1)
    assert ledger.numbers("raw", "tickets") == [1, 2]


def test_a_watermark_moves_with_its_run(ledger: Ledger) -> None:
    assert ledger.watermark("tickets") == {}
    ledger.record(run(1, until={"column": "更新时间", "value": "2025-03-01 00:00:00", "n": [1, None, 0.5]}))
    assert ledger.watermark("tickets") == {"column": "更新时间", "value": "2025-03-01 00:00:00", "n": [1, None, 0.5]}
    ledger.record(run(2))
    assert ledger.watermark("tickets")["column"] == "更新时间", "a run without a bound moves nothing"
    ledger.record(run(3, until={"value": "2"}))
    assert ledger.watermark("tickets") == {"value": "2"}
    assert ledger.watermark("chats") == {}


def test_a_watermark_may_list_many_files(ledger: Ledger) -> None:
    files = {f"data/水表/{number}.csv": [number, number] for number in range(5000)}
    ledger.record(run(1, until={"files": files}))
    assert ledger.watermark("tickets") == {"files": files}


def test_a_run_that_died_before_the_ledger_is_found(ledger: Ledger, store: Store) -> None:
    """The crash between manifest and ledger: the next run must not take the same number."""
    for number in (1, 2):
        manifests.write(store, run(number, until={"n": number}))
        ledger.record(run(number, until={"n": number}))
    assert ledger.sync(store) == 0
    manifests.write(store, run(3, until={"n": 3}))
    manifests.write(store, run(1, "versions", "qa"))
    manifests.write(store, run(1, "curate", ""))
    store.put("raw/tickets/000004/attempt-1/rows/x.parquet", b"not committed")
    store.put("raw/tickets/000005/manifest.json", b'{"torn')
    assert ledger.sync(store) == 3
    assert ledger.sync(store) == 0
    assert ledger.numbers("raw", "tickets") == [1, 2, 3]
    assert ledger.watermark("tickets") == {"n": 3}
    assert ledger.numbers("versions", "qa") == ledger.numbers("curate") == [1]


def test_the_manifests_restore_a_lost_ledger(ledger: Ledger, store: Store) -> None:
    for number in (1, 2, 3, 12):
        manifests.write(store, run(number, until={"n": number}))
    manifests.write(store, run(1, name="Chats", until={"c": 1}))
    for number in (2, 10, 9):
        manifests.write(store, run(number, "versions", "qa"))
    manifests.write(store, run(3, "curate", ""))
    store.put("raw/tickets/000013/attempt-1/x", b"not committed")
    store.put("raw/tickets/.DS_Store", b"stray")
    store.put("versions/qa@old/manifest.json", b"stray")
    store.put("tmp/x/000001/manifest.json", b"stray")
    ledger.record(run(99, name="gone", until={"x": 1}))
    ledger.intend_push("b1", 5)
    for _ in range(2):
        assert ledger.rebuild(store) == 9
        assert ledger.numbers("raw", "tickets") == [1, 2, 3, 12]
        assert ledger.numbers("versions", "qa") == [2, 9, 10]
        assert ledger.numbers("curate") == [3]
        assert ledger.names("raw") == ["Chats", "tickets"], "runs without a manifest are gone"
        assert (ledger.watermark("tickets"), ledger.watermark("Chats"), ledger.watermark("gone")) == ({"n": 12}, {"c": 1}, {})
    assert ledger.push_intents() == [PushIntent("b1", "intended", 5)], "the one thing that no manifest says"
    assert ledger.sync(store) == 0


def test_push_intents(ledger: Ledger) -> None:
    assert ledger.push_intents() == []
    ledger.intend_push("000002-a", 7)
    ledger.intend_push("000001-a", 5)
    ledger.intend_push("000002-a", 9)
    ledger.finish_push("000001-a")
    ledger.finish_push("no such batch")
    assert ledger.push_intents() == [PushIntent("000001-a", "done", 5), PushIntent("000002-a", "intended", 7)]


# ------------------------------------------------------------------------------------------------ schema


def test_a_second_process_finds_the_ledger_as_it_is(ledger: Ledger, url: str) -> None:
    ledger.record(run(1))
    with opened(url) as other:
        assert other.numbers("raw", "tickets") == [1]


def test_a_newer_ledger_is_refused(ledger: Ledger, url: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(schema.meta.update().values(value="2"))
    with pytest.raises(LedgerError, match="schema version 2, this washplant knows 1") as caught:
        Ledger(url)
    assert "newer washplant" in caught.value.next_step


def test_an_older_ledger_is_brought_up(ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(schema, "MIGRATIONS", {n: lambda connection, n=n: steps.append(n) for n in (1, 2)})
    for _ in range(2):
        with opened(url) as found, found.engine.connect() as connection:
            assert connection.execute(sa.select(schema.meta.c.value)).scalar() == "3"
    assert steps == [1, 2]


def test_processes_that_open_a_new_ledger_at_once(url: str) -> None:
    numbers = iter((1, 2, 3, 4))

    def work() -> None:
        with opened(url) as found:
            found.record(run(next(numbers)))

    raised = _at_once(work, 4)
    assert not raised, raised
    with opened(url) as found:
        assert found.numbers("raw", "tickets") == [1, 2, 3, 4]


# ------------------------------------------------------------------------------------------------- locks


def owner_of(ledger: Ledger) -> str | None:
    with ledger.engine.connect() as connection:
        return connection.execute(sa.select(schema.locks.c.owner)).scalar()


def hold_as(ledger: Ledger, owner: str, lease_s: float) -> None:
    """A lock that someone else took and will not renew."""
    with ledger.engine.begin() as connection:
        connection.execute(schema.locks.delete())
        values = {"name": "store", "owner": owner, "token": 7, "expires_at": time.time() + lease_s}
        connection.execute(schema.locks.insert().values(**values))


def test_a_second_holder_is_refused_and_told_whom_to_wait_for(ledger: Ledger, url: str) -> None:
    with ledger.lock("store") as lock, opened(url) as other:
        lock.assert_held()
        with pytest.raises(LockHeld) as caught, other.lock("store"):
            pass
        assert f"process {os.getpid()} on {platform.node()}" in caught.value.what
        assert caught.value.retryable and "60 s" in caught.value.next_step
        with other.lock("another name"):
            lock.assert_held()
    with opened(url) as other, other.lock("store") as lock:
        lock.assert_held()
    assert owner_of(ledger) is None, "nothing stays behind"


def test_an_error_inside_gives_the_lock_back(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.lock("store"):
        raise ZeroDivisionError
    assert owner_of(ledger) is None


def test_a_second_holder_may_wait(ledger: Ledger, url: str) -> None:
    with contextlib.ExitStack() as first:
        first.enter_context(ledger.lock("store"))
        threading.Timer(0.3, first.pop_all().close).start()
        with opened(url) as other, other.lock("store", wait_s=30) as lock:
            lock.assert_held()


def test_a_lease_that_ran_out_is_taken_over(ledger: Ledger) -> None:
    """The holder is on another machine, so only its lease says whether it lives."""
    hold_as(ledger, "elsewhere|1|1|pid:[1]|x", lease_s=1.0)
    with pytest.raises(LockHeld, match="process 1 on elsewhere"), ledger.lock("store"):
        pass
    with ledger.lock("store", wait_s=30, lease_s=2) as lock:
        lock.assert_held()
        assert lock.token == 8
    assert owner_of(ledger) is None


def test_a_holder_whose_lease_was_taken_may_commit_nothing(ledger: Ledger, url: str) -> None:
    """The machine slept: another run took over, and the first must neither commit nor free the other's lock."""
    with ledger.lock("store", lease_s=0.3) as lock:
        lock._stop.set()  # as if the process hung
        time.sleep(0.4)
        with pytest.raises(LockLost, match="ran out while this run worked") as caught:
            lock.assert_held()
        assert "nothing of this run was committed" in caught.value.next_step
        second = Ledger(url).lock("store")
        second.__enter__()
        with pytest.raises(LockLost):
            lock.assert_held()
    second.assert_held()
    assert owner_of(ledger) == second.owner
    second.__exit__(None, None, None)
    second.engine.dispose()


def test_renewal_notices_that_the_lock_was_taken(ledger: Ledger) -> None:
    with ledger.lock("store", lease_s=2) as lock:
        hold_as(ledger, "elsewhere|1|1|pid:[1]|x", lease_s=60)
        _until(lambda: not lock._held_until)
        with pytest.raises(LockLost):
            lock.assert_held()
    assert owner_of(ledger) == "elsewhere|1|1|pid:[1]|x"


def test_renewal_keeps_the_lock_beyond_its_lease(ledger: Ledger, url: str) -> None:
    with ledger.lock("store", lease_s=1.2) as lock, opened(url) as other:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            lock.assert_held()
            with pytest.raises(LockHeld), other.lock("store"):
                pass
            time.sleep(0.2)


_HOLD = """
import sys
from washplant.ledger import Ledger
with Ledger(sys.argv[1]).lock("store", lease_s=3600):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_dead_process_of_this_machine_is_taken_over_at_once(ledger: Ledger, url: str) -> None:
    """Even as a zombie: in a container nobody may collect it."""
    child = subprocess.Popen([sys.executable, "-c", _HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin and child.stdout
    try:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockHeld, match=f"process {child.pid} on"), ledger.lock("store"):
            pass
        child.kill()
        _until(lambda: Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        with ledger.lock("store") as lock:
            assert lock.token == 2
            lock.assert_held()
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("change", ["start", "process"])
def test_a_process_id_that_is_used_again_is_another_process(ledger: Ledger, change: str) -> None:
    host, pid, started, namespace, rest = ledger.lock("store").owner.split("|")
    if change == "start":
        started = str(int(started) - 1)
    else:
        pid = str(2**22 + 1)  # above the largest process id of Linux
    hold_as(ledger, "|".join((host, pid, started, namespace, rest)), lease_s=3600)
    with ledger.lock("store") as lock:
        lock.assert_held()


@pytest.mark.parametrize("owner", ["HOST|1|1|pid:[1]|x", "elsewhere|1|1|NAMESPACE|x", "HOST|?|1|NAMESPACE|x"])
def test_who_cannot_be_seen_from_here_counts_as_alive(ledger: Ledger, owner: str) -> None:
    """Two containers may share a host name, but not their process ids."""
    host, _, _, namespace, _ = ledger.lock("store").owner.split("|")
    hold_as(ledger, owner.replace("HOST", host).replace("NAMESPACE", namespace), lease_s=3600)
    with pytest.raises(LockHeld), ledger.lock("store"):
        pass


@pytest.mark.parametrize("before", [None, "elsewhere|1|1|pid:[1]|x"])
def test_of_many_that_race_one_gets_the_lock(ledger: Ledger, url: str, before: str | None) -> None:
    """Each with connections of its own, for a free lock and for one whose lease ran out."""
    for _ in range(3):
        if before:
            hold_as(ledger, before, lease_s=-1)
        held: list[Lock] = []
        done = threading.Barrier(6)

        def work(held: list[Lock] = held, done: threading.Barrier = done) -> None:
            with opened(url) as other, contextlib.ExitStack() as stack:
                with contextlib.suppress(LockHeld):
                    held.append(stack.enter_context(other.lock("store")))
                done.wait(60)

        raised = _at_once(work, 6)
        assert not raised, raised
        assert len(held) == 1
        assert owner_of(ledger) is None


@pytest.mark.full
def test_of_processes_that_race_one_gets_the_lock(ledger: Ledger, url: str) -> None:
    command = [sys.executable, "-c", _HOLD, url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    children = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    try:
        _until(lambda: sum(child.poll() is not None for child in children) >= 2, timeout_s=120)
        alive = [child for child in children if child.poll() is None]
        assert len(alive) == 1
        assert alive[0].stdout.readline() == "held\n"
    finally:
        said = [child.communicate()[1] for child in children]
    assert sum("LockHeld" in text for text in said) == 2


def _at_once(work: Any, count: int) -> list[BaseException]:
    """Run in threads that start together; what they raised."""
    start, raised = threading.Barrier(count), []

    def started() -> None:
        try:
            start.wait(60)
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=started) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return raised


def _until(condition: Any, timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)
