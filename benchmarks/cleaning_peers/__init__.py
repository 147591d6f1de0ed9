"""data-juicer and datatrove over the same texts, file to file in two processes, each in its own environment.

Their scripts run as `python SCRIPT IN_DIR OUT_DIR`; IN_DIR holds Parquet files with the columns id and text.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HOME = Path(__file__).resolve().parents[2] / ".cache" / "bench"
PEERS = {
    "datatrove": ("datatrove[io,processing]==0.10.1", "spacy", "jieba", "ftfy", "nltk", "xxhash", "orjson"),
    "datajuicer": ("py-data-juicer==1.6.1", "aiohttp"),  # dj-process imports aiohttp, its wheel does not ask for it
}
FILES = {"datatrove": 2, "datajuicer": 1}  # datatrove shares out files, data-juicer splits one itself


def python_of(peer: str) -> Path:
    """The peer's interpreter; its environment is made on first use, which takes minutes.

    Raises CalledProcessError when the packages cannot be installed.
    """
    folder = Path(os.environ.get(f"WASHPLANT_BENCH_{peer.upper()}", HOME / peer))
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS[peer]], check=True)
    return python


def write_texts(folder: Path, texts: Sequence[str]) -> None:
    """IN_DIR for every peer, below `folder`."""
    for peer, files in FILES.items():
        place = folder / peer
        place.mkdir(parents=True)
        table = pa.table({"id": [str(n) for n in range(len(texts))], "text": list(texts)})
        each = -(-len(texts) // files)
        for number in range(files):
            pq.write_table(table.slice(number * each, each), place / f"{number}.parquet")


def seconds(peer: str, folder: Path) -> float:
    """Wall time of one run, from the start of the process to its end; raises CalledProcessError when it fails."""
    script, out = Path(__file__).parent / f"run_{peer}.py", folder / f"out-{peer}"
    shutil.rmtree(out, ignore_errors=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYSPARK"))}
    python = python_of(peer)
    start = time.perf_counter()
    done = subprocess.run(
        [str(python), str(script), str(folder / peer), str(out)], env=clean, check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    return time.perf_counter() - start
