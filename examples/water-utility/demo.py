"""The main job on the water utility's data: two nights, no server.

    python examples/water-utility/demo.py [--folder .demo] [--master 'local[2]'] [--nights 2]

It makes the data, loads the tickets into a Hive table of Spark's embedded warehouse, and runs `washplant run`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

# A demo is short: code that is compiled for speed is not ready before it ends, and takes both cores meanwhile.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def main() -> int:
    """Run the nights; the exit code of the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / ".demo", help="where the demo works")
    parser.add_argument("--master", default="local[2]", help="Spark master")
    parser.add_argument("--nights", type=int, default=2, choices=(1, 2), help="2: also a second night with new rows")
    parser.add_argument("--fresh", action="store_true", help="start over")
    options = parser.parse_args()
    folder = options.folder.absolute()
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    prepare(folder)
    nights = [("night 1", 1), ("night 1 again: nothing to do", 1), ("night 2: new, changed and deleted rows", 2)]
    if (folder / "data" / "day2" / "loaded").exists():
        nights = [("again: nothing to do", 2)]
    for title, day in nights[: options.nights * 2 - 1]:
        print(f"\n━━ {title} " + "━" * max(0, 60 - len(title)), flush=True)
        started = time.monotonic()
        code = night(folder, day, options.master)
        if code:
            return code
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
    print(f"\neverything is in {folder}; try: washplant status -c {folder / 'washplant.yaml'}")
    return 0


def prepare(folder: Path) -> None:
    """The project file."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "washplant.yaml", folder / "washplant.yaml")
    (folder / "labels" / "answers").mkdir(parents=True, exist_ok=True)


def night(folder: Path, day: int, master: str) -> int:
    """One night: what the company's systems hold on that day, then the pipeline."""
    if not (folder / "data" / f"day{day}" / "loaded").exists():
        code = call([str(HERE / "make_data.py"), "--out", str(folder / "data"), "--day", str(day)])
        code = code or call([str(HERE / "load_hive.py"), str(folder), str(day)])
        if code:
            return code
    # What annotators exported from Label Studio on that day.
    answers = f"night{day}.json"
    shutil.copy(HERE / "labels" / answers, folder / "labels" / "answers" / answers)
    return call(["-m", "pipelines.cli", "run", "--config", str(folder / "washplant.yaml"), "--master", master])


def call(arguments: list[str]) -> int:
    """Run this Python on the arguments."""
    environment = {"WASHPLANT_JAVA_OPTIONS": JAVA_OPTIONS, **os.environ}
    return subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
