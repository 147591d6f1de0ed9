"""Some pip to fetch uv with: the interpreter's own, one from a throw-away venv, or Debian's wheel of it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import debian
from .checkout import Checkout, clean_environment
from .command import attempt, note, run
from .failure import SetupFailure


@dataclass(frozen=True)
class Pip:
    """How to call pip: an interpreter and, for a wheel, what goes on its path."""

    python: Path
    environment: dict[str, str] = field(default_factory=dict)

    def install_into(self, folder: Path, requirement: str) -> None:
        """Install one wheel into a folder of ours, whatever the user's defaults for other installs are."""
        env = {**clean_environment(), "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", **self.environment}
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--upgrade"]
        argv = [str(self.python), "-m", "pip", "install", *options, "--target", str(folder), requirement]
        run(argv, f"downloading {requirement}", env)

    def works(self) -> bool:
        """Whether this pip starts."""
        argv = [str(self.python), "-m", "pip", "--version"]
        return attempt(argv, {**clean_environment(), **self.environment}).returncode == 0


def candidates(checkout: Checkout) -> Iterator[Pip]:
    """Ways to get pip, cheapest first; each is made only when the one before it does not work."""
    yield Pip(Path(sys.executable))
    venv = checkout.tools / "pip-venv"
    if attempt([sys.executable, "-m", "venv", "--clear", venv], clean_environment()).returncode == 0:
        yield Pip(venv / "bin" / "python")
    if debian.available():  # Debian without python3-venv: neither pip nor ensurepip
        note("this Python has neither pip nor ensurepip: fetching Debian's pip wheel into .cache/tools")
        root = checkout.tools / "python3-pip-whl"
        debian.unpack(["python3-pip-whl"], root, checkout.tools / "apt")
        for wheel in sorted(root.glob("usr/share/python-wheels/pip-*.whl")):
            yield Pip(Path(sys.executable), {"PYTHONPATH": str(wheel)})


def find(checkout: Checkout) -> Pip:
    """A pip that starts."""
    for pip in candidates(checkout):
        if pip.works():
            return pip
    raise SetupFailure(
        f"{sys.executable} has neither pip nor venv, and uv is not on PATH: install pip for this Python "
        "(Debian: `apt-get install python3-venv`) or uv, and run `make setup` again."
    )
