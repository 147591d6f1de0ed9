"""How fast Hive's rows come in: `python -m benchmarks.connectors_hive [--quick]`.

A support desk's table of 13 mixed columns (`sandbox.seed_hive.mixed`, about 220 B a row) from Spark's HiveServer2 on loopback:
through our connector to Arrow, and by the loop that people write first, PyHive's `fetchmany` and pandas. In metastore mode
our plan's SQL beside a plain `spark.table`, both written to Parquet. Rounds are interleaved, figures are medians, so a noisy
neighbour hits both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from connectors.hive import Hive, HiveOptions
from connectors.hive.session import session as server_session
from pipelines.catalog import SparkCatalog
from sandbox import HiveServer2, seed_hive

ROWS, QUICK_ROWS = 500_000, 50_000
ROUNDS, QUICK_ROUNDS = 5, 3
PYHIVE_ROWS = 10_000
"""PyHive's default of 1,000 is a third slower: the peer gets its better setting."""
DATABASE, TABLE = "benchmark", "benchmark.mixed"


def connector(facts: dict[str, Any], rows: int) -> Hive:
    """The rows in parts of `rows`."""
    server = {"host": facts["host"], "port": facts["port"]}
    options = {"kind": "hive", "mode": "hiveserver2", "table": TABLE, "server": server, "split_rows": rows}
    return Hive("mixed", HiveOptions.model_validate(options))


def make_table(source: Hive, rows: int) -> None:
    """Made once; kept while it has the right number of rows."""
    with server_session(source.options, "benchmark") as server:
        server.run(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        server.run(f"USE {DATABASE}")
        there = "mixed" in [row[1] for row in server.query(f"SHOW TABLES IN {DATABASE}")]
        if there and server.query(f"SELECT count(*) FROM {TABLE}") == [(rows,)]:
            return
        for sql in seed_hive.mixed(rows):
            server.run(sql)


def with_reader(source: Hive) -> int:
    """Ours in one process: plan (with its count), two splits at a time as two cores have it, Arrow batches. Returns the
    rows."""
    plan = source.plan({})
    with ThreadPoolExecutor(2) as pool:
        counts = pool.map(lambda split: sum(batch.num_rows for batch in source.read(split, plan.schema)), plan.splits)
        return sum(counts)


def with_pyhive(facts: dict[str, Any]) -> int:
    """The first script that people write: `fetchmany`, a data frame per 10,000 rows. Returns the rows."""
    from pyhive import hive

    count = 0
    with closing(hive.connect(host=facts["host"], port=facts["port"], username="etl")) as connection:
        cursor = connection.cursor(arraysize=PYHIVE_ROWS)
        cursor.execute(f"SELECT * FROM {TABLE}")
        columns = [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(PYHIVE_ROWS):
            count += len(pd.DataFrame(rows, columns=columns))
        cursor.close()
    return count


@contextmanager
def spark_session(folder: Path) -> Iterator[SparkSession]:
    """A session with an embedded metastore of its own."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("benchmarks.connectors_hive")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", f"jdbc:derby:;databaseName={folder}/metastore_db;create=true")
        .config("spark.driver.extraJavaOptions", f"-Dderby.stream.error.file={folder}/derby.log")
        .enableHiveSupport()
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def metastore(rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of both ways to read a table through the metastore: planning and a write to Parquet; a first round of each is
    not counted."""
    seconds: dict[str, list[float]] = {"ours": [], "table": []}
    with tempfile.TemporaryDirectory() as scratch, spark_session(Path(scratch)) as spark:
        spark.sql(f"CREATE DATABASE {DATABASE}")
        spark.sql(f"USE {DATABASE}")
        for sql in seed_hive.mixed(rows):
            spark.sql(sql)
        source = Hive("mixed", HiveOptions.model_validate({"kind": "hive", "table": TABLE}), SparkCatalog(spark))
        target = str(Path(scratch) / "written")

        def ours() -> None:
            spark.sql(source.plan({}).spark_sql or "").write.mode("overwrite").parquet(target)

        def plain() -> None:
            spark.table(TABLE).write.mode("overwrite").parquet(target)

        for number in range(rounds + 1):
            for name, action in (("ours", ours), ("table", plain)) if number % 2 else (("table", plain), ("ours", ours)):
                took = _timed(action)
                if number:
                    seconds[name].append(took)
    return seconds


def measure(quick: bool) -> dict[str, Any]:
    """The figures; both servers' first rounds are not counted."""
    rows, rounds = (QUICK_ROWS, QUICK_ROUNDS) if quick else (ROWS, ROUNDS)
    server = HiveServer2()
    was_running = server.running()
    facts = server.up()
    one, two = connector(facts, rows), connector(facts, rows // 2)
    make_table(one, rows)
    seconds: dict[str, list[float]] = {"two": [], "one": [], "pyhive": []}
    assert with_reader(one) == with_reader(two) == with_pyhive(facts) == rows
    for _ in range(rounds):
        seconds["two"].append(_timed(lambda: with_reader(two)))
        seconds["one"].append(_timed(lambda: with_reader(one)))
        seconds["pyhive"].append(_timed(lambda: with_pyhive(facts)))
    if not was_running:
        server.down()
    seconds |= metastore(rows, rounds)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "rows": rows,
        "hiveserver2_rows_per_s": round(rows / median["one"]),
        "two_splits_rows_per_s": round(rows / median["two"]),
        "pyhive_rows_per_s": round(rows / median["pyhive"]),
        "hiveserver2_vs_pyhive": round(median["pyhive"] / median["one"], 2),
        "two_splits_vs_pyhive": round(median["pyhive"] / median["two"], 2),
        "metastore_seconds": round(median["ours"], 2),
        "spark_table_seconds": round(median["table"], 2),
        "metastore_vs_spark_table": round(median["table"] / median["ours"], 3),
        "rounds": rounds,
        "cpus": os.cpu_count(),
    }


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def table(figures: dict[str, Any]) -> str:
    """For a person."""
    ours, theirs = figures["hiveserver2_rows_per_s"], figures["pyhive_rows_per_s"]
    return "\n".join(
        [
            f"{figures['rows']:,} rows × {len(seed_hive.MIXED_COLUMNS)} columns, median of {figures['rounds']}",
            f"{'HiveServer2 → Arrow, one split':38} {ours:>12,} rows/s {figures['hiveserver2_vs_pyhive']:>7.2f}×",
            f"{'HiveServer2 → Arrow, two splits':38} {figures['two_splits_rows_per_s']:>12,} rows/s"
            f" {figures['two_splits_vs_pyhive']:>7.2f}×",
            f"{'PyHive fetchmany → pandas':38} {theirs:>12,} rows/s    1.00×",
            f"{'metastore mode → Parquet':38} {figures['metastore_seconds']:>12} s"
            f" {figures['metastore_vs_spark_table']:>12.2f}×",
            f"{'spark.table → Parquet':38} {figures['spark_table_seconds']:>12} s         1.00×",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connectors_hive", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows instead of {ROWS:,}")
    figures = measure(parser.parse_args(arguments).quick)
    print(table(figures))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
