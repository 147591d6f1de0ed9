"""How a HiveServer2's table is cut, and that nothing is lost when it changes or the line breaks while it is read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import ReadPlan
from connectors.hive import Hive
from connectors.hive import read as hive_read
from sandbox import seed_hive
from washplant.errors import SourceDataError, SourceSchemaError, SourceUnreachable

from .proxy import proxy
from .warehouse import Warehouse

pytestmark = pytest.mark.services

ROWS = 30_000


@pytest.fixture(scope="module")
def tables(served: Warehouse) -> Warehouse:
    served.put(seed_hive.mixed(ROWS))
    served.put(seed_hive.partitioned(rows=400))
    return served


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive_read, "_BACKOFF_S", 0.01)


def sizes(connector: Hive, plan: ReadPlan) -> list[int]:
    return [sum(batch.num_rows for batch in connector.read(split, plan.schema)) for split in plan.splits]


def test_partitions_are_splits_small_ones_together(tables: Warehouse) -> None:
    connector = tables.make("parts", split_rows=100)
    plan = connector.plan({})
    assert 4 <= len(plan.splits) <= 8
    assert sizes(connector, plan) == [split.rows_estimate for split in plan.splits]
    assert sum(split.rows_estimate or 0 for split in plan.splits) == 400 == plan.rows_estimate
    assert "`dt` IS NULL" in plan.statements[0] and plan.splits[0].describe.startswith("3 partitions, dt=NULL/city=")
    assert connector.plan({}) == plan


def test_pruning_is_in_the_plan(tables: Warehouse) -> None:
    connector = tables.make("parts", where="dt = date '2025-01-02'", columns=("id",))
    plan = connector.plan({})
    assert plan.rows_estimate == 120
    assert all("(dt = date '2025-01-02')" in sql for sql in plan.statements)


@pytest.mark.parametrize("key", [(), ("id",)])
def test_a_table_without_partitions_is_cut_by_hash(tables: Warehouse, key: tuple[str, ...]) -> None:
    """Its ids are multiples of 4096 and nearly so: a plain remainder would put them all into one bucket."""
    connector = tables.make("mixed", split_rows=10_000, key=key)
    plan = connector.plan({}, columns=("id",))
    assert [split.describe for split in plan.splits] == [f"hash bucket {i} of 3" for i in range(3)]
    found = [[i for batch in connector.read(split, plan.schema) for i in batch["id"].to_pylist()] for split in plan.splits]
    assert sum(map(len, found)) == ROWS == len({*found[0], *found[1], *found[2]})
    assert max(map(len, found)) < 1.1 * min(map(len, found))


def test_a_big_partition_is_cut_by_hash(tables: Warehouse) -> None:
    connector = tables.make("parts", split_rows=14, where="city = 'x' and dt = date '2025-01-03'", key=("id",))
    plan = connector.plan({})
    assert [split.describe for split in plan.splits] == [
        "dt=2025-01-03/city=x, hash bucket 0 of 2",
        "dt=2025-01-03/city=x, hash bucket 1 of 2",
    ]
    assert sum(sizes(connector, plan)) == plan.rows_estimate


def test_rows_equal_in_every_column_are_all_read(served: Warehouse) -> None:
    served.run("create table same stored as orc as select 1 as id, cast(null as string) as v from range(50)")
    assert len(served.rows(served.make("same", split_rows=10))) == 50


def test_without_counting_one_stream(tables: Warehouse) -> None:
    connector = tables.make("parts", count=False)
    plan = connector.plan({})
    assert (len(plan.splits), plan.rows_estimate, sizes(connector, plan)) == (1, None, [400])


# ------------------------------------------------------------------------------------------------ changes meanwhile


@pytest.fixture
def changing(served: Warehouse) -> Iterator[Warehouse]:
    served.run("create table changing (id int, v string) partitioned by (dt string) stored as orc")
    for day in ("2025-01-01", "2025-01-02"):
        served.run(f"insert into changing partition (dt='{day}') select cast(id as int), 'v' from range(10)")
    yield served
    served.run("drop table if exists changing")


def test_fewer_rows_than_counted_are_an_error(changing: Warehouse) -> None:
    connector = changing.make("changing")
    plan = connector.plan({})
    changing.run("alter table changing drop partition (dt='2025-01-01')")
    with pytest.raises(SourceDataError, match="10 rows came where 20 were counted") as caught:
        sizes(connector, plan)
    assert "again" in caught.value.next_step


def test_more_rows_than_counted_are_told(changing: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    connector = changing.make("changing")
    plan = connector.plan({})
    changing.run("insert into changing partition (dt='2025-01-01') values (11, 'late')")
    with caplog.at_level(logging.WARNING):
        assert sizes(connector, plan) == [21]
    assert "1 rows more than were counted" in caplog.text


def test_a_table_dropped_or_altered_meanwhile(changing: Warehouse) -> None:
    connector = changing.make("changing")
    plan = connector.plan({})
    changing.run("drop table changing")
    with pytest.raises(SourceSchemaError, match="changing"):
        sizes(connector, plan)
    changing.run("create table changing (id int, v int) partitioned by (dt string) stored as orc")
    changing.run("insert into changing partition (dt='2025-01-01') select cast(id as int), 1 from range(20)")
    with pytest.raises(SourceSchemaError, match="column v was string in the plan and is INT now"):
        sizes(connector, plan)
    changing.run("drop table changing")
    changing.run("create table changing (id int) partitioned by (dt string) stored as orc")
    with pytest.raises(SourceSchemaError, match="`v`"):
        sizes(connector, plan)


# ------------------------------------------------------------------------------------------------ broken lines


_FULL = [pytest.param(cuts, marks=pytest.mark.full) for cuts in ((600_000,), (2_000_000, 3_000_000))]


@pytest.mark.parametrize("cuts", [*_FULL, (100, 5_000, 600_000)], ids=str)
def test_a_cut_line_gives_the_undisturbed_result(tables: Warehouse, hive: dict[str, Any], cuts: tuple[int, ...]) -> None:
    undisturbed = tables.rows(tables.make("mixed"))
    plan = tables.make("mixed").plan({})
    with proxy(hive["host"], hive["port"], *cuts) as between:
        connector = tables.make("mixed", server={"port": between.port})
        rows = [row for split in plan.splits for batch in connector.read(split, plan.schema) for row in batch.to_pylist()]
        assert between.connections == len(cuts) + 1
    assert rows == undisturbed


def test_a_silent_line_is_given_up_and_read_again(tables: Warehouse, hive: dict[str, Any]) -> None:
    plan = tables.make("mixed", columns=("id",)).plan({})
    with proxy(hive["host"], hive["port"], 100_000, hold_s=60) as between:
        connector = tables.make("mixed", server={"port": between.port, "read_timeout_s": 5})
        assert sizes(connector, plan) == [ROWS]
        assert between.connections >= 2


def test_rows_in_another_order_after_a_cut_are_no_result(tables: Warehouse, hive: dict[str, Any]) -> None:
    """The server promises no order: what was handed on cannot be told from what is to come, so the read fails."""
    tables.run("create view shuffled as select * from mixed order by rand()")
    plan = tables.make("shuffled", key=("id",)).plan({})
    with proxy(hive["host"], hive["port"], 2_000_000) as between:
        connector = tables.make("shuffled", server={"port": between.port})
        with pytest.raises(SourceUnreachable, match=r"broke after \d+ rows.*another order") as caught:
            sizes(connector, plan)
    assert "nothing of this read was committed" in caught.value.next_step


def test_a_reader_that_stops_early_leaves_the_session_in_order(tables: Warehouse) -> None:
    connector = tables.make("mixed")
    plan = connector.plan({})
    batches = connector.read(plan.splits[0], plan.schema)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert sizes(connector, plan) == [ROWS]


def test_positions_and_splits_are_json(tables: Warehouse) -> None:
    for split in tables.make("parts").plan({}).splits:
        assert json.loads(json.dumps(split.spec)) == dict(split.spec)
