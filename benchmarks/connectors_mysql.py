"""MySQL: a support desk's table (ten columns, about 540 B a row, half of the text Chinese) from MariaDB on loopback.

To Parquet on Spark: our connector in four splits, Spark's JDBC source with Connector/J in four partitions, and the loop that
people write first, PyMySQL's SSCursor with pandas. To Arrow in one thread: our reader, and connectorx. Nobody encrypts.
Rounds are interleaved, figures are medians, so a noisy neighbour hits all sides. Then a night: 1 % of two million rows
change, and are read by watermark.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow.parquet as pq
import pymysql
from pyspark.sql import SparkSession

from benchmarks.own_environment import python_with
from benchmarks.worker_memory import WorkerMemory
from connectors.mysql import MySQL
from connectors.mysql.options import MySQLOptions
from pipelines.ingest import ingest
from pipelines.landing import write_parquet
from pipelines.project import open_project
from sandbox import MariaDB, Unavailable, maven, seed
from washplant.config.source import WatermarkOptions
from washplant.secret import EnvValue
from washplant.store import Store

ROWS, QUICK_ROWS = 1_000_000, 50_000
NIGHT_ROWS, QUICK_NIGHT_ROWS = 2_000_000, 100_000
ROUNDS = 3
SPLITS = 4
PANDAS_ROWS = 10_000
TABLE, NIGHT_TABLE = "benchmark_tickets", "benchmark_nights"
CONNECTOR_J = "com.mysql:mysql-connector-j:9.4.0"
CONNECTORX = ("connectorx==0.4.4", "pyarrow==21.0.0")
STREAM = -(2**31)
"""Connector/J's sign for streaming row by row; any other number below its cursor mode means the whole result in memory."""

Facts = dict[str, Any]


def measure(quick: bool = False) -> dict[str, Any]:
    """Figures by name; rates are rows a second, ratios are of medians."""
    server = MariaDB()
    was_running = server.running()
    facts = server.up()
    rows, night_rows = (QUICK_ROWS, QUICK_NIGHT_ROWS) if quick else (ROWS, NIGHT_ROWS)
    _make_table(facts, TABLE, rows)
    jar = _or_none(lambda: str(next(maven.jars([CONNECTOR_J], server.home.parent / "connector-j").glob("*.jar"))))
    connectorx = _or_none(lambda: python_with("connectorx", CONNECTORX))
    with tempfile.TemporaryDirectory() as scratch, spark_session(jar) as spark, WorkerMemory() as memory:
        folder = Path(scratch)
        source = connector(facts, TABLE, rows // SPLITS)
        splits = len(source.plan({}).splits)
        ways: dict[str, Callable[[], int]] = {
            "ours": lambda: with_spark(spark, source, folder / "ours"),
            "reader": lambda: with_reader(source),
            "pymysql": lambda: with_pymysql(facts, folder / "theirs"),
        }
        if jar:
            ways["jdbc"] = lambda: with_jdbc(spark, facts, folder / "jdbc")
        seconds: dict[str, list[float]] = {name: [] for name in (*ways, *(["connectorx"] if connectorx else []))}
        for name in ("ours", "jdbc"):  # a first round of Spark is not counted
            assert name not in ways or ways[name]() == rows
            assert name not in ways or spark.read.parquet(str(folder / name)).count() == rows
        for _ in range(ROUNDS):
            for name, way in ways.items():
                seconds[name].append(_timed(way, rows))
            if connectorx:
                seconds["connectorx"].append(with_connectorx(connectorx, facts, rows))
        started = time.perf_counter()
        assert with_ingest(facts, folder / "project") == rows
        ingest_s = time.perf_counter() - started
        night = _night(spark, facts, folder, night_rows)
    if not was_running:
        server.down()
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "mysql_rows": rows,
        "mysql_splits": splits,
        "mysql_rows_per_s": round(rows / median["ours"]),
        "mysql_reader_rows_per_s": round(rows / median["reader"]),
        "mysql_ingest_seconds": round(ingest_s, 2),
        **{f"{name}_rows_per_s": round(rows / median[name]) for name in ("pymysql", "jdbc", "connectorx") if name in median},
        "mysql_vs_pymysql": round(median["pymysql"] / median["ours"], 2),
        "mysql_vs_jdbc": round(median["jdbc"] / median["ours"], 2) if "jdbc" in median else None,
        "mysql_vs_connectorx": round(median["connectorx"] / median["reader"], 2) if "connectorx" in median else None,
        **night,
        "worker_rss_mb": round(max(memory.peak_mb.values()), 1),
        "mysql_rounds": ROUNDS,
    }


