"""Make `.venv` (and find or fetch Java) for this checkout: `python3 scripts/bootstrap.py`, or `make setup`.

Needs Python 3.11 or newer and nothing else. This file alone must also run on older Pythons (3.6+), because its first
duty is to hand over to a newer one.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
NEEDED = (3, 11)
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.14")


def newer_python() -> str:
    """The first suitable interpreter on PATH, or an empty string."""
    probe = f"import sys; sys.exit(sys.version_info < {NEEDED!r})"
    for name in CANDIDATES:
        try:  # run it: a pyenv shim is on PATH for versions that are not enabled
            if subprocess.call([name, "-c", probe], stderr=subprocess.DEVNULL) == 0:
                return name
        except OSError:
            continue
    return ""


def main() -> int:
    """Hand over to a newer Python where needed, then set up."""
    if sys.version_info < NEEDED:
        name = newer_python()
        if not name:
            sys.stderr.write(
                f"setup: washplant needs Python 3.11 or newer, {sys.executable} is {sys.version.split()[0]} and PATH "
                f"has none of {', '.join(CANDIDATES)}: install one and run `make setup` again.\n"
            )
            return 1
        os.execvp(name, [name, *sys.argv])
    sys.path.insert(0, ROOT)  # PYTHONSAFEPATH=1 keeps even the script's own folder off the path
    from scripts.provision.setup import main as setup

    return setup()


if __name__ == "__main__":
    sys.exit(main())
