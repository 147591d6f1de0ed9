"""What a person sees when a HiveServer2 refuses or is not there; logins are never tried another way."""

from __future__ import annotations

import importlib.util
import pickle
import socket
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.hive import read as hive_read
from connectors.hive import session as hive_session
from connectors.hive.options import ServerOptions
from washplant.errors import SetupError, SourceDataError, SourceError, SourceSchemaError, SourceUnreachable, WashplantError
from washplant.secret import EnvValue

from .proxy import proxy
from .warehouse import Warehouse

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def tables(served: Warehouse) -> Warehouse:
    served.run("create table small stored as orc as select cast(id as int) as id, '文' as v from range(3)")
    return served


def test_check_and_discover(tables: Warehouse) -> None:
    connector = tables.make("small", key=("id",), watermark={"column": "id"})
    findings = connector.check()
    assert all(finding.ok for finding in findings)
    assert "auth NONE, Spark's server answers" in findings[0].what
    assert [finding.what for finding in findings[2:]] == ["key id", "watermark id (int32)"]
    (info,) = (info for info in connector.discover() if info.name.endswith(".small"))
    assert [(column.name, column.declared, column.arrow) for column in info.columns] == [
        ("id", "int", "int32"),
        ("v", "string", "string"),
    ]


def test_a_password_that_is_right_and_one_that_is_wrong(tables: Warehouse, hive: dict[str, Any]) -> None:
    login = {"port": hive["ports"]["CUSTOM"], "auth": "LDAP", "user": "etl", "password": EnvValue(hive["users"]["etl"])}
    assert len(tables.rows(tables.make("small", server=login))) == 3
    wrong = tables.make("small", server=login | {"auth": "CUSTOM", "password": EnvValue("wrong-密码")})
    with pytest.raises(SourceUnreachable, match="refused the login with auth CUSTOM") as caught:
        wrong.plan({})
    assert "wrong-密码" not in f"{caught.value}{caught.value.next_step}{wrong!r}"
    assert "password" in caught.value.next_step
    assert not wrong.check()[0].ok


@pytest.mark.parametrize(("auth", "door"), [("NOSASL", "NONE"), ("NONE", "NOSASL"), ("NONE", "CUSTOM"), ("NOSASL", "CUSTOM")])
def test_another_way_to_log_in_than_the_servers(tables: Warehouse, hive: dict[str, Any], auth: str, door: str) -> None:
    server = {"port": hive["ports"][door], "auth": auth, "connect_timeout_s": 3, "read_timeout_s": 3}
    with pytest.raises(SourceUnreachable) as caught:
        tables.make("small", server=server).plan({})
    assert "hive.server2.authentication" in caught.value.next_step and auth in str(caught.value) + caught.value.next_step


@pytest.mark.filterwarnings("ignore:kerberos module not installed")
def test_kerberos_is_never_downgraded(tables: Warehouse, hive: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """csghub-dataflow connects without any login when Kerberos fails. A door that asks for nothing stays shut to us."""
    with proxy(hive["host"], hive["ports"]["NOSASL"]) as between:
        server = {"port": between.port, "auth": "KERBEROS", "kerberos_service_name": "hive", "connect_timeout_s": 2}
        connector = tables.make("small", server=server)
        if importlib.util.find_spec("kerberos") is None and importlib.util.find_spec("sasl") is None:
            with pytest.raises(SetupError, match="KERBEROS needs the library"):
                connector.plan({})
            assert between.connections == 0
            monkeypatch.setattr(hive_session, "_check_libraries", lambda server, where: None)
        with pytest.raises(WashplantError):  # with no library, or no ticket
            connector.plan({})
    assert not connector.check()[0].ok


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"auth": "LDAP"}, "needs `user` and `password`"),
        ({"auth": "CUSTOM", "user": "etl"}, "needs `user` and `password`"),
        ({"auth": "NONE", "password": EnvValue("secret-1")}, "would send no password"),
        ({"auth": "NOSASL", "user": "etl", "password": EnvValue("secret-1")}, "would send no password"),
        ({"auth": "KERBEROS"}, "kerberos_service_name"),
        ({"auth": "NONE", "kerberos_service_name": "hive"}, "kerberos_service_name"),
        ({"auth": "KERBEROS", "kerberos_service_name": "hive", "password": EnvValue("secret-1")}, "no password"),
    ],
)
def test_a_login_that_is_not_complete(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ServerOptions.model_validate({"host": "h"} | given)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1"])
def test_a_wrong_host_or_port(tables: Warehouse, host: str) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        server = {"host": host, "port": taken.getsockname()[1], "connect_timeout_s": 2}
        with pytest.raises(SourceUnreachable, match=host) as caught:
            tables.make("small", server=server).plan({})
    assert "host" in caught.value.next_step
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("options", "said", "step"),
    [
        ({"table": "smal"}, "no such table", "small"),
        ({"table": "no_such_database.small"}, "no_such_database", "table"),
        ({"columns": ("id", "vv")}, "no column 'vv'", "v"),
        ({"where": "id >"}, "did not take the statement", "where"),
        ({"where": "nope = 1"}, "nope", "where"),
        ({"incremental": {"by": "partition", "column": "id"}}, "not partitioned by 'id'", "watermark"),
    ],
)
def test_wrong_names(tables: Warehouse, options: dict[str, Any], said: str, step: str) -> None:
    connector = tables.make(**({"table": "small"} | options))
    with pytest.raises(SourceSchemaError, match=said) as caught:
        tables.rows(connector)
    assert step in caught.value.next_step
    assert "\tat org." not in str(caught.value), "no Java stack trace"


def test_a_statement_that_runs_too_long_is_cancelled(tables: Warehouse) -> None:
    tables.run("create view slow as select java_method('java.lang.Thread', 'sleep', 20000L) as s")
    # With Spark's incremental collect a statement is done at once, and its rows are what takes long.
    server = {"query_timeout_s": 1, "session": {"spark.sql.thriftServer.incrementalCollect": "false"}}
    connector = tables.make("slow", count=False, server=server)
    plan = connector.plan({})
    with pytest.raises(SourceDataError, match="longer than `query_timeout_s`, 1 s"):
        list(connector.read(plan.splits[0], plan.schema))


def test_a_cell_that_does_not_fit_names_its_column(tables: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = tables.make("small")
    plan = connector.plan({})
    monkeypatch.setattr(hive_read, "sent_as", lambda kind, decode: ("INT_TYPE", "STRING_TYPE"))
    spec = plan.splits[0].spec | {"columns": [["id", "'x'", "text"], ["v", "`v`", "value"]]}
    split = type(plan.splits[0])(0, "", spec)
    with pytest.raises(SourceError, match="cannot be read as int32") as caught:
        list(connector.read(split, plan.schema))
    assert "column id" in caught.value.where
