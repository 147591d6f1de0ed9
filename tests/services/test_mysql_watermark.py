"""Incremental reads lose nothing: ties, NULLs, zero dates, late commits, microseconds, zones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.files import FilesOptions
from connectors.mysql import MySQL
from sandbox import seed
from washplant.config.source import WatermarkOptions
from washplant.errors import ConfigError, SourceSchemaError

from .conftest import rows_of

pytestmark = pytest.mark.services

LATEST = "2025-01-01 00:01:40.000100"
ALWAYS = {1001, 1002, 1003, 1004, 1005, 1006}
"""Rows without a watermark, and with a zero date."""


def _mark(lag_s: int = 0) -> WatermarkOptions:
    return WatermarkOptions(column="updated_at", lag_s=lag_s)


def _ids(connector: MySQL, since: dict[str, Any] | None = None) -> list[int]:
    return sorted(row["id"] for row in rows_of(connector, since))


@pytest.fixture(params=[True, False], ids=["indexed", "not-indexed"])
def marked(request: pytest.FixtureRequest, sql: Callable[[str], Any]) -> str:
    for statement in seed.watermark("wm", indexed=request.param):
        sql(statement)
    return "wm"


def test_the_first_run_reads_everything(marked: str, source: Callable[..., MySQL]) -> None:
    connector = source(marked, watermark=_mark(), split_rows=100)
    assert _ids(connector) == list(range(1, 1007))
    assert connector.plan({}).until == {"column": "updated_at", "value": LATEST}


def test_ties_and_microseconds_at_the_bound(
    marked: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    # truncated microseconds: airbyte#76309, dlt#2269
    connector = source(marked, watermark=_mark())
    until = connector.plan({}).until
    assert set(_ids(connector, dict(until))) == {1000} | ALWAYS
    sql(f"insert into wm values (2000, '{LATEST}', 'tie'), (2001, '2025-01-01 00:01:40.000101', 'later')")
    assert set(_ids(connector, dict(until))) == {1000, 2000, 2001} | ALWAYS


def test_the_upper_bound_is_fixed_in_the_plan(
    marked: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    connector = source(marked, watermark=_mark())
    plan = connector.plan({"column": "updated_at", "value": "2025-01-01 00:01:39.000099"})
    sql("insert into wm values (3000, '2025-06-01', 'after the plan')")
    read = {row["id"] for s in plan.splits for b in connector.read(s, plan.schema) for row in b.to_pylist()}
    assert read == set(range(990, 1001)) | ALWAYS
    assert set(_ids(connector, dict(plan.until))) == {1000, 3000} | ALWAYS


def test_late_commits_within_the_lag_are_read(
    marked: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    # late commits: airbyte#85918
    until = source(marked, watermark=_mark()).plan({}).until
    sql("insert into wm values (4000, '2025-01-01 00:01:30', 'committed late')")
    assert 4000 not in _ids(source(marked, watermark=_mark()), dict(until))
    assert 4000 in _ids(source(marked, watermark=_mark(lag_s=11)), dict(until))


def test_rows_without_a_watermark_are_read_on_every_run_and_the_plan_says_so(
    marked: str, source: Callable[..., MySQL]
) -> None:
    # NULL cursors: airbyte#14404
    connector = source(marked, watermark=_mark())
    until = dict(connector.plan({}).until)
    for _ in range(2):
        assert set(_ids(connector, until)) >= ALWAYS
    assert any("read on every run" in statement for statement in connector.plan(until).statements)


def test_new_rows_are_split_and_found_by_the_watermark_index(
    sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    for statement in seed.watermark("wm"):
        sql(statement)
    connector = source("wm", watermark=_mark(), split_rows=100)
    since = {"column": "updated_at", "value": "2025-01-01 00:00:50.000050"}
    plan = connector.plan(since)
    assert len(plan.splits) > 3
    assert all("force index (`updated_at`)" in statement for statement in plan.statements[2:-1])
    assert _ids(connector, since) == [*range(500, 1001), *sorted(ALWAYS)]


def test_the_position_is_json_and_never_goes_back(
    marked: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    connector = source(marked, watermark=_mark())
    until = connector.plan({}).until
    assert json.loads(json.dumps(until)) == until
    sql("delete from wm where id > 500")
    assert connector.plan(until).until == until
    assert rows_of(connector, dict(until)) == []


def test_a_look_moves_no_watermark(marked: str, source: Callable[..., MySQL]) -> None:
    connector = source(marked, watermark=_mark())
    assert connector.plan({}, limit=5).until == {}
    assert len(rows_of(connector, limit=5)) == 5


def test_a_timestamp_position_survives_a_change_of_the_session_zone(
    sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    for statement in seed.watermark("wm", "timestamp(6)"):
        sql(statement)
    until = dict(source("wm", watermark=_mark()).plan({}).until)
    assert until == {"column": "updated_at", "value": LATEST, "timezone": "+00:00"}
    moved = source("wm", watermark=_mark(), timezone="+08:00")
    assert set(_ids(moved, until)) == {1000} | ALWAYS
    assert moved.plan(until).until["value"] == "2025-01-01 08:01:40.000100"


def test_a_table_whose_watermarks_are_all_null(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace table nulls (id int primary key, updated_at datetime)")
    sql("insert into nulls values (1, null), (2, null)")
    connector = source("nulls", watermark=_mark())
    assert _ids(connector) == [1, 2]
    assert connector.plan({}).until == {}


def test_number_and_date_watermarks(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace table numbered (id int primary key, updated_at bigint, d date)")
    sql("insert into numbered select seq, seq * 10, '2025-01-01' + interval seq day from seq_1_to_99")
    connector = source("numbered", watermark=_mark())
    until = dict(connector.plan({}).until)
    assert until["value"] == "990"
    sql("insert into numbered values (100, 1000, '2025-06-01')")  # as text "1000" < "990"
    assert _ids(connector, until) == [99, 100]
    assert connector.plan(until).until["value"] == "1000"
    by_day = source("numbered", watermark=WatermarkOptions(column="d", lag_s=3600))
    assert _ids(by_day, {"column": "d", "value": "2025-04-10"}) == [98, 99, 100]


def test_a_watermark_that_cannot_be_is_refused(marked: str, source: Callable[..., MySQL]) -> None:
    with pytest.raises(SourceSchemaError, match="'updated'") as failure:
        source(marked, watermark=WatermarkOptions(column="updated")).plan({})
    assert "updated_at" in failure.value.next_step
    with pytest.raises(SourceSchemaError, match="type text"):
        source(marked, watermark=WatermarkOptions(column="v")).plan({})
    with pytest.raises(ConfigError, match="lag_s"):
        source(marked, watermark=WatermarkOptions(column="id", lag_s=5)).plan({})
    with pytest.raises(ConfigError, match="last run's watermark"):
        source(marked, watermark=_mark()).plan({"column": "id", "value": "7"})


@pytest.fixture(params=[True, False], ids=["indexed", "not-indexed"])
def two_marks(request: pytest.FixtureRequest, sql: Callable[[str], Any]) -> str:
    """created_at always, updated_at only after the first update; five rows have neither."""
    keys = ", key (created_at), key (updated_at)" if request.param else ""
    sql(f"create or replace table two (id int primary key, created_at datetime, updated_at timestamp(3) null{keys})")
    sql("insert into two select seq, '2025-01-01' + interval seq minute, null from seq_1_to_1000")
    sql("update two set updated_at = '2025-02-01 00:00:00.001' + interval id second where id % 10 = 0")
    sql("insert into two select seq, null, null from seq_1001_to_1005")
    sql("analyze table two")
    return "two"


TWO = WatermarkOptions(column="updated_at", also=("created_at",))


def test_several_watermarks_find_rows_that_one_misses(
    two_marks: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    # NULL cursors: airbyte#14404
    connector = source(two_marks, watermark=TWO, split_rows=100)
    plan = connector.plan({})
    assert _ids(connector) == list(range(1, 1006))
    until = json.loads(json.dumps(dict(plan.until)))
    assert until == {
        "columns": {
            "updated_at": {"value": "2025-02-01 00:16:40.001", "timezone": "+00:00"},
            "created_at": {"value": "2025-01-01 16:40:00"},
        }
    }
    sql("insert into two values (2000, '2025-01-02', null), (2001, null, '2025-03-01')")
    sql("update two set updated_at = '2025-03-02' where id in (3, 4, 1000)")
    sql("update two set updated_at = '2025-03-02', created_at = '2025-03-02' where id = 5")  # moved in both: once
    assert _ids(connector, until) == [3, 4, 5, 1000, *range(1001, 1006), 2000, 2001]
    again = dict(connector.plan(until).until)
    assert again["columns"]["updated_at"]["value"] == "2025-03-02 00:00:00.000"
    assert _ids(connector, again) == [3, 4, 5, 1000, *range(1001, 1006)]  # at the bounds, and without any


def test_several_watermarks_of_which_one_is_empty_at_first(sql: Callable[[str], Any], source: Callable[..., MySQL]) -> None:
    sql("create or replace table late (id int primary key, created_at datetime, updated_at datetime)")
    sql("insert into late select seq, '2025-01-01' + interval seq minute, null from seq_1_to_100")
    connector = source("late", watermark=TWO)
    until = dict(connector.plan({}).until)
    assert until == {"columns": {"created_at": {"value": "2025-01-01 01:40:00"}}}
    sql("update late set updated_at = '2024-12-01' where id = 7")  # the first value may lie before all of the others
    assert _ids(connector, until) == [7, 100]


def test_new_rows_of_several_watermarks_are_found_by_their_indexes(
    sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    sql("create or replace table two (id int primary key, created_at datetime, updated_at datetime, key (created_at),"
        " key (updated_at))")  # fmt: skip
    sql("insert into two select seq, '2025-01-01' + interval seq minute, null from seq_1_to_1000")
    connector = source("two", watermark=TWO)
    sql("update two set updated_at = '2025-02-01' where id = 1")
    plan = connector.plan(connector.plan({}).until)
    used = [s.split("force index (")[1].split(")")[0] for s in plan.statements if "force index" in s]
    assert used == ["`updated_at`", "`created_at`", "`updated_at`"]


def test_several_watermarks_that_cannot_be(two_marks: str, source: Callable[..., MySQL]) -> None:
    with pytest.raises(ConfigError, match="compared"):
        source(two_marks, watermark=WatermarkOptions(column="updated_at", also=("id",))).plan({})
    for since, mark in (
        ({"column": "updated_at", "value": "2025-01-01"}, TWO),
        ({"columns": {"updated_at": {"value": "2025-01-01"}}}, _mark()),
    ):
        with pytest.raises(ConfigError, match="last run's watermark"):
            source(two_marks, watermark=mark).plan(since)
    with pytest.raises(ValidationError, match=r"watermark\.also"):
        FilesOptions(kind="files", path=("x.csv",), watermark=TWO)
