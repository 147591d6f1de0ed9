"""Print the JAVA_HOME that the setup uses: `python3 scripts/java_home.py`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # PYTHONSAFEPATH=1 keeps the checkout off it

from scripts.provision import java
from scripts.provision.checkout import Checkout
from scripts.provision.failure import SetupFailure


def main() -> int:
    """Print the folder, or say on stderr why there is none."""
    try:
        print(java.provide(os.environ, Checkout()))
    except SetupFailure as failure:
        print(f"java_home: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
