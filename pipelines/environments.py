"""Environments made from the locks that ship with the product; those that need other versions of the same packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import washplant
from washplant.errors import SetupError


def lock_folder() -> Path:
    """Where the locks are: inside the installed package, or beside it in a checkout."""
    package = Path(washplant.__file__).parent
    inside = package / "locks"
    return inside if inside.is_dir() else package.parent / "locks"


def environments() -> dict[str, str]:
    """Every environment with a lock, and the folder that it was made in below the current one (empty: not made)."""
    names = sorted(path.stem for path in lock_folder().glob("*.txt"))
    return {name: str(folder) if (folder := _folder(name)).is_dir() else "" for name in names}


def add_environment(name: str, folder: Path | None = None) -> str | None:
    """Make the environment `name`; its folder, or None when there is no such lock. Raises SetupError when it fails."""
    lock = lock_folder() / f"{name}.txt"
    if not lock.is_file():
        return None
    target = folder or _folder(name)
    uv = shutil.which("uv")
    python = target / "bin" / "python"
    if uv:
        commands = [
            [uv, "venv", "--python", sys.executable, "--allow-existing", str(target)],
            [uv, "pip", "sync", "--python", str(python), str(lock)],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(target)],
            [str(python), "-m", "pip", "install", "--requirement", str(lock)],
        ]
    for command in commands:
        # The tools' own progress goes to stderr, so that stdout holds the folder alone.
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
            raise SetupError(
                f"`{command[1]}` could not make the environment {name!r}",
                where=str(target),
                next_step="read the lines above; behind a firewall set PIP_INDEX_URL or UV_INDEX_URL to your mirror",
            )
    return str(target)


def _folder(name: str) -> Path:
    return Path(".venvs") / name