def _or_none(get: Callable[[], Any]) -> Any:
    """What a peer needs; None, and a line that says why, when this machine cannot have it."""
    from scripts.provision.failure import SetupFailure

    try:
        return get()
    except (Unavailable, SetupFailure) as error:
        print(f"a peer is left out: {error}", file=sys.stderr)
        return None


def _night(spark: SparkSession, facts: Facts, folder: Path, rows: int) -> dict[str, Any]:
    """One row in a hundred changes; what the next run reads, and how long it takes beside a full one."""
    _make_table(facts, NIGHT_TABLE, rows)
    mark = WatermarkOptions(column="updated_at", lag_s=300)
    source = connector(facts, NIGHT_TABLE, 250_000, watermark=mark)
    started = time.perf_counter()
    until = source.plan({}).until
    with_spark(spark, source, folder / "full")
    full_s = time.perf_counter() - started
    with closing(_connect(facts)) as connection:
        # Scattered over the whole table, as of today.
        connection.cursor().execute(f"update {NIGHT_TABLE} set updated_at = now(6) where id div 4096 % 100 = 7")
    started = time.perf_counter()
    read = with_spark(spark, source, folder / "night", dict(until))
    night_s = time.perf_counter() - started
    with closing(_connect(facts)) as connection:
        connection.cursor().execute(f"drop table {NIGHT_TABLE}")
    return {
        "incremental_rows_share": round(read / rows, 4),
        "incremental_seconds": round(night_s, 2),
        "incremental_full_seconds": round(full_s, 2),
        "incremental_rows": rows,
    }


def _make_table(facts: Facts, table: str, rows: int) -> None:
    """Made once; kept while it has the right number of rows."""
    with closing(_connect(facts)) as connection, connection.cursor() as cursor:
        cursor.execute(f"show tables like '{table}'")
        if cursor.fetchone():
            cursor.execute(f"select count(*) from {table}")
            if cursor.fetchall() == ((rows,),):
                return
        for sql in seed.tickets(rows, table):
            cursor.execute(sql)


def _connect(facts: Facts, **options: Any) -> Any:
    return pymysql.connect(
        host=facts["host"],
        port=facts["port"],
        user="etl",
        password=facts["users"]["etl"].encode(),
        database=facts["database"],
        autocommit=True,
        charset="utf8mb4",
        ssl_disabled=True,
        **options,
    )


def connector(facts: Facts, table: str, split_rows: int, **options: Any) -> MySQL:
    return MySQL(
        "tickets",
        MySQLOptions(
            kind="mysql",
            host=facts["host"],
            port=facts["port"],
            user="etl",
            password=EnvValue(facts["users"]["etl"]),
            database=facts["database"],
            table=table,
            split_rows=split_rows,
            tls=False,
            **options,
        ),
    )


def with_spark(spark: SparkSession, source: MySQL, folder: Path, since: dict[str, Any] | None = None) -> int:
    """Ours, as the product does it: plan, one task a split, Parquet written there. Returns the rows."""
    shutil.rmtree(folder, ignore_errors=True)
    return write_parquet(spark, source, source.plan(since or {}), Store(str(folder.parent)), folder.name)


def with_jdbc(spark: SparkSession, facts: Facts, folder: Path) -> int:
    """Spark's own source: partitions by arithmetic on the key, rows streamed."""
    with closing(_connect(facts)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"select min(id), max(id) from {TABLE}")
        first, last = cursor.fetchone()
    (
        spark.read.format("jdbc")
        .option("url", f"jdbc:mysql://{facts['host']}:{facts['port']}/{facts['database']}?sslMode=DISABLED")
        .option("driver", "com.mysql.cj.jdbc.Driver")
        .option("user", "etl")
        .option("password", facts["users"]["etl"])
        .option("dbtable", TABLE)
        .option("partitionColumn", "id")
        .option("lowerBound", first)
        .option("upperBound", last)
        .option("numPartitions", SPLITS)
        .option("fetchsize", STREAM)
        .load()
        .write.mode("overwrite")
        .parquet(str(folder))
    )
    return _rows(folder)


