"""Servers that die, stall, forget and change: the result equals the undisturbed one, or a clear error (FIELD-NOTES §4)."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from connectors.hbase import HBase
from connectors.hbase import scan as hbase_scan
from connectors.hbase.scan import RangeReader
from sandbox import HBase as Server
from sandbox import seed_hbase
from washplant.errors import SourceDataError, SourceSchemaError, SourceUnreachable

from .hbase_tables import SALTED_ROWS, client, read
from .proxy import proxy

pytestmark = pytest.mark.services

Make = Callable[..., HBase]
BOTH = [("buffered", "binary"), ("framed", "compact")]
CELLS = {"id": "cf:id", "v": "cf:v"}


def salted(make: Make, **options: Any) -> HBase:
    return make("salted", CELLS, row_key_codec="hex", **({"split_rows": 100_000} | options))


@pytest.mark.parametrize(("transport", "protocol"), BOTH)
@pytest.mark.parametrize("compiled", [True, False])
def test_connections_cut_after_some_bytes(
    hbase_source: Make, monkeypatch: pytest.MonkeyPatch, transport: str, protocol: str, compiled: bool
) -> None:
    """Whoever cuts (a proxy, a restarted server) wherever: the read goes on after the last row handed out."""
    monkeypatch.setattr(hbase_scan, "compiled", lambda: compiled)
    monkeypatch.setattr("connectors.hbase.session._BACKOFF_S", 0.01)
    undisturbed = read(salted(hbase_source, transport=transport, protocol=protocol))
    connector = salted(hbase_source, transport=transport, protocol=protocol)
    host, port = connector.options.thrift[0].split(":")
    with proxy(host, int(port), *range(300_007, 400_000, 1_009)) as between:
        through = HBase("crm", connector.options.model_copy(update={"thrift": (between.address,)}))
        assert read(through, plan=connector.plan({})).equals(undisturbed)
        assert between.connections >= 4


def test_a_server_that_stalls_is_left_for_another(hbase_source: Make) -> None:
    connector = salted(hbase_source)
    host, port = connector.options.thrift[0].split(":")
    with proxy(host, int(port), *[50_000] * 99, hold_s=60) as between:
        options = connector.options.model_copy(update={"thrift": (between.address, f"{host}:{port}"), "timeout_s": 1})
        assert read(HBase("crm", options)).num_rows == SALTED_ROWS


@pytest.mark.parametrize("compiled", [True, False])
def test_a_scanner_that_expired_under_a_slow_consumer(
    hbase_source: Make, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    """happybase#166, #257, shc#175. The sandbox's scanners live for seconds."""
    monkeypatch.setattr(hbase_scan, "compiled", lambda: compiled)
    monkeypatch.setattr(hbase_scan, "_MOST_ROWS", 500)
    connector = salted(hbase_source)
    plan = connector.plan({})
    found = []
    for number, batch in enumerate(connector.read(plan.splits[0], plan.schema)):
        found += batch.column("id").to_pylist()
        if number == 8:
            time.sleep(12)
    assert sorted(map(int, found)) == list(range(SALTED_ROWS))


