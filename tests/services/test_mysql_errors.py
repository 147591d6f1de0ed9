"""What a person sees when something is wrong; passwords are never part of it."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.mysql import MySQL
from connectors.mysql.options import TLSOptions
from sandbox.tls import certificates
from washplant.errors import ConfigError, SourceSchemaError, SourceUnreachable, WashplantError
from washplant.secret import EnvValue

from .conftest import rows_of

pytestmark = pytest.mark.services


def test_check_of_a_good_source(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    findings = source("int_key").check()
    assert all(finding.ok for finding in findings)
    assert "encrypted with" in findings[0].what


def test_a_read_only_user_is_enough(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("int_key", user="ro", split_rows=300)
    assert len(rows_of(connector)) == 5000
    assert all(finding.ok for finding in connector.check())


def test_discover(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    assert tables["database"] in source("torture").databases()
    found = {table.name: table for table in source("torture").discover()}
    assert found["composite_key"].key == ("tenant", "code")
    columns = {column.name: column for column in found["torture"].columns}
    assert columns["ubig"].arrow == "decimal128(20, 0)"
    assert columns["dec65"].declared == "decimal(65,30)"
    assert not columns["id"].nullable


def test_a_wrong_password(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    with pytest.raises(SourceUnreachable, match=r"refused.*'etl'") as failure:
        source("int_key", password=EnvValue("wrong-密码")).plan({})
    assert "password" in failure.value.next_step
    assert "wrong-密码" not in str(failure.value)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1"])
def test_a_wrong_host_or_port(source: Callable[..., MySQL], host: str) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        connector = source("int_key", host=host, port=taken.getsockname()[1], connect_timeout_s=2)
        with pytest.raises(SourceUnreachable, match=host) as failure:
            connector.plan({})
        assert "host" in failure.value.next_step
        (finding,) = connector.check()
        assert not finding.ok


@pytest.mark.parametrize(
    ("options", "said", "step"),
    [
        ({"table": "tickes"}, "no table 'tickes'", "tickets"),
        ({"columns": ("id", "Qestion")}, "no column 'Qestion'", "question"),
        ({"utf8_in_latin1": ("tittle",)}, "no column 'tittle'", "title"),
        ({"where": "n >"}, "did not take the query", "where"),
        ({"where": "nope = 1"}, "nope", "where"),
    ],
)
def test_wrong_names(
    tables: dict[str, Any], source: Callable[..., MySQL], options: dict[str, Any], said: str, step: str
) -> None:
    connector = source(**({"table": "tickets"} | options))
    with pytest.raises(SourceSchemaError, match=said) as failure:
        rows_of(connector)
    assert step in failure.value.next_step
    finding = connector.check()[-1]
    assert not finding.ok
    assert step in finding.next_step


def test_a_wrong_database(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    # A user without rights there is refused; one who may see it hears which databases there are.
    connector = source("int_key", database="test_nowhere")
    with pytest.raises(SourceSchemaError, match="no database 'test_nowhere'") as failure:
        connector.plan({})
    assert "test_" in failure.value.next_step


def test_no_secret_in_any_output(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("int_key")
    plan = connector.plan({})
    shown = [repr(connector), str(connector.options), repr(plan), connector.options.model_dump_json()]
    shown += [str(finding) for finding in connector.check()]
    for options in ({"table": "nope"}, {"database": "test_nope"}, {"port": 1}, {"where": "'Pw-1中' >"}):
        with pytest.raises(WashplantError) as failure:
            rows_of(source(**({"table": "int_key"} | options)))
        shown += [str(failure.value), repr(failure.value), str(failure.value.as_dict())]
        shown.append(str(pickle.loads(pickle.dumps(failure.value))))
        assert failure.value.__cause__ is None
    assert all("Pw-1中" not in text for text in shown)


def test_tls_is_verified(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    tls = TLSOptions(ca=tables["ca"])
    for host in ("127.0.0.1", "localhost"):
        assert "encrypted with TLS" in source("int_key", user="tls", tls=tls, host=host).check()[0].what


def test_the_wrong_authority_is_refused(tables: dict[str, Any], source: Callable[..., MySQL], tmp_path: Path) -> None:
    other = certificates(tmp_path / "other") / "ca.pem"
    for tls in (TLSOptions(ca=str(other)), TLSOptions()):
        with pytest.raises(SourceUnreachable, match="certificate was refused") as failure:
            source("int_key", user="tls", tls=tls).plan({})
        assert "ca" in failure.value.next_step
    assert source("int_key", user="tls", tls=TLSOptions(ca=str(other), verify=False)).check()[0].ok


def test_tls_files_that_are_not_there(source: Callable[..., MySQL]) -> None:
    with pytest.raises(ConfigError, match="TLS files"):
        source("int_key", tls=TLSOptions(ca="/no/such/ca.pem")).plan({})


def test_errors_of_a_read_pickle(tables: dict[str, Any], source: Callable[..., MySQL]) -> None:
    connector = source("torture", zero_date="fail")
    with pytest.raises(WashplantError) as failure:
        rows_of(connector)
    again = pickle.loads(pickle.dumps(failure.value))
    assert (type(again), str(again)) == (type(failure.value), str(failure.value))
    assert pickle.loads(pickle.dumps(connector)) == connector
