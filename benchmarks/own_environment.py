"""Peers that must not share our environment: each gets one of its own under `.cache/benchmarks/`, from pinned requirements."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.provision import uv
from scripts.provision.checkout import Checkout


def python_with(name: str, requirements: Sequence[str]) -> Path:
    """The interpreter of an environment that holds exactly `requirements` (`name==version`). Made once."""
    checkout = Checkout()
    folder = checkout.root / ".cache" / "benchmarks" / name
    python, done = folder / "bin" / "python", folder / ".complete"
    wanted = "\n".join(requirements)
    if done.is_file() and done.read_text() == wanted:
        return python
    run = uv.find(checkout)
    run(["venv", "--clear", "--python", sys.executable, folder], f"making {folder}", checkout.root)
    run(["pip", "install", "--python", python, *requirements], f"installing {name}", checkout.root)
    done.write_text(wanted)
    return python
