"""How fast rows come in, and what memory a worker needs: `python -m benchmarks.connectors [--quick]`.

A support desk's table (ten columns, about 540 B a row, half of the text Chinese) goes from MariaDB on loopback to
Parquet: through our connector on Spark, and by the loop that people write first, PyMySQL's SSCursor and pandas. Rounds
are interleaved, figures are medians, so a noisy neighbour hits both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pymysql
from pyspark.sql import SparkSession

from connectors.mysql import MySQL
from connectors.mysql_options import MySQLOptions
from pipelines.ingest import ingest
from pipelines.project import open_project
from pipelines.sources import read_with_spark
from sandbox import MariaDB, seed
from washplant.secret import EnvValue

ROWS, QUICK_ROWS = 1_000_000, 50_000
ROUNDS, QUICK_ROUNDS = 3, 3
PANDAS_ROWS = 10_000
TABLE = "benchmark_tickets"


class WorkerMemory:
    """The largest resident memory of any one of Spark's Python workers, sampled from /proc while it runs."""

    def __init__(self, every_s: float = 0.05) -> None:
        self.peak_mb: dict[int, float] = {}
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> WorkerMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._every_s):
            for pid in python_workers(os.getpid()):
                self.peak_mb[pid] = max(self.peak_mb.get(pid, 0), _resident_mb(pid))


def python_workers(driver: int) -> list[int]:
    """Descendants of `driver` that run PySpark's daemon: it forks every worker."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _read(entry / "stat")):
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, open_ = [], [driver]
    while open_:
        below = children.get(open_.pop(), [])
        open_ += below
        found += [pid for pid in below if "pyspark.daemon" in _read(Path(f"/proc/{pid}/cmdline"))]
    return found


def _resident_mb(pid: int) -> float:
    status = _read(Path(f"/proc/{pid}/status"))
    return int(status.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS:" in status else 0.0


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:  # the process has just ended
        return ""


def make_table(facts: dict[str, Any], rows: int) -> None:
    """Made once; kept while it has the right number of rows."""
    with closing(_connect(facts)) as connection, connection.cursor() as cursor:
        cursor.execute(f"show tables like '{TABLE}'")
        if cursor.fetchone():
            cursor.execute(f"select count(*) from {TABLE}")
            if cursor.fetchall() == ((rows,),):
                return
        for sql in seed.tickets(rows, TABLE):
            cursor.execute(sql)


def _connect(facts: dict[str, Any], **options: Any) -> Any:
    return pymysql.connect(
        host=facts["host"],
        port=facts["port"],
        user="etl",
        password=facts["users"]["etl"].encode(),
        database=facts["database"],
        autocommit=True,
        charset="utf8mb4",
        **options,
    )


def connector(facts: dict[str, Any]) -> MySQL:
    return MySQL(
        "tickets",
        MySQLOptions(
            kind="mysql",
            host=facts["host"],
            port=facts["port"],
            user="etl",
            password=EnvValue(facts["users"]["etl"]),
            database=facts["database"],
            table=TABLE,
            split_rows=200_000,
        ),
    )


def with_spark(spark: SparkSession, source: MySQL, folder: Path) -> int:
    """Ours, as the product does it: plan, one task a split, Parquet. Returns the number of splits."""
    plan = source.plan({})
    read_with_spark(spark, source, plan).write.mode("overwrite").parquet(str(folder))
    return len(plan.splits)


def with_ingest(facts: dict[str, Any], folder: Path) -> int:
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
    """Ours in one process, to Arrow only: the decoder by itself."""
    plan = source.plan({})
    return sum(batch.num_rows for split in plan.splits for batch in source.read(split, plan.schema))


def with_pymysql(facts: dict[str, Any], folder: Path) -> int:
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
def spark_session() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    checkout = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), checkout]))
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("benchmarks.connectors")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def run(rows: int, rounds: int) -> dict[str, Any]:
    """The figures; a warm-up round of Spark is not counted."""
    server = MariaDB()
    was_running = server.running()
    facts = server.up()
    make_table(facts, rows)
    source = connector(facts)
    seconds: dict[str, list[float]] = {"spark": [], "reader": [], "pymysql": []}
    with tempfile.TemporaryDirectory() as scratch, spark_session() as spark, WorkerMemory() as memory:
        folder = Path(scratch)
        splits = with_spark(spark, source, folder / "ours")
        assert spark.read.parquet(str(folder / "ours")).count() == rows
        for _ in range(rounds):
            seconds["spark"].append(_timed(lambda: with_spark(spark, source, folder / "ours")))
            seconds["pymysql"].append(_timed(lambda: with_pymysql(facts, folder / "theirs")))
            seconds["reader"].append(_timed(lambda: with_reader(source)))
        started = time.perf_counter()
        assert with_ingest(facts, folder / "project") == rows
        ingest_s = time.perf_counter() - started
    if not was_running:
        server.down()
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "rows": rows,
        "seconds": round(median["spark"], 2),
        "rows_per_s": round(rows / median["spark"]),
        "ingest_seconds": round(ingest_s, 2),
        "reader_rows_per_s": round(rows / median["reader"]),
        "pymysql_rows_per_s": round(rows / median["pymysql"]),
        "splits": splits,
        "worker_rss_mb": round(max(memory.peak_mb.values()), 1),
        "mysql_vs_pymysql": round(median["pymysql"] / median["spark"], 2),
        "reader_vs_pymysql": round(median["pymysql"] / median["reader"], 2),
        "rounds": rounds,
        "cpus": os.cpu_count(),
    }


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def table(figures: dict[str, Any]) -> str:
    lines = [
        ("MySQL → Parquet on Spark, local[2]", figures["rows_per_s"], figures["mysql_vs_pymysql"]),
        ("MySQL → Arrow, one process", figures["reader_rows_per_s"], figures["reader_vs_pymysql"]),
        ("PyMySQL SSCursor → pandas → Parquet", figures["pymysql_rows_per_s"], 1.0),
    ]
    head = f"{figures['rows']:,} rows × 10 columns, {figures['splits']} splits, median of {figures['rounds']}"
    body = [f"{name:38} {rate:>12,} rows/s {ratio:>7.2f}×" for name, rate, ratio in lines]
    body.append(f"{'washplant ingest of it, once':38} {figures['ingest_seconds']:>12,} s")
    return "\n".join([head, *body, f"{'largest Python worker':38} {figures['worker_rss_mb']:>12,} MB resident"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connectors", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows instead of {ROWS:,}")
    quick = parser.parse_args(arguments).quick
    figures = run(QUICK_ROWS if quick else ROWS, QUICK_ROUNDS if quick else ROUNDS)
    print(table(figures))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
