"""Errors: they cross process borders whole, and what scripts may rely on is written down."""

from __future__ import annotations

import copy
import json
import pickle
import re

import pytest

from washplant import errors
from washplant.errors import WashplantError

EVERY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WashplantError)]
_BRANCH = re.compile(r"^[│├└─ ]+(?P<name>[A-Z]\w+) +(?P<code>\d+) ", re.MULTILINE)


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_travels_with_its_fields(kind: type[WashplantError]) -> None:
    error = kind("什么", where="store/x:3", next_step="do this")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert (twin.what, twin.where, twin.next_step) == ("什么", "store/x:3", "do this")
        assert str(twin) == str(error) == "store/x:3: 什么\n→ do this"


def test_an_error_without_place_or_next_step_is_one_sentence() -> None:
    assert str(WashplantError("what")) == "what"
    assert str(WashplantError("what", next_step="then")) == "what\n→ then"


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_is_plain_data_for_machines(kind: type[WashplantError]) -> None:
    data = kind("w", where="x", next_step="n").as_dict()
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "error": kind.__name__,
        "what": "w",
        "where": "x",
        "next": "n",
        "exit_code": kind.exit_code,
        "retryable": kind.retryable,
    }


def test_the_docstring_draws_every_class_with_its_exit_code() -> None:
    drawn = {m["name"]: int(m["code"]) for m in _BRANCH.finditer(errors.__doc__ or "")}
    assert drawn == {kind.__name__: kind.exit_code for kind in EVERY if kind is not WashplantError}


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+) +(?:\d|exit)", line)
        if found:
            depth = len(found[1]) // 4
            del above[depth:]
            kind = getattr(errors, found[2])
            assert kind.__base__.__name__ == (above[-1] if above else "Exception")
            above.append(found[2])


def test_exit_codes_tell_the_families_apart() -> None:
    """A child may share its parent's code or its sibling's; no two families share one, and none means success or usage."""
    families: dict[int, set[type]] = {}
    for kind in EVERY:
        if kind is not WashplantError:
            family = next(base for base in kind.__mro__ if base.__base__ is WashplantError)
            families.setdefault(kind.exit_code, set()).add(family)
    assert all(len(kinds) == 1 for kinds in families.values())
    assert not {0, 1} & set(families)


def test_only_waiting_helps_with_what_is_retryable() -> None:
    assert {kind.__name__ for kind in EVERY if kind.retryable} == {
        *("SourceUnreachable", "LockHeld", "LockLost", "LabelUnreachable")
    }