def _rows(folder: Path) -> int:
    """By the files' footers."""
    return sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))


def with_ingest(facts: Facts, folder: Path) -> int:
    """The product's whole ingest: plan, read, keys and hashes, the newest row of each key, manifest. Returns the rows."""
    folder.mkdir()
    os.environ["WASHPLANT_BENCHMARK_PASSWORD"] = facts["users"]["etl"]
    (folder / "washplant.yaml").write_text(
        f"name: benchmark\nsources:\n  tickets: {{kind: mysql, host: {facts['host']}, port: {facts['port']}, user: etl,"
        f" password: '${{env:WASHPLANT_BENCHMARK_PASSWORD}}', database: {facts['database']}, table: {TABLE}, key: id}}\n"
        "map: {qa: {from: tickets, instruction: '{question}', output: '{answer}'}}\n",
        encoding="utf-8",
    )
    return ingest(open_project(folder / "washplant.yaml"), "tickets").rows_new


def with_reader(source: MySQL) -> int:
    """Ours in one process and one thread, to Arrow only."""
    plan = source.plan({})
    return sum(batch.num_rows for split in plan.splits for batch in source.read(split, plan.schema))


def with_connectorx(python: Path, facts: Facts, rows: int) -> float:
    """Seconds of its one thread, without its start."""
    login = f"etl:{quote(facts['users']['etl'], safe='')}@{facts['host']}:{facts['port']}"
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("connectorx_reader.py"))],
        input=f"select * from {TABLE}",
        env={**os.environ, "CONNECTORX_URL": f"mysql://{login}/{facts['database']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"connectorx failed: {done.stderr[-500:]}")
    said = json.loads(done.stdout)
    assert said["rows"] == rows
    return float(said["seconds"])


def with_pymysql(facts: Facts, folder: Path) -> int:
    """The first script that people write: SSCursor, a data frame per 10,000 rows, Parquet."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    count = 0
    with closing(_connect(facts, cursorclass=pymysql.cursors.SSCursor)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"select * from {TABLE}")
        columns = [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(PANDAS_ROWS):
            pd.DataFrame(list(rows), columns=columns).to_parquet(folder / f"{count:09}.parquet")
            count += len(rows)
        cursor.close()
    return count


@contextmanager
def spark_session(jar: str | None) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    checkout = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [checkout, os.environ.get("PYTHONPATH")]))
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("benchmarks.connectors")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
    )
    spark = (builder.config("spark.jars", jar) if jar else builder).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def _timed(action: Callable[[], int], rows: int) -> float:
    started = time.perf_counter()
    assert action() == rows
    return time.perf_counter() - started


def table(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    ratios = {"jdbc": "mysql_vs_jdbc", "pymysql": "mysql_vs_pymysql", "connectorx": "mysql_vs_connectorx"}
    names = {
        "mysql": "MySQL → Parquet on Spark, local[2]",
        "jdbc": "Spark JDBC, Connector/J, streaming",
        "pymysql": "PyMySQL SSCursor → pandas → Parquet",
        "mysql_reader": "MySQL → Arrow, one thread",
        "connectorx": "connectorx → Arrow, one thread",
    }
    size = f"{figures['mysql_rows']:,} rows × 10 columns, {figures['mysql_splits']} splits"
    lines = [f"{size}, median of {figures['mysql_rounds']} rounds"]
    for key, name in names.items():
        if f"{key}_rows_per_s" in figures:
            ratio = f"   ours is {figures[ratios[key]]:.2f}×" if key in ratios else ""
            lines.append(f"{name:38} {figures[f'{key}_rows_per_s']:>12,} rows/s{ratio}")
    lines.append(f"{'washplant ingest of it, once':38} {figures['mysql_ingest_seconds']:>12,} s")
    share, rows = figures["incremental_rows_share"], figures["incremental_rows"]
    night = f"{figures['incremental_seconds']} s, in full {figures['incremental_full_seconds']} s"
    lines.append(f"1 % of {rows:,} rows changed: {share:.2%} read in {night}")
    return "\n".join([*lines, f"{'largest Python worker':38} {figures['worker_rss_mb']:>12,} MB resident"])
