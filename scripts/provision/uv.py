"""uv: the user's own when it is recent enough, else a private copy."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import mirrors, pip
from .checkout import Checkout, clean_environment
from .command import attempt, note, run
from .failure import SetupFailure

OLDEST = (0, 7)  # dependency groups in `uv pip`
REQUIREMENT = "uv>=0.7"


def version(text: str) -> tuple[int, int]:
    """`uv 0.13.9 (…)` -> (0, 13); (0, 0) for anything else."""
    found = re.match(r"uv (\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def recent(program: Path) -> bool:
    """Whether this uv starts and knows the options used here."""
    return version(attempt([program, "--version"], clean_environment()).stdout) >= OLDEST


@dataclass(frozen=True)
class Uv:
    """A uv program, called with the user's mirrors."""

    program: Path

    def __call__(self, arguments: Sequence[str | Path], what: str, cwd: Path) -> str:
        """Run one uv command; a failure raises with uv's last lines."""
        env = clean_environment()
        env.update(mirrors.uv_mirrors(env))
        env["UV_PYTHON_DOWNLOADS"] = "never"  # the user's interpreters only: no surprise downloads
        return run([self.program, "--quiet", *arguments], what, env, cwd)


def find(checkout: Checkout) -> Uv:
    """uv from PATH, else from `.cache/tools`, else downloaded there as a wheel."""
    on_path = shutil.which("uv")
    folder = checkout.tools / "uv"
    private = folder / "bin" / "uv"
    for program in [Path(on_path)] if on_path else []:
        if recent(program):
            return Uv(program)
    if not recent(private):
        note("fetching uv into .cache/tools")
        pip.find(checkout).install_into(folder, REQUIREMENT)
    if not recent(private):
        raise SetupFailure(
            f"the downloaded {private} does not start: put a working uv on PATH and run `make setup` again."
        )
    return Uv(private)
