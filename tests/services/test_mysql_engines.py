"""Three ways to take rows from PyMySQL's connection give the same Arrow data: compiled loops, numpy, its public cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from connectors.mysql import MySQL
from connectors.mysql import cells as mysql_cells
from connectors.mysql import wire as mysql_wire
from sandbox import seed

pytestmark = pytest.mark.services

POLICIES: list[dict[str, Any]] = [
    {},
    {"zero_date": "string", "bit": "binary"},
    {"tinyint1": "bool", "time": "duration", "timezone": "+08:00", "utf8_in_latin1": ("latin_utf8",)},
]


@pytest.fixture(params=["numba", "numpy", "cursor"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    use(request.param, monkeypatch)
    return str(request.param)


def use(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by this engine from now on, however little a process has read."""
    if engine == "numba":
        pytest.importorskip("numba")
    compiled = mysql_cells.kernels() if engine == "numba" else None
    monkeypatch.setattr(mysql_wire, "kernels", lambda: compiled)
    monkeypatch.setattr(mysql_wire, "_WORTH_COMPILED", 0)
    monkeypatch.setattr(mysql_wire, "supported", lambda _: engine != "cursor")


def table_of(connector: MySQL) -> pa.Table:
    plan = connector.plan({})
    batches = [batch for split in plan.splits for batch in connector.read(split, plan.schema)]
    for batch in batches:
        batch.validate(full=True)
    return pa.Table.from_batches(batches, plan.schema).combine_chunks()


@pytest.mark.parametrize("options", POLICIES)
@pytest.mark.parametrize("engine_", ["numba", "cursor"])
def test_the_torture_table_is_the_same_by_every_engine(
    tables: dict[str, Any],
    source: Callable[..., MySQL],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    engine_: str,
) -> None:
    use("numpy", monkeypatch)
    expected = table_of(source("torture", **options))
    use(engine_, monkeypatch)
    found = table_of(source("torture", **options))
    assert found.num_rows == 5
    assert found.equals(expected)


@pytest.mark.parametrize("table", ["tickets", "string_key", "binary_key", "composite_key", "marked", seed.ODD_TABLE, "empty"])
def test_plain_tables_are_the_same_by_every_engine(
    tables: dict[str, Any], source: Callable[..., MySQL], monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    found = []
    for name in ("numba", "numpy", "cursor"):
        use(name, monkeypatch)
        found.append(table_of(source(table, split_rows=10_000)))
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_widths_and_long_packets_by_every_engine(
    engine: str, sql: Callable[[str], Any], source: Callable[..., MySQL]
) -> None:
    # packets of 16 MiB and over are split
    sizes = [0, 1, 250, 251, 65535, 65536, 2**24 - 13, 2**24 - 5, 2**24 + 3, 2**25 + 1, 20]
    sql("create or replace table widths (id int primary key, body longtext, n int)")
    for i, size in enumerate(sizes):
        sql(f"insert into widths values ({i}, repeat('x', {size}), {i if i % 2 else 'null'})")
    found = table_of(source("widths"))
    assert [len(cell) for cell in found["body"].to_pylist()] == sizes
    assert found["n"].to_pylist() == [i if i % 2 else None for i in range(len(sizes))]
