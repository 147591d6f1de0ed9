"""The same rows give the same bytes, in however many files, splits and partitions, and in whatever order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from pipelines.curate import curate
from pipelines.export import export
from pipelines.ingest import ingest
from tests.e2e.project import CHECKOUT, Site, make_rows, opened, write_csv, write_jsonl

pytestmark = pytest.mark.spark

Row = dict[str, str]


def spread(folder: Path, name: str, write: Callable[[Path, list[Row]], None], rows: list[Row], parts: int) -> None:
    """The rows in another order, over several files."""
    shuffled = random.Random(parts).sample(rows, len(rows)) if parts > 1 else rows
    stem, _, extension = name.partition(".")
    place = folder / f"{stem}-{parts}"
    place.mkdir()
    for part in range(parts):
        write(place / f"{part:02d}.{extension}", shuffled[part::parts])


def published(yaml: Path, partitions: int) -> dict[str, bytes]:
    """Ingest, curate and export with so many shuffle partitions; every file of every version but its manifest."""
    project = opened(yaml)
    before = project.spark.conf.get("spark.sql.shuffle.partitions")
    project.spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
    try:
        for source in project.loaded.config.sources:
            ingest(project, source)
        curate(project)
        for dataset in project.loaded.config.export:
            assert export(project, dataset).made
    finally:
        project.spark.conf.set("spark.sql.shuffle.partitions", str(before))
    versions = Path(project.store.full("versions"))
    return {str(path.relative_to(versions)): path.read_bytes() for path in sorted(versions.rglob("*.jsonl"))}


def unlabelled(yaml: Path) -> Path:
    """The project without people: everything in the pool is exported."""
    text = yaml.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("label:")]
    yaml.write_text("\n".join(kept).replace("from: qa}", "from: qa, include: unlabelled}"), encoding="utf-8")
    return yaml


@pytest.mark.parametrize("counts", [(1, 16), pytest.param((1, 4, 16), marks=pytest.mark.full)], ids=str)
def test_the_same_bytes_on_any_partitioning(spark: SparkSession, tmp_path: Path, counts: tuple[int, ...]) -> None:
    site, rows = Site(tmp_path), make_rows()
    found = {}
    for parts in counts:
        spread(tmp_path, "tickets.csv", write_csv, rows.tickets, parts)
        spread(tmp_path, "chats.jsonl", write_jsonl, rows.chats, parts)
        yaml = site.yaml(f"parts{parts}", tickets=f"tickets-{parts}", chats=f"chats-{parts}")
        found[parts] = published(unlabelled(yaml), parts)
        assert found[parts] == found[1], f"{parts} partitions"
    assert set(found[1]) >= {"qa@1/train.jsonl", "qa@1/lineage.jsonl", "chat@1/train.jsonl"}
    origins = [json.loads(line) for line in found[1]["qa@1/lineage.jsonl"].splitlines()]
    assert len(origins) > 90 and len({origin["id"] for origin in origins}) == len(origins)


DEMO = """\
name: demo
store: stores/NAME/store
seed: 7
sources:
  tickets: {kind: files, path: tickets-NAME, key: ticket_id, deleted: {column: is_deleted}}
  chats: {kind: files, path: chats-NAME, key: msg_id}
  customers: {kind: files, path: data/day1/customers.csv, key: customer_id}
map:
  qa:
    from: tickets
    join: {customers: customer_id}
    when: status = '已办结'
    instruction: "{title}\\n{description}"
    output: "{reply}"
    meta: [category, customers.district]
  chat:
    from: chats
    group_by: session_id
    order_by: [sent_at, seq]
    role: "{speaker}"
    roles: {客户: user, 客服: assistant, 机器人: skip, 系统: skip}
    content: "{text}"
export:
  qa: {format: alpaca, from: qa, include: unlabelled}
  chat: {format: alpaca, from: chat, history: true, include: unlabelled}
"""


@pytest.mark.full
def test_the_demos_data_on_any_partitioning(spark: SparkSession, tmp_path: Path) -> None:
    script = CHECKOUT / "examples" / "water-utility" / "make_data.py"
    subprocess.run([sys.executable, script, "--out", tmp_path / "data", "--day", "1"], check=True, capture_output=True)
    tickets = pq.read_table(tmp_path / "data" / "day1" / "tickets.parquet")
    chats = [json.loads(line) for line in (tmp_path / "data" / "day1" / "chats.jsonl").read_text("utf-8").splitlines()]
    found = {}
    for parts in (1, 4, 16):
        place = tmp_path / f"tickets-{parts}"
        place.mkdir()
        order = random.Random(parts).sample(range(tickets.num_rows), tickets.num_rows)
        for part in range(parts):
            pq.write_table(tickets.take(pa.array(order[part::parts])), place / f"{part:02d}.parquet")
        spread(tmp_path, "chats.jsonl", write_jsonl, chats, parts)
        yaml = tmp_path / f"{parts}.yaml"
        yaml.write_text(DEMO.replace("NAME", str(parts)), encoding="utf-8")
        found[parts] = published(yaml, parts)
    assert found[4] == found[1]
    assert found[16] == found[1]
