"""How well cleaning does its job, over committed sets: `python -m benchmarks.cleaning_quality [--quick]`.

A front that runs the parts and merges their figures. Each prints its tables; the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from benchmarks import cleaning_quality_pii, cleaning_rows

PARTS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "pii": cleaning_quality_pii.measure,
    "rows": cleaning_rows.measure_and_print,
}


def measure(quick: bool = False, only: str | None = None) -> dict[str, Any]:
    """The figures of all parts, or of one."""
    figures: dict[str, Any] = {}
    for name, part in PARTS.items():
        if only in (None, name):
            figures |= part(quick)
    return figures


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleaning_quality", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the peers")
    parser.add_argument("--only", choices=PARTS, help="one part")
    options = parser.parse_args()
    print(json.dumps(measure(options.quick, options.only)))


if __name__ == "__main__":
    main()
