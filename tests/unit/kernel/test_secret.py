"""Secrets: only the environment brings them, and no message, log line, repr or pickle takes them out again."""

from __future__ import annotations

import io
import logging
import pickle

import pytest
from pydantic import BaseModel, ValidationError

from washplant import log, secret
from washplant.errors import SourceUnreachable
from washplant.secret import EnvValue, Secret, redact, remember


class Login(BaseModel):
    """What a connector's options look like."""

    password: Secret


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_known", set())


def login(password: str = "hunter2-密") -> Login:
    return Login.model_validate({"password": EnvValue(password)})


@pytest.mark.parametrize("typed", ["hunter2", "", 12345, None, ["x"]])
def test_a_secret_typed_into_the_file_is_refused(typed: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Login.model_validate({"password": typed})
    assert "${env:NAME}" in caught.value.errors()[0]["msg"]


def test_the_value_is_there_for_those_who_ask() -> None:
    assert login().password.get_secret_value() == "hunter2-密"
    assert Login.model_validate(login().model_dump()).password == login().password, "options travel to workers"


def test_neither_repr_nor_json_shows_it() -> None:
    shown = [repr(login()), str(login()), login().model_dump_json(), str(login().model_dump())]
    assert not [text for text in shown if "hunter2" in text]


def test_errors_mask_it_in_every_part_and_in_their_pickles() -> None:
    login()
    error = SourceUnreachable("login with hunter2-密 failed", where="mysql://u:hunter2-密@h", next_step="is hunter2-密 right?")
    assert b"hunter2" not in pickle.dumps(error)
    assert "hunter2" not in f"{error} {error!r} {error.args} {error.as_dict()}"
    assert error.what == "login with *** failed"


def test_the_longest_secret_goes_first() -> None:
    remember("pass")
    remember("password-1")
    assert redact("password-1 and pass") == "*** and ***"


def test_a_short_secret_does_not_tear_the_message_apart() -> None:
    login("ab")
    assert redact("a table about abc") == "a table about abc"
    assert "ab" not in repr(login("ab")), "the field itself stays masked"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What `log.configure` sends to stderr."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root, ours, py4j = (logging.getLogger(name) for name in (None, "washplant", "py4j"))
    monkeypatch.setattr(root, "handlers", [])
    for logger in (root, ours, py4j):
        monkeypatch.setattr(logger, "level", logger.level)
    log.configure()
    return stream


def test_log_records_mask_it_in_message_and_arguments(logged: io.StringIO) -> None:
    login()
    logging.getLogger("washplant").warning("using %s for %d rows", "hunter2-密", 3)
    logging.getLogger("someone.else").error("hunter2-密")
    assert "hunter2" not in logged.getvalue()
    assert "using *** for 3 rows" in logged.getvalue()


def test_log_records_mask_it_in_tracebacks(logged: io.StringIO) -> None:
    login()
    try:
        raise RuntimeError("driver says: hunter2-密")
    except RuntimeError:
        logging.getLogger("washplant").exception("failed")
    assert "RuntimeError: driver says: ***" in logged.getvalue()
    assert "hunter2" not in logged.getvalue()


def test_log_lines_carry_the_run(logged: io.StringIO) -> None:
    token = log.run_id.set("raw/tickets/000007")
    try:
        logging.getLogger("washplant").info("hello %s", "world")
    finally:
        log.run_id.reset(token)
    assert "[raw/tickets/000007] hello world" in logged.getvalue()
