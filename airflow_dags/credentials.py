"""Secrets from Airflow's Connections, Variables and secrets backends, as environment variables of a task's process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_dags.versions import AirflowFailException, BaseHook, Variable, mask_secret


def environment_of(secrets: Mapping[str, str]) -> dict[str, str]:
    """`{NAME: connection:ID.field | variable:NAME}` resolved. Each value is masked in the task's log from here on."""
    found = {name: _value(name, place) for name, place in secrets.items()}
    for value in found.values():
        mask_secret(value)
    return found


def core_environment(connection_id: str) -> tuple[list[str], dict[str, str]]:
    """How to call `washplant`, and variables beside the secrets, from the extra of a Connection:
    `{"washplant": "/opt/washplant/.venv/bin/washplant", "env": {"JAVA_HOME": …}}`."""
    extra = extra_of(BaseHook.get_connection(connection_id))
    program = extra.get("washplant", "washplant")
    return program if isinstance(program, list) else [str(program)], dict(extra.get("env", {}))


def extra_of(connection: Any) -> dict[str, Any]:
    """A Connection's extra as data."""
    return dict(json.loads(connection.extra)) if connection.extra else {}


def _value(name: str, place: str) -> str:
    kind, _, what = place.partition(":")
    if kind == "variable":
        return str(Variable.get(what))
    connection_id, _, part = what.partition(".")
    connection = BaseHook.get_connection(connection_id)
    value = extra_of(connection).get(part.removeprefix("extra.")) if part.startswith("extra.") else getattr(connection, part)
    if value is None:
        raise AirflowFailException(f"{name}: the Connection {connection_id!r} has no {part}")
    return str(value)
