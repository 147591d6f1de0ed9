"""HBase to Arrow against what people write first: happybase's `scan` at its default batch size, into a data frame.

Both read the same table of a support desk (ten cells, about 540 B a row) from one Thrift server on loopback, in one
process and one thread; rounds are interleaved. Beside them the server's ceiling: the bytes of the same replies, thrown
away as they arrive.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import happybase
import pandas as pd

from connectors.hbase import HBase
from connectors.hbase.options import HBaseOptions
from sandbox import HBase as Server
from sandbox import seed_hbase

ROWS, QUICK_ROWS = 200_000, 20_000
ROUNDS = 3
TABLE = "benchmark_tickets"
CEILING_ROWS = 2_000
"""Rows a request, as many as our reader asks for at most."""


def measure(quick: bool = False) -> dict[str, Any]:
    """Figures by name; rates are rows a second, ratios are of medians."""
    server = Server()
    was_running = server.running()
    facts = server.up()
    rows = QUICK_ROWS if quick else ROWS
    _make_table(facts, rows)
    source = _connector(facts)
    ours(source)  # compiles
    ways: dict[str, Callable[[], int]] = {
        "ours": lambda: ours(source),
        "happybase": lambda: with_happybase(facts),
        "ceiling": lambda: ceiling(facts, rows),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            assert way() == rows, name
            seconds[name].append(time.perf_counter() - started)
    if not was_running:
        server.down()
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "hbase_rows": rows,
        "hbase_rows_per_s": round(rows / median["ours"]),
        "happybase_rows_per_s": round(rows / median["happybase"]),
        "hbase_ceiling_rows_per_s": round(rows / median["ceiling"]),
        "hbase_vs_happybase": round(median["happybase"] / median["ours"], 2),
        "hbase_share_of_ceiling": round(median["ceiling"] / median["ours"], 2),
    }


def ours(source: HBase) -> int:
    """The connector, as one worker runs it, typed columns and the check of the counts included."""
    plan = source.plan({})
    return sum(batch.num_rows for split in plan.splits for batch in source.read(split, plan.schema))


def with_happybase(facts: dict[str, Any]) -> int:
    """The loop of happybase's own guide; nothing is decoded."""
    with closing(_client(facts)) as connection:
        found = ({"row_key": key, **data} for key, data in connection.table(TABLE).scan())
        return len(pd.DataFrame(found))


def ceiling(facts: dict[str, Any], rows: int) -> int:
    """The replies' bytes as fast as the server sends them: its own share of the time."""
    from Hbase_thrift import TScan

    from connectors.hbase.client import Connection
    from connectors.hbase.rows import Wanted
    from connectors.hbase.wire import Replies

    connection = Connection(facts["host"], facts["port"], 60_000)
    with closing(connection):
        scan = TScan(caching=CEILING_ROWS)
        scanner = connection.client.scannerOpenWithScan(TABLE.encode(), scan, {})
        replies, left = Replies(connection, Wanted((), ()), framed=False, compact=False), rows
        replies.ask("scannerGetList", id=scanner, nbRows=CEILING_ROWS)
        while left > 0:
            found = sum(len(batch) for batch in replies.rows(4 << 20, CEILING_ROWS))
            left -= found
            replies.ask("scannerGetList", id=scanner, nbRows=CEILING_ROWS)
        assert not list(replies.rows(4 << 20, CEILING_ROWS))
    return rows - left


def table(figures: dict[str, Any]) -> str:
    lines = [
        ("HBase → Arrow, one process", figures["hbase_rows_per_s"], figures["hbase_vs_happybase"]),
        ("happybase scan → pandas", figures["happybase_rows_per_s"], 1.0),
    ]
    head = f"{figures['hbase_rows']:,} rows × 10 cells, median of {ROUNDS}"
    body = [f"{name:38} {rate:>12,} rows/s {ratio:>7.2f}×" for name, rate, ratio in lines]
    share = f"{figures['hbase_share_of_ceiling']:.0%} of the {figures['hbase_ceiling_rows_per_s']:,} rows/s"
    return "\n".join([head, *body, f"{'':38} {share} that the server can send"])


def _make_table(facts: dict[str, Any], rows: int) -> None:
    """Made once; kept while it has the right number of rows."""
    with closing(_client(facts)) as connection:
        if TABLE.encode() in connection.tables():
            last = next(iter(connection.table(TABLE).scan(limit=1, reverse=True)), None)
            if last is not None and last[0] == b"%010d" % (rows - 1):
                return
            connection.delete_table(TABLE, disable=True)
        connection.create_table(TABLE, {"cf": {}})
        seed_hbase.tickets(connection.table(TABLE), rows)


def _client(facts: dict[str, Any]) -> happybase.Connection:
    return happybase.Connection(facts["host"], facts["port"], timeout=120_000)


def _connector(facts: dict[str, Any]) -> HBase:
    typed = {"score": "int", "amount": "double", "created": "timestamp_ms", "closed": "boolean"}
    text = ("title", "question", "answer", "channel", "city", "agent")
    cells: dict[str, Any] = {name: f"cf:{name}" for name in text}
    cells |= {name: {"cell": f"cf:{name}", "codec": codec} for name, codec in typed.items()}
    thrift = f"{facts['host']}:{facts['port']}"
    return HBase("tickets", HBaseOptions(kind="hbase", thrift=(thrift,), table=TABLE, cells=cells))
