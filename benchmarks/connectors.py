"""How fast rows come in, beside the tools that people use: `python -m benchmarks.connectors [--quick] [PART…]`.

Each part (mysql, hbase, hive) is a file `connectors_<part>.py` with `measure(quick)` and `table(figures)`. A part whose
server this machine cannot have is left out with the reason.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from sandbox import Unavailable

PARTS = tuple(
    part for part in ("mysql", "hbase", "hive") if importlib.util.find_spec(f"benchmarks.connectors_{part}") is not None
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connectors", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small tables: minutes become seconds, figures become rough")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all when none is given")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    figures: dict[str, Any] = {"cpus": os.cpu_count(), "quick": options.quick}
    for part in options.parts or PARTS:
        module = importlib.import_module(f"benchmarks.connectors_{part}")
        try:
            found = module.measure(options.quick)
        except Unavailable as error:
            print(f"{part} is left out: {error.what}", file=sys.stderr)
            continue
        print(module.table(found), end="\n\n", flush=True)
        figures |= found
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
