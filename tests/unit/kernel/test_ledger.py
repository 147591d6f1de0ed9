"""The ledger in SQLite: the shared cases, and what needs no server to go wrong."""

from __future__ import annotations

import pickle
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.unit.kernel.ledger_cases import *  # noqa: F403
from tests.unit.kernel.ledger_cases import run
from washplant.errors import LedgerError
from washplant.ledger import Ledger
from washplant.secret import redact


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{tmp_path}/led ger 水.db"


def test_only_sqlite_belongs_to_one_machine(url: str) -> None:
    assert Ledger(url).is_sqlite


@pytest.mark.parametrize("folder", ["水 表", "100%25", "a%b", "q#1"])
def test_a_ledger_in_a_file_is_where_the_path_says(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "ledger.db"
    ledger = Ledger.in_file(path)
    ledger.record(run(1))
    ledger.engine.dispose()
    assert path.is_file() and ledger.where == str(path)


def test_what_is_no_url_or_has_no_driver_is_told_in_a_sentence() -> None:
    with pytest.raises(LedgerError, match="not a database URL"):
        Ledger("no url")
    with pytest.raises(LedgerError, match="no driver for 'oracle'") as caught:
        Ledger("oracle://u:pw-in-url@h/db")
    assert "pw-in-url" not in f"{caught.value}{caught.value!r}"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="unable to open database file"):
        Ledger(f"sqlite:///{tmp_path}/no/ledger.db")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is text, not a database\n" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.parametrize("quoted", ["Pw-9%E4%B8%AD", "pw%40host%3A9", "plain-pw-9"])
def test_a_password_shows_nowhere_when_the_server_is_away(quoted: str) -> None:
    with pytest.raises(LedgerError, match="the ledger's database failed") as caught:
        Ledger(f"mysql+pymysql://etl:{quoted}@127.0.0.1:9/db")
    shown = f"{caught.value} {caught.value!r} {caught.value.as_dict()}".encode() + pickle.dumps(caught.value)
    for secret in (quoted, unquote(quoted)):
        assert secret.encode() not in shown
        assert redact(f"login {secret} failed") == "login *** failed", "masked from now on, as written and as meant"
    assert "etl:***@127.0.0.1:9/db" in caught.value.where
