"""A HiveServer2 of our own that is killed while it is read."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hive import Hive
from connectors.hive import read as hive_read
from connectors.hive.session import session
from sandbox import HiveServer2, seed_hive
from sandbox.processes import free_port
from sandbox.server import root

from .conftest import up
from .warehouse import options

pytestmark = [pytest.mark.services, pytest.mark.full]

ROWS = 10_000


@pytest.fixture
def own() -> Iterator[HiveServer2]:
    """A second server beside the shared one, with a table."""
    server = HiveServer2(root() / "hive-restart", light=True)
    with up(server) as facts:
        with session(options(facts, "killed.mixed"), "test") as statements:
            for sql in ("drop database if exists killed cascade", "create database killed", "use killed"):
                statements.run(sql)
            for sql in seed_hive.mixed(ROWS):
                statements.run(sql)
        yield server


def test_a_server_killed_and_started_again_mid_read(own: HiveServer2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive_read, "_MOST_ROWS", 500)
    connector = Hive("dw", options(own.facts(), "killed.mixed"))
    plan = connector.plan({})
    undisturbed = [row for split in plan.splits for batch in connector.read(split, plan.schema) for row in batch.to_pylist()]
    found: list[dict[str, Any]] = []
    restart = threading.Thread(target=own.up)
    for split in plan.splits:
        for batch in connector.read(split, plan.schema):
            found += batch.to_pylist()
            if len(found) > ROWS // 3 and restart.ident is None:
                (process,) = own.processes()
                os.kill(process.pid, signal.SIGKILL)
                ports = own.facts()["ports"].values()
                while process.alive or any(free_port(port) != port for port in ports):  # held for a moment longer
                    time.sleep(0.01)
                restart.start()
    restart.join()
    assert restart.ident is not None
    assert found == undisturbed and len(found) == ROWS
