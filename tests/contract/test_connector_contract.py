"""What every connector promises (`connectors.base`), as one suite over all of them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import BATCH_BYTES, ReadPlan
from tests.contract.cases import CASES, Case, Factory


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    factory: Factory = request.param
    with factory(tmp_path, request) as made:
        yield made


def _batches(case: Case, plan: ReadPlan) -> list[pa.RecordBatch]:
    return [batch for split in plan.splits for batch in case.connector.read(split, plan.schema)]


def _ids(case: Case, plan: ReadPlan) -> list[int]:
    return [int(value) for batch in _batches(case, plan) for value in batch.column("id").to_pylist()]


def test_a_plan_is_pure_and_deterministic(case: Case) -> None:
    first, second = case.connector.plan({}), case.connector.plan({})
    assert first == second
    assert [split.index for split in first.splits] == list(range(len(first.splits)))
    assert first.statements


def test_the_union_of_the_splits_is_the_table(case: Case) -> None:
    ids = _ids(case, case.connector.plan({}))
    assert sorted(ids) == list(range(1, case.rows + 1))


def test_a_split_may_be_read_again(case: Case) -> None:
    plan = case.connector.plan({})
    assert _batches(case, plan) == _batches(case, plan)


def test_batches_have_exactly_the_schema_and_are_bounded(case: Case) -> None:
    plan = case.connector.plan({})
    for batch in _batches(case, plan):
        batch.validate(full=True)
        assert batch.schema.equals(plan.schema)
        assert batch.nbytes <= BATCH_BYTES


def test_columns_are_projected_in_their_order(case: Case) -> None:
    plan = case.connector.plan({}, columns=("v", "id"))
    assert plan.schema.names == ["v", "id"]
    assert all(batch.schema.equals(plan.schema) for batch in _batches(case, plan))
    assert sorted(_ids(case, case.connector.plan({}, columns=("id",)))) == list(range(1, case.rows + 1))


def test_positions_and_splits_are_json(case: Case) -> None:
    plan = case.connector.plan({})
    since = json.loads(json.dumps(plan.until))
    assert since == dict(plan.until)
    assert case.connector.plan(since).since == since
    for split in plan.splits:
        assert json.loads(json.dumps(split.spec)) == dict(split.spec)


def test_a_second_run_reads_fewer_rows_and_stays_where_it_was(case: Case) -> None:
    if case.markless:
        pytest.skip("no watermark")
    until = case.connector.plan({}).until
    again = case.connector.plan(until)
    assert again.until == until
    assert len(_ids(case, again)) < case.rows


def test_a_limit_bounds_rows_and_moves_no_watermark(case: Case) -> None:
    for since in ({}, dict(case.connector.plan({}).until)):
        plan = case.connector.plan(since, limit=3)
        assert plan.until == plan.since == since
        assert len(_ids(case, plan)) <= 3
    assert len(_ids(case, case.connector.plan({}, limit=3))) == 3


def test_an_instance_pickles_and_works(case: Case) -> None:
    copy = pickle.loads(pickle.dumps(case.connector))
    plan = case.connector.plan({}, limit=3)
    assert copy == case.connector
    assert [list(copy.read(split, plan.schema)) for split in plan.splits] == [
        list(case.connector.read(split, plan.schema)) for split in plan.splits
    ]


def test_check_finds_nothing_wrong_here_and_never_raises_elsewhere(case: Case) -> None:
    assert all(finding.ok for finding in case.connector.check())
    wrong: list[Any] = [finding for finding in case.unreachable.check() if not finding.ok]
    assert wrong
    assert all(finding.what and finding.next_step for finding in wrong)


def test_discover_knows_the_columns(case: Case) -> None:
    tables = case.connector.discover()
    assert any({"id", "v"} <= {column.name for column in table.columns} for table in tables)
