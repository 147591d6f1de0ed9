"""The meaning guard on its evaluation set: `python -m benchmarks.meaning`; the last line is one JSON object."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from washplant.text.meaning import Guard
from washplant.text.view import matching_view

PAIRS = Path(__file__).parent / "data" / "meaning" / "pairs.jsonl"


def measure() -> tuple[dict[str, float], list[dict[str, str]]]:
    """Shares of the pairs that are judged rightly, by what they should be, and the pairs that are not."""
    rows = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    left, right = (matching_view(pa.array([row[side] for row in rows])) for side in ("left", "right"))
    same = np.array([row["same"] for row in rows])
    judged = Guard().apart(left, right) == 0
    figures = {
        "apart_pairs": int((~same).sum()),
        "apart_held": float((~judged)[~same].mean()),
        "same_pairs": int(same.sum()),
        "same_merged": float(judged[same].mean()),
    }
    return figures, [rows[at] for at in np.flatnonzero(judged != same)]


def main() -> None:
    """Print what is judged wrongly, then the figures."""
    figures, wrong = measure()
    for row in wrong:
        print(f"{'same ' if row['same'] else 'apart'}  {row['left']}  |  {row['right']}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
