"""The water utility's data for the servers: what `examples/water-utility` makes, as Arrow tables and Parquet files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from sandbox.server import CHECKOUT, root

TABLES = ("tickets", "chats", "customers", "faq")


def table(name: str) -> pa.Table:
    """One table of day 1."""
    return pq.read_table(files(name))


def files(name: str) -> Path:
    """The folder with the table's one Parquet file; made once."""
    folder = root() / "water" / "parquet"
    if not (folder / name).is_dir():
        made = root() / "water" / "made"
        script = CHECKOUT / "examples" / "water-utility" / "make_data.py"
        subprocess.run([sys.executable, str(script), "--out", str(made), "--day", "1"], check=True, capture_output=True)
        for each, found in _read(made / "day1").items():
            (folder / each).mkdir(parents=True, exist_ok=True)
            pq.write_table(found, folder / each / "part-0.parquet")
    return folder / name


def _read(day: Path) -> dict[str, pa.Table]:
    import pandas as pd

    return {
        "tickets": pq.read_table(day / "tickets.parquet"),
        "chats": pyarrow.json.read_json(day / "chats.jsonl"),
        "customers": pyarrow.csv.read_csv(day / "customers.csv"),
        "faq": pa.Table.from_pandas(pd.read_excel(day / "faq.xlsx", dtype=str), preserve_index=False).replace_schema_metadata(),
    }
