"""A crash at any instant, followed by the same command, gives the same result as no crash."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from pipelines.gc import collect
from tests.e2e.conftest import Ended, Reference, run_once
from tests.e2e.project import Site, opened, start
from washplant import faults
from washplant import manifest as manifests
from washplant.ledger.ledger import run_folders

pytestmark = pytest.mark.e2e

CLI = Callable[..., Ended]


class Killed(BaseException):
    """Stands for SIGKILL in this process: no `except Exception` sees it. (`finally` does; the real kills cover that.)"""


@contextlib.contextmanager
def dying_at(point: str) -> Iterator[Counter[str]]:
    """Die at a point (`name:2`), as `WASHPLANT_FAULT` makes a process do; without one only count the passings."""
    passed: Counter[str] = Counter()

    def kill(_process: int, number: int) -> None:
        assert number == signal.SIGKILL
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WASHPLANT_FAULT", point)
        patch.setattr(faults, "_passed", passed)
        patch.setattr(faults, "os", SimpleNamespace(environ=os.environ, getpid=os.getpid, kill=kill))
        yield passed


def assert_as_if_nothing_had_happened(site: Site, name: str, reference: Reference, cli: CLI) -> None:
    """Versions, tasks, ledger and leavings of the store after a crash and the same command again."""
    assert site.published(name) == reference.published
    assert site.tasks(name) == reference.tasks
    yaml, store = site.yaml(name), opened(site.yaml(name)).store
    committed = {path for path in run_folders(store) if manifests.read(store, path)}
    project = opened(yaml)

    def indexed() -> set[str]:
        stages = (*manifests.STAGES, manifests.VERSIONS)
        names = {(stage, name) for stage in stages for name in project.ledger.names(stage)}
        return {manifests.run_path(s, n, number) for s, n in names for number in project.ledger.numbers(s, n)}

    known, marks = indexed(), {source: project.ledger.watermark(source) for source in ("tickets", "chats")}
    assert known == committed
    assert all(intent.state == "done" for intent in project.ledger.push_intents()), "a batch was pushed, its intent is open"
    assert cli("ledger", "rebuild", "-c", yaml).code == 0
    assert indexed() == known
    assert {source: project.ledger.watermark(source) for source in ("tickets", "chats")} == marks
    remains = collect(project, dry_run=True)
    assert collect(project) == remains
    assert collect(project, dry_run=True) == []
    temporary = [path for path in site.store(name).rglob("*.tmp") if path.name.startswith(".")]
    assert temporary == [], "a temporary file of an atomic put was left and gc does not see it"
    assert remains == [], "the same command clears up what the dead one left in the runs it repeats"
    assert site.published(name) == reference.published


def test_every_point_is_passed(reference: Reference) -> None:
    assert set(reference.passings) == set(faults.POINTS)


# One store, one death after the other: each command continues where the one before it died.
CHAIN = (
    "run.attempt_made:1",  # raw/tickets
    "run.data_written:1",
    "run.before_manifest:1",
    "run.after_manifest:1",  # raw/tickets is committed, the ledger does not know
    "run.after_ledger:1",  # raw/chats
    "run.data_written:2",  # curate: entries written, no index
    "run.before_manifest:1",
    "run.after_manifest:1",  # curate
    "run.data_written:1",  # pick
    "run.after_ledger:1",
    "label.tasks_written:1",  # tasks are with the annotators, no run says so
    "run.data_written:2",  # push: its originals
    "run.after_manifest:1",  # push is committed, its intent is not closed
    "label.answers_fetched:1",  # answers were read, none is stored
    "run.after_manifest:1",  # pull
    "run.before_manifest:1",  # labels
    "version.file_written:2",  # validation of qa
    "version.before_manifest:1",
    "version.after_manifest:1",  # qa
    "version.file_written:4",  # lineage of chat
    "run.after_manifest:1",  # chat
    "report.before_replace:1",
    "report.before_replace:2",
)


def test_a_death_at_every_point_in_one_store(site: Site, reference: Reference, cli: CLI) -> None:
    yaml = site.yaml("chain")
    for point in CHAIN:
        with dying_at(point), pytest.raises(Killed):
            run_once(yaml)
    assert {point.partition(":")[0] for point in CHAIN} == set(faults.POINTS)
    run_once(yaml)
    assert_as_if_nothing_had_happened(site, "chain", reference, cli)


def killed(site: Site, name: str, fault: str) -> None:
    """`washplant run` as a process that dies at a point."""
    log = site.folder / f"{name}.log"
    process = start("run", "-c", site.yaml(name), fault=fault, log=log)
    assert process.wait(300) == -signal.SIGKILL, f"{fault}: {log.read_text()}"


def completed(site: Site, name: str) -> None:
    """`washplant run` as a process that ends well."""
    log = site.folder / f"{name}.log"
    process = start("run", "-c", site.yaml(name), log=log)
    assert process.wait(300) == 0, log.read_text()


def killed_at_any_time(site: Site, name: str, seed: int, longest_s: float) -> None:
    """The whole group dies, Java and the Python workers too, as when the machine loses power."""
    process = start("run", "-c", site.yaml(name), log=site.folder / f"{name}.log")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(random.Random(seed).uniform(0, longest_s))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def test_processes_killed_in_raw_curate_and_version(site: Site, reference: Reference, cli: CLI) -> None:
    """The lock of a killed process is taken over, and its Spark leaves nothing that counts."""
    killed(site, "processes", "run.after_manifest:1")  # raw/tickets
    killed(site, "processes", "run.before_manifest:2")  # raw/chats is committed, curate is written
    killed(site, "processes", "version.file_written:2")
    log = site.folder / "processes.log"
    assert log.read_text().count("took over the lock of a run that died") == 2, log.read_text()
    completed(site, "processes")
    assert_as_if_nothing_had_happened(site, "processes", reference, cli)


@pytest.mark.full
@pytest.mark.parametrize("point", faults.POINTS)
def test_a_process_killed_at_a_point(site: Site, reference: Reference, cli: CLI, point: str) -> None:
    """At its first passing, and at a later one where there is one."""
    times = reference.passings[point]
    for passing in dict.fromkeys((1, (times + 1) // 2 + (times > 2), times)):
        name = f"{point.replace('.', '-')}-{passing}"
        killed(site, name, f"{point}:{passing}")
        completed(site, name)
        assert_as_if_nothing_had_happened(site, name, reference, cli)
        shutil.rmtree(site.store(name))


@pytest.mark.full
def test_a_death_at_every_passing_of_every_point(site: Site, reference: Reference, cli: CLI) -> None:
    for point, times in reference.passings.items():
        for passing in range(1, times + 1):
            name = f"in-process-{point.replace('.', '-')}-{passing}"
            with dying_at(f"{point}:{passing}"), pytest.raises(Killed):
                run_once(site.yaml(name))
            run_once(site.yaml(name))
            assert_as_if_nothing_had_happened(site, name, reference, cli)
            shutil.rmtree(site.store(name))


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_a_process_group_killed_at_any_time(site: Site, reference: Reference, cli: CLI, seed: int) -> None:
    name = f"random-{seed}"
    started = time.monotonic()
    run_once(site.yaml(f"{name}-pace"))  # how long a run takes on this machine now; a process needs a little more
    killed_at_any_time(site, name, seed, 1.5 * (time.monotonic() - started))
    completed(site, name)
    assert_as_if_nothing_had_happened(site, name, reference, cli)
    for store in (site.store(name), site.store(f"{name}-pace")):
        shutil.rmtree(store)
