"""The ledger in MariaDB: the shared cases, and what only a server with logins and collations can get wrong."""

from __future__ import annotations

import pickle
from typing import Any
from urllib.parse import quote

import pytest

from tests.services.conftest import admin
from tests.unit.kernel.ledger_cases import *  # noqa: F403
from tests.unit.kernel.ledger_cases import opened, run
from washplant.errors import LedgerError
from washplant.ledger import Ledger, schema

pytestmark = pytest.mark.services

LATIN = "test_ledger_latin1"


def address(facts: dict[str, Any], password: str | None = None, database: str | None = None) -> str:
    """The ledger's URL as a user writes it: the password, which is not even Latin, quoted."""
    word = quote(password or facts["users"]["etl"], safe="")
    return f"mysql+pymysql://etl:{word}@{facts['host']}:{facts['port']}/{database or facts['database']}"


@pytest.fixture
def url(mariadb: dict[str, Any]) -> str:
    """A database without a ledger."""
    with admin(mariadb) as cursor:
        for table in schema.metadata.tables:
            cursor.execute(f"drop table if exists {table}")
    return address(mariadb)


def test_a_server_serves_many_machines(url: str) -> None:
    with opened(url) as ledger:
        assert not ledger.is_sqlite


def test_the_password_shows_nowhere(url: str, mariadb: dict[str, Any]) -> None:
    secrets = (mariadb["users"]["etl"], quote(mariadb["users"]["etl"], safe=""))
    with opened(url) as ledger:
        shown = f"{ledger.where} {ledger!r} {ledger.engine!r} {ledger.url!r} {ledger.lock('store')!r} {vars(ledger.lock('x'))}"
        assert f"etl:***@{mariadb['host']}" in ledger.where
        with admin(mariadb) as cursor:
            cursor.execute("drop table washplant_locks, washplant_runs")
        for broken in (lambda: ledger.numbers("raw"), lambda: ledger.lock("store").__enter__()):
            with pytest.raises(LedgerError) as caught:
                broken()
            shown += f"{caught.value} {caught.value!r} {pickle.dumps(caught.value)!r}"
    assert not [secret for secret in secrets if secret in shown]


def test_a_wrong_password_is_told_and_not_shown(url: str, mariadb: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match="Access denied for user 'etl'") as caught:
        Ledger(address(mariadb, "falsch-错"))
    shown = f"{caught.value} {caught.value!r}"
    assert "falsch" not in shown and "check that it is reachable" in caught.value.next_step


def test_an_old_database_in_latin1_keeps_chinese_names(mariadb: dict[str, Any]) -> None:
    with admin(mariadb, database=None) as cursor:
        cursor.execute(f"create or replace database {LATIN} character set latin1")
    try:
        with opened(address(mariadb, database=LATIN)) as ledger:
            ledger.record(run(1, until={"files": {"数据/水表😀.csv": [1, 2]}}))
            ledger.intend_push("批次", 3)
            assert ledger.watermark("tickets") == {"files": {"数据/水表😀.csv": [1, 2]}}
            assert ledger.push_intents()[0].batch == "批次"
    finally:
        with admin(mariadb, database=None) as cursor:
            cursor.execute(f"drop database {LATIN}")
