"""How many good rows the shipped cleaning keeps, and how many bad ones it drops: part of `benchmarks.cleaning_quality`.

`python -m benchmarks.cleaning_rows [--quick]` alone. Good rows: data/good_rows.jsonl (provenance: data/PROVENANCE.md); bad
rows: `bad_rows`. No Spark: the chain is a function over Arrow batches.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.bad_rows import bad_rows
from pipelines.clean import clean_batch
from pipelines.steps import chain
from washplant.config import CleanOptions
from washplant.sample import SAMPLE_SCHEMA, TaskKind

GOOD = Path(__file__).parent / "data" / "good_rows.jsonl"
QUICK = 5  # every fifth row


def measure(quick: bool) -> dict[str, Any]:
    """`good_kept` and `bad_caught` as shares, the held-out bad rows apart, and what was decided wrongly."""
    every = QUICK if quick else 1
    good = [json.loads(line) for line in GOOD.read_text(encoding="utf-8").splitlines()][::every]
    bad = list(bad_rows())[::every]
    lost = [
        f"{reason}: {row['question']} → {row['answer']}"
        for row, reason in zip(good, _reasons([(row["question"], row["answer"]) for row in good]), strict=True)
        if reason
    ]
    caught = [bool(reason) for reason in _reasons([row[2:] for row in bad])]
    held = [done for row, done in zip(bad, caught, strict=True) if row[1]]
    missed = Counter(row[0] for row, done in zip(bad, caught, strict=True) if not done)
    return {
        "good_rows": len(good),
        "good_kept": round(1 - len(lost) / len(good), 4),
        "bad_rows": len(bad),
        "bad_caught": round(sum(caught) / len(bad), 4),
        "bad_caught_held_out": round(sum(held) / len(held), 4),
        "lost": lost,
        "missed": dict(missed.most_common()),
    }


def measure_and_print(quick: bool) -> dict[str, Any]:
    """The figures; what was decided wrongly goes to stdout."""
    found = measure(quick)
    for line in found.pop("lost"):
        print(f"lost    {line}")
    for kind, count in found.pop("missed").items():
        print(f"missed  {kind}: {count}")
    return found


def _reasons(pairs: Sequence[Sequence[str]]) -> list[str | None]:
    """Why each question and answer is dropped; None where it is kept."""
    given = [
        dict.fromkeys(SAMPLE_SCHEMA.names)
        | {"id": "", "version": "", "source": "", "mapping": "", "key": "[]", "task": str(TaskKind.DIALOGUE)}
        | {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}
        | {"meta": [], "tags": [], "scores": []}
        for asked, answered in pairs
    ]
    done = clean_batch(pa.RecordBatch.from_pylist(given, schema=SAMPLE_SCHEMA), chain(CleanOptions()))
    steps, reasons = done.column("drop_step").to_pylist(), done.column("drop_reason").to_pylist()
    return [f"{step}.{reason}" if step else None for step, reason in zip(steps, reasons, strict=True)]


def main() -> None:
    """Print what went wrong, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleaning_rows", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every fifth row")
    print(json.dumps(measure_and_print(parser.parse_args().quick)))


if __name__ == "__main__":
    main()
