"""The same on MySQL 9, where this machine can have it: logins, types, splits, watermarks, altered tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.mysql import MySQL
from connectors.mysql.options import TLSOptions
from sandbox import seed
from washplant.config.source import WatermarkOptions
from washplant.errors import SourceSchemaError, SourceUnreachable
from washplant.secret import EnvValue

from . import test_mysql_engines as engines
from . import test_mysql_query as queries
from . import test_mysql_splits as splits
from . import test_mysql_types as types
from .conftest import admin, rows_of, source_of

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def tables9(mysql9: dict[str, Any]) -> dict[str, Any]:
    with admin(mysql9) as cursor:
        for statements in (seed.torture(), seed.keys(), seed.watermark("marked"), seed.tickets(30_000)):
            for sql in statements:
                cursor.execute(sql)
    return mysql9


@pytest.fixture
def source9(tables9: dict[str, Any]) -> Callable[..., MySQL]:
    return source_of(tables9)


@pytest.mark.parametrize(("key", "expected"), [(2**64 - 1, types.HIGH), (0, types.LOW), (2, {"id": 2})])
def test_every_cell_is_exact(source9: Callable[..., MySQL], key: int, expected: dict[str, Any]) -> None:
    types.test_every_cell_is_exact("torture", source9, key, expected)


@pytest.mark.parametrize(
    "test",
    [
        types.test_zero_and_impossible_dates_become_null_and_no_row_is_lost,
        types.test_zero_dates_as_text_are_what_the_server_shows,
        types.test_a_zero_date_under_fail_names_table_key_and_column,
        types.test_tinyint1_is_a_number_unless_asked,
        types.test_bits_as_bytes_when_asked,
        types.test_time_as_duration_keeps_sign_and_microseconds,
        types.test_the_session_zone_moves_no_instant_and_no_wall_clock,
        types.test_utf8_bytes_in_a_latin1_column,
        types.test_bytes_that_are_not_utf8_are_an_error_with_key_and_column,
        types.test_names_with_spaces_quotes_and_chinese,
        types.test_projection_reads_only_what_is_asked,
        queries.test_a_join_and_a_comment_at_the_end,
        queries.test_types_of_expressions,
        queries.test_the_torture_table_through_a_query_is_the_same,
        queries.test_check_discover_and_plan_of_a_query,
    ],
)
def test_types_and_queries(source9: Callable[..., MySQL], test: Callable[..., None]) -> None:
    test("torture" if "names_with" not in test.__name__ else {}, source9)


@pytest.mark.parametrize("table", splits.KEYED)
def test_splits_are_even_and_hold_every_row_once(
    tables9: dict[str, Any], source9: Callable[..., MySQL], table: str
) -> None:
    splits.test_splits_are_even_and_hold_every_row_once(tables9, source9, table)


def test_the_engines_agree(source9: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for engine in ("numba", "numpy", "cursor"):
        engines.use(engine, monkeypatch)
        found.append([engines.table_of(source9(table)) for table in ("torture", "tickets")])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("tls", "encrypted"), [(True, True), (False, False)], ids=["over TLS", "with the server's public key"]
)
def test_caching_sha2_password(mysql9: dict[str, Any], source9: Callable[..., MySQL], tls: bool, encrypted: bool) -> None:
    mysql9["server"].execute(mysql9, "flush privileges")  # the server forgets whom it knows: a full login
    chosen: Any = TLSOptions(ca=mysql9["ca"]) if tls else False
    connector = source9("int_key", tls=chosen)
    assert len(rows_of(connector)) == 5000
    assert ("encrypted with" in connector.check()[0].what and "not" not in connector.check()[0].what) == encrypted
    mysql9["server"].execute(mysql9, "flush privileges")
    with pytest.raises(SourceUnreachable, match="refused"):
        source9("int_key", tls=chosen, password=EnvValue("wrong-密码")).plan({})


def test_new_rows_are_found(mysql9: dict[str, Any], source9: Callable[..., MySQL]) -> None:
    connector = source9("marked", watermark=WatermarkOptions(column="updated_at"), split_rows=100)
    until = dict(connector.plan({}).until)
    assert until == {"column": "updated_at", "value": "2025-01-01 00:01:40.000100"}
    assert sorted(row["id"] for row in rows_of(connector, until)) == [*range(1000, 1007)]


@pytest.mark.parametrize("statement", ["truncate table going", "alter table going add column extra int"])
def test_an_altered_table(mysql9: dict[str, Any], source9: Callable[..., MySQL], statement: str) -> None:
    with admin(mysql9) as cursor:
        cursor.execute("drop table if exists going")
        cursor.execute("create table going (id int primary key)")
        cursor.execute("insert into going select seq from seq_1_to_1000")
        cursor.execute("analyze table going")
        connector = source9("going", split_rows=100)
        plan = connector.plan({})
        time.sleep(1)
        cursor.execute(statement)
    with pytest.raises(SourceSchemaError, match="altered, truncated"):
        for split in plan.splits:
            list(connector.read(split, plan.schema))
