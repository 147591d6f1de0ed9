"""Environments of peers, one each, beside the checkout's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).resolve().parents[1] / ".cache"


def environment(name: str, requirements: Sequence[str]) -> Path | None:
    """The Python of an environment that holds the pinned requirements, made when it is not there; None when it cannot be."""
    folder = CACHE / "benchmarks" / name
    python, done = folder / "bin" / "python", folder / "installed.txt"
    if done.is_file() and done.read_text(encoding="utf-8").split() == [*requirements]:
        return python
    uv = shutil.which("uv") or str(CACHE / "tools" / "uv" / "bin" / "uv")
    try:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", "3.11", folder], check=True, timeout=300)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *requirements], check=True, timeout=900)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"  {name}: {error}")
        return None
    done.write_text("\n".join(requirements), encoding="utf-8")
    return python
