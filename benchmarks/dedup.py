"""How fast and how right deduplication is: `python -m benchmarks.dedup [--quick]`.

Kernel: K = 128 signatures of character 5-grams in one thread, by CPU time, against datasketch's `bulk` and rensa. Job: Parquet
in, kept rows, removed rows and clusters out, from the start of the process to its end, two threads or processes, against
rensa, datatrove (with characters as tokens) and data-juicer in their own environments. Rounds are interleaved, figures are
medians; bytecode and compiled loops are made before. Recall: of all true pairs of 50 thousand rows, found exhaustively by
prefix filtering, those of which one side at least was removed. Increment: 20 thousand new rows against an index of a hundred
times as many, as a share of the full job. Slope: the exponent of time over rows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import dedup_corpus, dedup_peers
from benchmarks.own_environment import python_with
from washplant.text import jaccard, minhash, signatures

THRESHOLD = 0.7
SCRIPTS = Path(dedup_peers.__file__).parent
JOB_PEERS = ("rensa", "datatrove", "data-juicer")


def cpu_rate(work: Callable[[], object], texts: int) -> float:
    """Texts per second of CPU time of this thread."""
    start = time.thread_time()
    work()
    return texts / (time.thread_time() - start)


def kernel(path: Path, rounds: int) -> dict[str, list[float]]:
    """Texts per CPU second of every way, round by round."""
    texts = pq.read_table(path, columns=["text"]).column("text").combine_chunks()[:20_000]
    signatures(texts[:10], 5)
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        rates.setdefault("washplant", []).append(cpu_rate(lambda: signatures(texts, 5), len(texts)))
        rates.setdefault("numpy", []).append(cpu_rate(lambda: _by_numpy(texts[:5000]), 5000))
        for peer in ("datasketch", "rensa"):
            script = SCRIPTS / f"kernel_{peer}.py"
            found = subprocess.check_output([_python(peer), script, path, "5000"], env=_clean(), text=True)
            rates.setdefault(peer, []).append(float(found))
    return rates


def _by_numpy(texts: pa.StringArray) -> None:
    with mock.patch.object(minhash, "compiled_loops", return_value=None):
        signatures(texts, 5)


def rmse_vs_theory(path: Path, pairs: np.ndarray) -> float:
    """The error of estimates from signatures, by that of K independent permutations."""
    texts = pq.read_table(path, columns=["text"]).column("text").combine_chunks()
    left, right = (texts.take(pa.array(pairs[:20_000, side])) for side in (0, 1))
    exact = jaccard(left, right, 5)
    estimate = (signatures(left, 5) == signatures(right, 5)).mean(axis=1)
    return float(np.sqrt(np.mean((estimate - exact) ** 2) / np.mean(exact * (1 - exact) / 128)))


def washplant(source: Path, out: Path, *, index: Path | None = None) -> float:
    """Seconds of one job."""
    shutil.rmtree(out, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "dedup",
        "run",
        source,
        "--out",
        out,
        "--id",
        "id",
        "--exact-text",
        "--no-guard",
    ]
    command += ["--threshold", str(THRESHOLD), "--threads", "2", *(["--index", index] if index else [])]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "washplant-bench-bytecode")
    start = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def peer_seconds(peer: str, source: Path, out: Path, limit_s: float) -> float | None:
    """Seconds of one run of a peer; None beyond the limit."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    script = SCRIPTS / f"run_{peer.replace('-', '')}.py"
    start = time.perf_counter()
    command = [str(part) for part in (_python(peer), script, source, out, THRESHOLD)]
    try:
        done = subprocess.run(command, env=_clean(), check=False, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    return time.perf_counter() - start


def _python(peer: str) -> Path:
    return python_with(peer, dedup_peers.PEERS[peer])


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYSPARK"))}


def quality(source: Path, out: Path, truth: np.ndarray) -> dict[str, float]:
    """Recall of the true pairs, and removals without a kept row at or above the threshold, compared anew."""
    removed = pq.read_table(out / "removed.parquet")
    kept = {id_ for path in (out / "kept").iterdir() for id_ in pq.read_table(path, columns=["id"]).column("id").to_pylist()}
    gone = np.zeros(pq.read_metadata(source).num_rows, dtype=np.bool_)
    rows, twins = (np.array([int(id_) for id_ in removed.column(name).to_pylist()], int) for name in ("id", "kept_id"))
    gone[rows] = True
    texts = pq.read_table(source, columns=["text"]).column("text").combine_chunks()
    similar = jaccard(texts.take(pa.array(rows)), texts.take(pa.array(twins)), 5) >= THRESHOLD
    unverified = sum(not (ok and twin in kept) for ok, twin in zip(similar.tolist(), twins.tolist(), strict=True))
    return {"recall": float((gone[truth[:, 0]] | gone[truth[:, 1]]).mean()), "unverified_removals": unverified}


def jobs(folder: Path, rows: int, rounds: int) -> dict[str, object]:
    """Our job and the peers', interleaved, over the same file."""
    source = folder / "job.parquet"
    dedup_corpus.write(source, rows)
    truth = dedup_corpus.truth(source, THRESHOLD)
    dedup_corpus.write(folder / "warm.parquet", 1000, 5)
    washplant(folder / "warm.parquet", folder / "ours")
    limit_s = max(600.0, rows / 100)
    taken: dict[str, list[float]] = {}
    late: set[str] = set()
    for _ in range(rounds):
        taken.setdefault("washplant", []).append(washplant(source, folder / "ours"))
        for peer in JOB_PEERS:
            seconds = None if peer in late else peer_seconds(peer, source, folder / peer, limit_s)
            if seconds is None:
                late.add(peer)
            else:
                taken.setdefault(peer, []).append(seconds)
    median = {name: statistics.median(values) for name, values in taken.items() if name not in late}
    for name, value in median.items():
        print(f"{name:<12}{rows / value:>12,.0f} rows/s", flush=True)
    for peer in sorted(late):
        print(f"{peer:<12}{'timed out':>12} after {limit_s:,.0f} s", flush=True)
    complete = [peer for peer in ("datatrove", "data-juicer") if peer in median]
    best: str | None = min(complete, key=lambda peer: median[str(peer)], default=None)
    return {
        "job_vs_best_peer": round(median[best] / median["washplant"], 2) if best else None,
        "best_peer": best,
        "job_vs_rensa": round(median["rensa"] / median["washplant"], 2) if "rensa" in median else None,
        "timed_out": sorted(late),
        **quality(source, folder / "ours", truth),
    }


def growth(folder: Path, small: int, large: int) -> dict[str, float]:
    """The exponent from a small to a large job, and what a hundredth of new rows costs on an index of the large one."""
    for name, rows, seed in (("small", small, 1), ("large", large, 2), ("new", large // 100, 3)):
        dedup_corpus.write(folder / f"{name}.parquet", rows, seed)
    few = washplant(folder / "small.parquet", folder / "out", index=folder / "small-index")
    many = washplant(folder / "large.parquet", folder / "out", index=folder / "index")
    night = washplant(folder / "new.parquet", folder / "out", index=folder / "index")
    return {"increment_cost": round(night / many, 4), "slope": round(math.log(many / few) / math.log(large / small), 3)}


def main() -> None:
    """Run, print a table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dedup", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds")
    quick = parser.parse_args().quick
    rows, rounds, small, large = (20_000, 1, 20_000, 200_000) if quick else (500_000, 3, 100_000, 2_000_000)
    with tempfile.TemporaryDirectory(prefix="washplant-bench-") as made:
        folder = Path(made)
        pairs = dedup_corpus.write(folder / "kernel.parquet", 50_000, 4)
        rates = {name: statistics.median(values) for name, values in kernel(folder / "kernel.parquet", max(rounds, 3)).items()}
        for name, rate in rates.items():
            print(f"{name:<12}{rate:>12,.0f} texts/s, one thread")
        found: dict[str, object] = {
            "kernel_vs_datasketch": round(rates["washplant"] / rates["datasketch"], 1),
            "kernel_vs_rensa": round(rates["washplant"] / rates["rensa"], 1),
            "rmse_vs_theory": round(rmse_vs_theory(folder / "kernel.parquet", pairs), 3),
            "numpy_vs_datasketch": round(rates["numpy"] / rates["datasketch"], 1),
        }
        found |= jobs(folder, rows, rounds)
        found |= growth(folder, small, large)
    found["two_workers_speedup"] = None
    found["two_workers_speedup_reason"] = "no Spark cluster is started by this benchmark; it needs two quiet cores of its own"
    print(json.dumps(found))


if __name__ == "__main__":
    main()
