"""A read that ends at a point in time, so that nights can be made good later, in order."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from connectors.mysql import MySQL

from .conftest import rows_of

pytestmark = pytest.mark.services
UTC = datetime.UTC


def test_thirty_nights_in_order_read_every_row_once(source: Callable[..., MySQL], sql: Callable[[str], Any]) -> None:
    sql("create or replace table nights (id int primary key, at datetime(6) not null, key (at))")
    sql("insert into nights select seq, '2026-01-01' + interval seq * 7 hour from seq_1_to_110")
    reader = source("nights", key="id", watermark={"column": "at"}, timezone="+00:00")
    since: dict[str, Any] = {}
    seen: list[int] = []
    for day in range(2, 32):
        bounded = reader.bounded(datetime.datetime(2026, 1, day, tzinfo=UTC))
        assert bounded is not None
        plan = bounded.plan(since)
        new = [row["id"] for row in rows_of(bounded, since) if row["id"] not in seen]
        assert len(new) in (3, 4), "a night brings its own rows"
        seen += new
        since = dict(plan.until)
    seen += [row["id"] for row in rows_of(reader, since) if row["id"] not in seen]
    assert sorted(seen) == list(range(1, 111))


def test_the_end_is_in_the_sources_own_zone(source: Callable[..., MySQL], sql: Callable[[str], Any]) -> None:
    sql("create or replace table zoned (id int primary key, at datetime not null, key (at))")
    sql("insert into zoned values (1, '2026-01-02 01:00:00'), (2, '2026-01-02 09:00:00')")
    reader = source("zoned", key="id", watermark={"column": "at"}, timezone="+08:00")
    bounded = reader.bounded(datetime.datetime(2026, 1, 2, tzinfo=UTC))
    assert bounded is not None
    assert [row["id"] for row in rows_of(bounded)] == [1], "midnight in UTC is eight o'clock there"


def test_of_dates_the_day_that_is_not_over_is_left(source: Callable[..., MySQL], sql: Callable[[str], Any]) -> None:
    sql("create or replace table dated (id int primary key, at date not null, key (at))")
    sql("insert into dated values (1, '2026-01-01'), (2, '2026-01-02')")
    reader = source("dated", key="id", watermark={"column": "at"}, timezone="+00:00")
    bounded = reader.bounded(datetime.datetime(2026, 1, 2, 2, tzinfo=UTC))
    assert bounded is not None
    assert [row["id"] for row in rows_of(bounded)] == [1]


def test_a_source_without_a_watermark_has_no_end(source: Callable[..., MySQL]) -> None:
    assert source("dated", key="id").bounded(datetime.datetime(2026, 1, 2, tzinfo=UTC)) is None
