"""Running other programs, quietly until they fail."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .failure import SetupFailure

SHOWN_LINES = 12


def note(message: str) -> None:
    """One line of progress, on stderr."""
    print(f"setup: {message}", file=sys.stderr, flush=True)


def attempt(
    argv: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run and return whatever happened; a program that is missing reads as exit status 127."""
    words = [str(word) for word in argv]
    try:
        return subprocess.run(
            words, env=None if env is None else dict(env), cwd=cwd, text=True, errors="replace",
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
    except OSError as error:
        return subprocess.CompletedProcess(words, 127, "", str(error))


def run(argv: Sequence[str | Path], what: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run and return stdout; on failure raise with the last lines that the program wrote."""
    done = attempt(argv, env, cwd)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-SHOWN_LINES:]
        ending = f"{what} failed ({Path(argv[0]).name} ended with {done.returncode}):"
        raise SetupFailure("\n  ".join([ending, *lines]))
    return done.stdout
