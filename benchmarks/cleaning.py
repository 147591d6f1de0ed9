"""How fast the shipped cleaning is: `python -m benchmarks.cleaning [--quick]`.

Short Chinese and English rows (the good and the bad ones of `benchmarks.cleaning_rows`, over and over with another number in
each) go from Parquet through Spark on two cores: by `mapInArrow` that hands every batch on as it is, by the whole chain that
the default configuration turns on (language, PII and all), and by the same rules as per-row Python UDFs. Rounds are
interleaved, figures are medians. data-juicer's and datatrove's equivalent operators clean the same texts in their own
environments, two processes each, start of the process included (`cleaning_peers`). Keys: `vs_identity`, `vs_python_udf`,
`vs_data_juicer`, `vs_datatrove` (ours ÷ theirs in rows a second).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from benchmarks import cleaning_peers
from benchmarks.bad_rows import bad_rows
from benchmarks.cleaning_rows import GOOD
from benchmarks.cleaning_udfs import as_udfs
from pipelines import session
from pipelines.clean import clean
from pipelines.project import kinds
from washplant.config import CleanOptions, load
from washplant.sample import SAMPLE_DDL, SAMPLE_SCHEMA, TaskKind

ROWS, QUICK_ROWS = 400_000, 60_000
UDF_ROWS, QUICK_UDF_ROWS = 20_000, 5_000  # per-row UDFs would take minutes over all of them
PEER_ROWS, QUICK_PEER_ROWS = 50_000, 8_000
ROUNDS, QUICK_ROUNDS = 5, 3
BAD_SHARE = 10  # every tenth row is a bad one
FILES = 4
_KEYS = {"datajuicer": "vs_data_juicer", "datatrove": "vs_datatrove"}
PROJECT = """\
name: cleaning
sources: {rows: {kind: files, path: all, key: id}}
map: {qa: {from: rows, instruction: "{question}", output: "{answer}"}}
"""


def chosen_pairs(rows: int) -> list[tuple[str, str]]:
    """Question and answer of each row."""
    good = [json.loads(line) for line in GOOD.read_text(encoding="utf-8").splitlines()]
    pairs = [(row["question"], row["answer"]) for row in good]
    spoilt = [row[2:] for row in bad_rows()]
    return [spoilt[n // BAD_SHARE % len(spoilt)] if n % BAD_SHARE == 0 else pairs[n % len(pairs)] for n in range(rows)]


def write_rows(folder: Path, rows: int) -> None:
    """The samples as Parquet files."""
    chosen = chosen_pairs(rows)
    folder.mkdir(parents=True)
    each = rows // FILES
    for file in range(FILES):
        made = [_sample(n, *chosen[n]) for n in range(file * each, (file + 1) * each)]
        pq.write_table(pa.Table.from_pylist(made, schema=SAMPLE_SCHEMA), folder / f"{file}.parquet")


def _sample(number: int, question: str, answer: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"{question} {number}"}, {"role": "assistant", "content": answer}]
    return dict.fromkeys(SAMPLE_SCHEMA.names) | {
        **{"id": f"{number:032x}", "version": f"{number:064x}", "source": "tickets", "mapping": "qa", "key": f"[{number}]"},
        **{"task": str(TaskKind.DIALOGUE), "messages": turns, "meta": [], "tags": [], "scores": []},
    }


def identity(samples: DataFrame) -> DataFrame:
    """What Spark, Arrow and a Python worker cost without any work."""

    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    return samples.mapInArrow(same, SAMPLE_DDL)


def seconds(frame: DataFrame) -> float:
    """Wall time of a full pass."""
    start = time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - start


def measure(spark: SparkSession, folder: Path, *, quick: bool) -> dict[str, float]:
    """Rows a second of each way, medians of interleaved rounds."""
    rows, few = (QUICK_ROWS, QUICK_UDF_ROWS) if quick else (ROWS, UDF_ROWS)
    write_rows(folder / "all", rows)
    write_rows(folder / "few", few)
    samples = spark.read.schema(SAMPLE_DDL).parquet(str(folder / "all"))
    sample = spark.read.schema(SAMPLE_DDL).parquet(str(folder / "few"))
    ways: dict[str, tuple[Callable[[], DataFrame], int]] = {
        "identity": (lambda: identity(samples), rows),
        "washplant": (lambda: clean(samples, CleanOptions(), SAMPLE_DDL), rows),
        "python udf": (lambda: as_udfs(sample), few),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range((QUICK_ROUNDS if quick else ROUNDS) + 1):
        for name, (frame, count) in ways.items():
            rate = count / seconds(frame())
            if number:  # the first round warms workers and compiles
                taken[name].append(rate)
            print(f"round {number}  {name:<12}{rate:>12,.0f} rows/s", file=sys.stderr)
    return {name: statistics.median(rates) for name, rates in taken.items()}


def measure_peers(folder: Path, *, quick: bool) -> dict[str, float]:
    """Rows a second of the peers, the better of two runs: the first fills their caches."""
    rows = QUICK_PEER_ROWS if quick else PEER_ROWS
    cleaning_peers.write_texts(folder, [f"{asked} {n}\n{said}" for n, (asked, said) in enumerate(chosen_pairs(rows))])
    rates = {}
    for peer in cleaning_peers.PEERS:
        rates[peer] = max(rows / cleaning_peers.seconds(peer, folder) for _ in range(2))
        print(f"{peer:<20}{rates[peer]:>12,.0f} rows/s", file=sys.stderr)
    return rates


def main() -> None:
    """Run, print a table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleaning", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds")
    parser.add_argument("--no-peers", action="store_true", help="without data-juicer and datatrove: nothing is installed")
    options = parser.parse_args()
    quick = options.quick
    with tempfile.TemporaryDirectory(prefix="washplant-bench-") as made:
        folder = Path(made)
        (folder / "washplant.yaml").write_text(PROJECT, encoding="utf-8")
        spark = session.start(load(folder / "washplant.yaml", kinds()), master="local[2]", app="benchmark")
        rates = measure(spark, folder, quick=quick)
        spark.stop()
        peers = {} if options.no_peers else measure_peers(folder / "peers", quick=quick)
    for name, rate in (rates | peers).items():
        print(f"{name:<12}{rate:>12,.0f} rows/s")
    found = {
        "vs_identity": round(rates["washplant"] / rates["identity"], 3),
        "vs_python_udf": round(rates["washplant"] / rates["python udf"], 1),
    }
    found |= {_KEYS[peer]: round(rates["washplant"] / rate, 1) for peer, rate in peers.items()}
    print(json.dumps(found | {f"{name.replace(' ', '_')}_rows_per_s": round(rate) for name, rate in rates.items()}))


if __name__ == "__main__":
    main()
