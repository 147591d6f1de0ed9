"""The setup itself: `.venv` from the locks, the project on top, Java, and the file that recipes source."""

import fcntl
import hashlib
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import java, uv
from .checkout import Checkout, clean_environment
from .command import attempt, note
from .failure import SetupFailure

OLDEST = (3, 11)


def fingerprint(checkout: Checkout) -> str:
    """Changes when the environment must be remade: locks, project file, the checkout's place (it is baked in)."""
    digest = hashlib.sha256(str(checkout.root).encode())
    for path in (*checkout.locks, checkout.root / "pyproject.toml"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def up_to_date(checkout: Checkout) -> bool:
    """Whether the environment was finished from exactly these files."""
    return (
        checkout.python.exists()  # a removed interpreter leaves a dangling link
        and checkout.stamp.is_file()
        and checkout.stamp.read_text(encoding="utf-8").strip() == fingerprint(checkout)
    )


def python_version(text: str) -> tuple[int, int]:
    """`Python 3.11.7` -> (3, 11); (0, 0) for anything else."""
    found = re.match(r"Python (\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def usable(checkout: Checkout) -> bool:
    """Whether `.venv` starts and belongs to this place: a copied one would install into its original."""
    probe = "import sys; print('Python', sys.version); print(sys.prefix)"
    said = attempt([checkout.python, "-c", probe], clean_environment()).stdout.splitlines()
    return bool(said) and python_version(said[0]) >= OLDEST and Path(said[-1]) == checkout.venv


def make_environment(checkout: Checkout) -> None:
    """`.venv` from the locks, with the project itself editable."""
    program = uv.find(checkout)
    if not usable(checkout):
        note(f"making .venv with {sys.executable}")
        program(["venv", "--clear", "--python", sys.executable, checkout.venv], "making .venv", checkout.root)
    core, dev = checkout.locks
    note("installing locks/core.txt and locks/dev.txt (the first time downloads about 0.6 GB)")
    target = ["--python", str(checkout.python)]
    program(["pip", "install", *target, "-r", core, "-r", dev], "installing the locks", checkout.root)
    project = ["--no-deps", "--no-build-isolation", "-e", str(checkout.root)]  # the build backend is in the lock
    program(["pip", "install", *target, *project], "installing the project", checkout.root)
    checkout.stamp.write_text(fingerprint(checkout) + "\n", encoding="utf-8")


def env_lines(checkout: Checkout, java_home: Path) -> str:
    """What recipes, and people who run things by hand, source."""
    python = shlex.quote(str(checkout.python))
    values = {"JAVA_HOME": shlex.quote(str(java_home)), "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    lines = [f"export {name}={value}" for name, value in {**values, "PYTHONSAFEPATH": "1"}.items()]
    return "\n".join(["# written by `make setup`; to run things by hand: . .cache/env.sh", *lines, ""])


@contextmanager
def alone(checkout: Checkout) -> Iterator[None]:
    """One setup at a time in a checkout: `make test` in two terminals must not build one environment twice at once."""
    checkout.tools.mkdir(parents=True, exist_ok=True)
    with (checkout.tools / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(checkout: Checkout) -> None:
    """Bring the checkout up to date; nothing to do takes well under a second."""
    with alone(checkout):
        fresh = not up_to_date(checkout)
        if fresh:
            make_environment(checkout)
        lines = env_lines(checkout, java.provide(os.environ, checkout))
        if not checkout.env_file.is_file() or checkout.env_file.read_text(encoding="utf-8") != lines:
            checkout.env_file.write_text(lines, encoding="utf-8")
        if fresh:
            note("ready: .venv")


def main() -> int:
    """Set up this checkout; the exit status is 1 when something is missing."""
    if os.name != "posix":
        print("setup: Linux, macOS and WSL only.", file=sys.stderr)
        return 1
    try:
        set_up(Checkout())
    except SetupFailure as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    return 0
