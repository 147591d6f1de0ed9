"""Filters handed down leave out rows at the server, and never one that Spark would keep."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Comparison
from connectors.mysql import MySQL

from .conftest import rows_of

pytestmark = pytest.mark.services


@pytest.fixture
def filtered(sql: Callable[[str], Any]) -> str:
    sql(
        "create or replace table filtered (id int primary key, name varchar(20), code char(5), price decimal(10,2),"
        " day date, at datetime, size enum('S','M'), huge decimal(50,0), flag tinyint(1), body text, latin varchar(9)"
        " character set latin1)"
    )
    sql(
        "insert into filtered select seq, elt(1 + seq % 4, 'ann', 'ANN', '中 ''q\\\\', null), concat('c', seq % 3), seq / 4,"
        " if(seq % 10 = 0, '0000-00-00', '2025-01-01' + interval seq day), '2025-01-01' + interval seq hour,"
        " elt(1 + seq % 2, 'S', 'M'), seq, seq % 3, concat('b', seq), 'größe' from seq_1_to_100"
    )
    return "filtered"


NEW = datetime.date(2025, 1, 5)
CASES: list[tuple[Comparison, Callable[[dict[str, Any]], bool], int]] = [
    (Comparison("id", "=", (7,)), lambda row: row["id"] == 7, 1),
    (Comparison("id", "in", (7, 9, 1000)), lambda row: row["id"] in (7, 9), 2),
    (Comparison("id", ">", (Decimal("97.5"),)), lambda row: row["id"] > 97.5, 3),
    (Comparison("id", "<=", (3,)), lambda row: row["id"] <= 3, 3),
    (Comparison("price", ">=", (Decimal("24.75"),)), lambda row: row["price"] >= Decimal("24.75"), 2),
    (Comparison("day", "<", (NEW,)), lambda row: row["day"] and row["day"] < NEW, 13),  # zero dates, too
    (Comparison("name", "=", ("ann",)), lambda row: row["name"] == "ann", 50),  # its collation takes ANN for ann
    (Comparison("name", "in", ("中 'q\\", "x")), lambda row: row["name"] == "中 'q\\", 25),
    (Comparison("code", "=", ("c1",)), lambda row: row["code"] == "c1", 34),
    (Comparison("latin", "=", ("größe",)), lambda row: True, 100),
    (Comparison("latin", "=", ("中",)), lambda row: False, 0),
    (Comparison("name", "is not null"), lambda row: row["name"] is not None, 75),
]
NOT_HANDED_DOWN = [
    Comparison("name", ">", ("b",)),  # a collation sorts its own way
    Comparison("id", "=", ("7",)),  # Spark would convert, its own way
    Comparison("id", "in", (7, "8")),
    Comparison("size", "=", ("S",)),
    Comparison("huge", ">", (5,)),  # read as text
    Comparison("body", "=", ("b1",)),
    Comparison("at", ">", (datetime.date(2025, 1, 2),)),
    Comparison("flag", "=", (True,)),
    Comparison("nope", "=", (1,)),
]


@pytest.mark.parametrize(("comparison", "meets", "read"), CASES)
def test_rows_are_left_out_and_none_that_meets_it(
    filtered: str,
    source: Callable[..., MySQL],
    comparison: Comparison,
    meets: Callable[[dict[str, Any]], bool],
    read: int,
) -> None:
    rows = rows_of(source(filtered))
    found = rows_of(source(filtered).narrowed([comparison]))
    assert len(found) == read
    assert [row for row in found if meets(row)] == [row for row in rows if meets(row)]


@pytest.mark.parametrize("comparison", NOT_HANDED_DOWN)
def test_what_the_server_would_answer_otherwise_is_not_asked(
    filtered: str, source: Callable[..., MySQL], comparison: Comparison
) -> None:
    assert len(rows_of(source(filtered).narrowed([comparison]))) == 100


def test_filters_add_up_with_where_and_work_on_a_query(filtered: str, source: Callable[..., MySQL]) -> None:
    comparisons = [Comparison("id", ">", (10,)), Comparison("code", "=", ("c1",))]
    narrowed = source(filtered, where="id < 20 or id = 99", columns=("id",)).narrowed(comparisons[:1]).narrowed(comparisons[1:])
    assert [row["id"] for row in rows_of(narrowed)] == [13, 16, 19]
    query = source(None, query=f"select id, code from {filtered}", key="id", split_rows=3).narrowed(comparisons)
    assert [row["id"] for row in rows_of(query)] == list(range(13, 101, 3))
