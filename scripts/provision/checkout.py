"""Where things are in a checkout."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Checkout:
    """The folders and files that the setup reads and writes; everything it makes is under `.venv` and `.cache`."""

    root: Path = ROOT

    @property
    def venv(self) -> Path:
        """The core environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The core environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Written last, so that an interrupted setup is redone."""
        return self.venv / "washplant-setup.stamp"

    @property
    def tools(self) -> Path:
        """Private tools: uv, pip's wheel, apt's state."""
        return self.root / ".cache" / "tools"

    @property
    def java(self) -> Path:
        """The private Java's root folder, when there is one."""
        return self.root / ".cache" / "java"

    @property
    def env_file(self) -> Path:
        """Shell lines that the Makefile's recipes source."""
        return self.root / ".cache" / "env.sh"

    @property
    def locks(self) -> tuple[Path, Path]:
        """The core lock and the development lock."""
        return self.root / "locks" / "core.txt", self.root / "locks" / "dev.txt"


def clean_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """A copy of the environment without the variables that would leak our import rules into other programs."""
    leaking = {"PYTHONSAFEPATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in (os.environ if env is None else env).items() if name not in leaking}
