"""A connector that is installed beside ours: found by its entry point, read from a project's YAML."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import connectors
from pipelines import spark_source
from scripts.provision.checkout import ROOT
from washplant.errors import ConfigError, SourceDataError

EXAMPLE = ROOT / "examples" / "sqlite-connector"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example with the metadata that pip writes; the folder that is on the path."""
    info = tmp_path / "site" / "washplant_sqlite-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: washplant-sqlite\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[washplant.connectors]\nsqlite = washplant_sqlite:CONNECTOR\n")
    (tmp_path / "site" / "washplant_sqlite.py").write_text((EXAMPLE / "washplant_sqlite.py").read_text())
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_the_entry_point_is_what_the_example_declares() -> None:
    declared = (EXAMPLE / "pyproject.toml").read_text()
    assert '[project.entry-points."washplant.connectors"]\nsqlite = "washplant_sqlite:CONNECTOR"' in declared


def test_the_example_is_as_short_as_the_guide_says() -> None:
    assert len((EXAMPLE / "washplant_sqlite.py").read_text().splitlines()) < 150


def test_it_is_registered_beside_ours(installed: Path) -> None:
    assert {"files", "hbase", "hive", "mysql", "sqlite"} <= set(connectors.registered())


def test_a_project_names_it(installed: Path, tmp_path: Path) -> None:
    """`check` and `plan` of the command line, in a process of their own as users have it."""
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        database.execute("create table tickets (id integer primary key, q text, a text)")
        database.execute("insert into tickets values (1, '怎么退款', '在订单页申请')")
    (tmp_path / "washplant.yaml").write_text(
        "name: demo\nsources: {crm: {kind: sqlite, path: crm.db, table: tickets, key: id}}\n"
        "map: {qa: {from: crm, instruction: '{q}', output: '{a}'}}\n",
        encoding="utf-8",
    )
    where = {"PYTHONPATH": f"{installed}:{ROOT}", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for command, said in (
        ("check", "table tickets: 3 columns, rows"),
        ("plan", 'from "tickets"'),
        ("discover", "crm: 1 table\n  tickets, key id\n    id  integer  int64\n    q   text     string\n"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", command, "--source", "crm"],
            cwd=tmp_path, env=where, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout.replace("INTEGER", "integer").replace("TEXT", "text")  # as this SQLite spells them


def test_it_is_a_spark_source_with_its_own_options(installed: Path, tmp_path: Path) -> None:
    """`path` is an option like any other, though Spark adds one of its own in places."""
    source = spark_source._source_of("sqlite")({"path": str(tmp_path / "crm.db"), "table": "t"})
    assert source.connector().options.path == tmp_path / "crm.db"
    with pytest.raises(ConfigError, match="paht: unknown option"):
        spark_source._source_of("sqlite")({"paht": "crm.db", "table": "t"}).connector()


def test_a_cell_that_is_not_what_its_column_says(installed: Path, tmp_path: Path) -> None:
    """SQLite takes text in a column of integers."""
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        database.execute("create table t (n integer)")
        database.execute("insert into t values ('many')")
    options, kind = connectors.registered()["sqlite"]
    source = kind("crm", options.model_validate({"kind": "sqlite", "path": str(tmp_path / "crm.db"), "table": "t"}))
    plan = source.plan({})
    with pytest.raises(SourceDataError, match="a cell is no int64") as caught:
        list(source.read(plan.splits[0], plan.schema))
    assert "column n" in caught.value.where and caught.value.next_step
