"""`mode: metastore` with a metastore of the company's (`hive.metastore.uris`), by the command line in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.services, pytest.mark.spark]

YAML = """
name: metastore
sources:
  t: {{kind: hive, table: {database}.{table}, key: id, incremental: {{by: partition, column: dt}}}}
map: {{qa: {{from: t, instruction: "{{q}}", output: "{{q}}"}}}}
spark:
  conf:
    spark.hadoop.hive.metastore.uris: {uri}
    spark.sql.warehouse.dir: {warehouse}
    spark.hadoop.hive.exec.dynamic.partition.mode: nonstrict
    spark.sql.shuffle.partitions: 2
"""

JOB = """
import json, sys
from pathlib import Path
from pipelines.ingest import connector, ingest
from pipelines.project import open_project
table, step = sys.argv[2:]
project = open_project(Path(sys.argv[1]), master="local[1]")
if step == "make":
    project.spark.sql(f"create database if not exists {table.partition('.')[0]}")
    project.spark.sql(f"create table {table} (id int, q string) partitioned by (dt date) stored as orc")
    project.spark.sql(f"insert into {table} partition (dt) select 1, '第一', date '2025-01-01'")
    done = ingest(project, "t")
    project.spark.sql(f"insert into {table} partition (dt) select 2, '第二', date '2025-01-02'")
    print(json.dumps([done.rows_read, done.rows_new]))
else:
    (info,) = (t for t in connector(project, "t").discover() if t.name == f"{table}")
    done = ingest(project, "t")
    print(json.dumps([done.rows_read, done.rows_new, [column.name for column in info.columns]]))
    project.spark.sql(f"drop table {table}")
"""


def test_two_spark_processes_share_the_tables_of_a_metastore(metastore: dict[str, Any], tmp_path: Path) -> None:
    """One makes the table and reads it; the other finds it there, and reads only what came since."""
    database = "test_metastore"  # one for all runs: this metastore's own DROP DATABASE fails
    metastore = metastore | {"table": f"t_{os.getpid()}"}
    yaml = tmp_path / "washplant.yaml"
    yaml.write_text(YAML.format(database=database, **metastore), encoding="utf-8")

    def run(step: str) -> Any:
        command = [sys.executable, "-c", JOB, str(yaml), f"{database}.{metastore['table']}", step]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    checkout = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": checkout}
    assert run("make") == [1, 1]
    assert run("read") == [1, 1, ["id", "q", "dt"]]
