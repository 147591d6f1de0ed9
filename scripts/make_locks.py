"""Write `locks/*.txt` anew from pyproject.toml: `make locks`, or with newer versions `make locks UPGRADE=1`.

The locks hold for every platform and Python we support, and name no index: whoever installs them uses their
own mirrors.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # PYTHONSAFEPATH=1 keeps the checkout off it

from scripts.provision import uv
from scripts.provision.checkout import Checkout
from scripts.provision.command import note
from scripts.provision.failure import SetupFailure

COMMON = ("--universal", "--python-version", "3.11", "--no-emit-index-url", "--custom-compile-command", "make locks")
_NAMES = ("mysql", "excel", "hive", "hbase", "avro", "fast", "text", "label-studio", "agreement")
_EXTRAS = tuple(f"--extra={name}" for name in _NAMES)
# In this order: dev takes over core's versions.
LOCKS: dict[str, tuple[str, ...]] = {
    "core": ("pyproject.toml", *_EXTRAS),
    "dev": ("pyproject.toml", "-c", "locks/core.txt", "--group", "dev", *_EXTRAS),
    "label-studio": ("--group", "label-studio"),  # the server shares nothing with us
    "airflow": ("--group", "airflow"),  # neither does Airflow
    "train": ("--group", "train"),  # nor does training: another numpy, no Spark
}


def compile_lock(program: uv.Uv, checkout: Checkout, name: str, extra: Sequence[str]) -> None:
    """One lock, with paths relative to the checkout so that none of this machine gets in."""
    note(f"locks/{name}.txt")
    arguments = ["pip", "compile", *LOCKS[name], *COMMON, *extra, "-o", f"locks/{name}.txt"]
    program(arguments, f"compiling locks/{name}.txt", checkout.root)


def main() -> int:
    """Compile all locks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not the pinned ones")
    extra = ["--upgrade"] if parser.parse_args().upgrade else []
    checkout = Checkout()
    try:
        program = uv.find(checkout)
        for name in LOCKS:
            compile_lock(program, checkout, name, extra)
    except SetupFailure as failure:
        print(f"locks: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