@pytest.mark.parametrize("compiled", [True, False])
def test_thrift_killed_and_restarted_mid_read(
    hbase_tables: dict[str, Any], hbase_source: Make, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.setattr(hbase_scan, "compiled", lambda: compiled)
    undisturbed = read(salted(hbase_source))
    monkeypatch.setattr(hbase_scan, "_MOST_ROWS", 500)
    server: Server = hbase_tables["server"]
    connector = salted(hbase_source)
    plan = connector.plan({})
    found = []
    for number, batch in enumerate(connector.read(plan.splits[0], plan.schema)):
        found += batch.to_pylist()
        if number == 6:
            server.restart_thrift()
    assert found == undisturbed.to_pylist()


def test_fewer_rows_than_the_servers_count_are_an_error(hbase_source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """SeaTunnel#10286 read the first region only and reported success."""
    connector = salted(hbase_source, count_rows=True)
    plan = connector.plan({})
    real = RangeReader.batches

    def half(self: RangeReader) -> Any:
        batches = list(real(self))
        return iter(batches if self.filter else batches[: len(batches) // 2])

    monkeypatch.setattr(RangeReader, "batches", half)
    with pytest.raises(SourceDataError, match=f"HBase counts {SALTED_ROWS}") as caught:
        list(connector.read(plan.splits[0], plan.schema))
    assert pickle.loads(pickle.dumps(caught.value)).where == caught.value.where


def test_rows_added_and_deleted_while_they_are_read(
    hbase_tables: dict[str, Any], hbase_source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live table is no error, and what was there all the time is read."""
    monkeypatch.setattr(hbase_scan, "_MOST_ROWS", 100)
    with closing(client(hbase_tables)) as connection:
        connection.create_table(hbase_tables["prefix"] + "live", {"cf": {}})
        table = connection.table(hbase_tables["prefix"] + "live")
        seed_hbase.salted(table, 2_000)
        connector = hbase_source("live", CELLS, row_key_codec="hex", count_rows=True)
        plan = connector.plan({})
        found: list[str] = []
        for number, batch in enumerate(connector.read(plan.splits[0], plan.schema)):
            found += batch.column("row_key").to_pylist()
            table.put(bytes([number % 16]) + b"new%d" % number, {b"cf:id": b"-1"})
            if number == 4:
                gone = [key for key, _ in table.scan(filter="PageFilter(30)", row_start=b"\x0c", limit=20)]
                for key in gone:
                    table.delete(key)
        kept = {key.hex() for key, data in table.scan() if data[b"cf:id"] != b"-1"}
    assert kept <= set(found) and len(found) == len(set(found))


@pytest.mark.parametrize("gone", ["disable", "drop"])
def test_a_table_that_goes_away_mid_read(
    hbase_tables: dict[str, Any], hbase_source: Make, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    monkeypatch.setattr(hbase_scan, "_MOST_ROWS", 100)
    monkeypatch.setattr("connectors.hbase.session._BACKOFF_S", 0.01)
    name = hbase_tables["prefix"] + gone
    with closing(client(hbase_tables)) as connection:
        connection.create_table(name, {"cf": {}})
        seed_hbase.salted(connection.table(name), 3_000)
        connector = hbase_source(gone, CELLS, row_key_codec="hex")
        plan = connector.plan({})
        rows = connector.read(plan.splits[0], plan.schema)
        next(rows)
        connection.disable_table(name)
        if gone == "drop":
            connection.delete_table(name)
        with pytest.raises((SourceSchemaError, SourceDataError, SourceUnreachable)) as caught:
            list(rows)
    assert caught.value.next_step and name in caught.value.where


def test_a_framed_client_on_a_buffered_port_is_told(hbase_tables: dict[str, Any], hbase_source: Make) -> None:
    buffered = f"{hbase_tables['host']}:{hbase_tables['port']}"
    framed = f"{hbase_tables['host']}:{hbase_tables['framed_port']}"
    for options in (
        {"transport": "framed", "thrift": buffered},
        {"protocol": "compact", "thrift": buffered},
        {"transport": "buffered", "thrift": framed},
    ):
        finding = salted(hbase_source, timeout_s=2, **options).check()[-1]
        assert not finding.ok and "-nonblocking" in finding.next_step, finding


def test_a_filter_that_is_not_one(hbase_source: Make) -> None:
    for wrong in ("NoSuchFilter('x')", "ValueFilter(=,", "((("):
        with pytest.raises(SourceDataError, match="HBase reported") as caught:
            read(salted(hbase_source, filter=wrong))
        assert "filter" in caught.value.next_step and str(caught.value)


def test_the_splits_begin_with_different_servers(hbase_tables: dict[str, Any], hbase_source: Make) -> None:
    host, port = hbase_tables["host"], hbase_tables["port"]
    with proxy(host, port) as first, proxy(host, port) as second:
        connector = salted(hbase_source, thrift=(first.address, second.address), split_rows=2_000)
        assert read(connector).num_rows == SALTED_ROWS
        served = first.sent, second.sent
    assert min(served) > sum(served) / 4, served
