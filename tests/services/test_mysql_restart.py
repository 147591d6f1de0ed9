"""A server of our own that may be killed, and one whose certificate has expired."""

from __future__ import annotations

import datetime
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.mysql import MySQL
from connectors.mysql.options import MySQLOptions, TLSOptions
from sandbox import MariaDB, Unavailable, seed
from sandbox.processes import free_port
from sandbox.server import root
from sandbox.tls import certificates
from washplant.errors import SourceUnreachable
from washplant.secret import EnvValue

from .conftest import admin

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def own(mariadb: dict[str, Any]) -> Iterator[MariaDB]:
    """A second server beside the shared one, with the same programs and an expired certificate."""
    server = MariaDB(root() / "mariadb-restart")
    server.home.mkdir(parents=True, exist_ok=True)
    programs = Path(mariadb["home"]) / "root"
    if programs.is_dir() and not (server.home / "root").exists():
        (server.home / "root").symlink_to(programs)
    _expired(server.home / "tls")
    try:
        server.up()
    except Unavailable as error:
        pytest.skip(error.what)
    yield server
    server.down()


def _expired(folder: Path) -> None:
    """The server's certificate again, valid until yesterday."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    certificates(folder)
    old = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer).public_key(old.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=9))
    builder = builder.not_valid_after(now - datetime.timedelta(days=1))
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    made = builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _source(server: MariaDB, **options: Any) -> MySQL:
    facts = server.facts()
    given = {"kind": "mysql", "host": facts["host"], "port": facts["port"], "user": "etl", "database": "src"}
    given["password"] = EnvValue(facts["users"]["etl"])
    return MySQL("crm", MySQLOptions(**(given | {"table": "tickets"} | options)))


@pytest.fixture(scope="module")
def filled(own: MariaDB) -> MariaDB:
    with admin(own.facts()) as cursor:
        for sql in seed.tickets(30_000):
            cursor.execute(sql)
    return own


def test_an_expired_certificate(own: MariaDB) -> None:
    tls = TLSOptions(ca=own.facts()["ca"])
    with pytest.raises(SourceUnreachable, match=r"certificate was refused.*expired"):
        _source(own, tls=tls).plan({})
    (finding,) = _source(own, tls=tls).check()
    assert not finding.ok
    assert "certificate" in finding.what
    with pytest.raises(SourceUnreachable, match="certificate"):  # no quiet fall-back to an open connection
        _source(own, user="tls", password=EnvValue("pw-tls-1"), tls=tls).plan({})


@pytest.mark.parametrize("split_rows", [10**9, 7_000])
def test_a_server_killed_and_started_again_mid_read(
    filled: MariaDB, monkeypatch: pytest.MonkeyPatch, split_rows: int
) -> None:
    monkeypatch.setattr("connectors.mysql.read._BATCH_ROWS", 500)
    monkeypatch.setattr("connectors.mysql.read._WIRE_BYTES", 100_000)
    connector = _source(filled, split_rows=split_rows)
    plan = connector.plan({})
    undisturbed = _read(connector, plan, lambda _: None)

    def disturb(number: int) -> None:
        if number in (3, 25):
            for thread in threads:
                thread.join()
            (process,) = filled.processes()
            os.kill(process.pid, signal.SIGKILL)
            port = filled.facts()["port"]
            while process.alive or free_port(port) != port:  # its last thread holds the port for a moment
                time.sleep(0.01)
            threads.append(threading.Thread(target=filled.up))
            threads[-1].start()

    threads: list[threading.Thread] = []
    found = _read(connector, plan, disturb)
    for thread in threads:
        thread.join()
    assert len(threads) == 2
    assert found.equals(undisturbed)
    assert found.num_rows == 30_000


def _read(connector: MySQL, plan: Any, after: Callable[[int], None]) -> pa.Table:
    batches: list[pa.RecordBatch] = []
    for split in plan.splits:
        for batch in connector.read(split, plan.schema):
            batches.append(batch)
            with suppress(ProcessLookupError):
                after(len(batches))
    return pa.Table.from_batches(batches, plan.schema).combine_chunks()


def test_a_server_that_stays_down_is_an_error(filled: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mysql.read._BACKOFF_S", 0.01)
    connector = _source(filled)
    plan = connector.plan({})
    filled.down()
    with pytest.raises(SourceUnreachable, match="connection failed") as failure:
        _read(connector, plan, lambda _: None)
    assert "again" in failure.value.next_step
    filled.up()
