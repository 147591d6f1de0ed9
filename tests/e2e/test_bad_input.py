"""Whatever is wrong, a command says once what, where and what to do next, ends with its code, and commits nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from connectors.files.formats.base import PEEK_BYTES
from tests.e2e.conftest import Ended
from tests.e2e.project import opened
from tests.services.conftest import admin
from washplant import manifest as manifests
from washplant.ledger.ledger import run_folders

pytestmark = pytest.mark.e2e

CLI = Callable[..., Ended]
SECRET = "pa55-of-the-ledger"

YAML = """\
name: bad
store: store
seed: 1
sources:
  r: {kind: files, path: r.csv, key: id}
  s: {kind: files, path: s.jsonl, key: id}
map:
  qa:
    from: r
    instruction: "{q}"
    output: "{a}"
export:
  qa: {format: alpaca, include: unlabelled}
spark:
  conf:
    spark.sql.shuffle.partitions: 2
    spark.sql.codegen.wholeStage: false
    spark.sql.codegen.factoryMode: NO_CODEGEN
"""
GOOD: dict[str, bytes] = {
    "r.csv": "id,q,a\n1,水表怎么过户,请携带身份证到任意营业厅办理。\n2,停水了吗,今天没有停水计划。\n".encode(),
    "s.jsonl": '{"id": "1", "name": "甲"}\n{"id": "2", "name": "乙"}\n'.encode(),
}
MYSQL = "s: {kind: mysql, host: 127.0.0.1, port: PORT, user: etl, password: PASSWORD, database: crm, table: t, key: id}"
FILES = "s: {kind: files, path: s.jsonl, key: id}"


@dataclass(frozen=True)
class Case:
    """A good project with one thing wrong. `said`: what the message must say; `line`: where in the YAML, as text there."""

    wrong: tuple[str, str] = ("", "")
    files: dict[str, bytes] = field(default_factory=dict)
    code: int = 2
    said: tuple[str, ...] = ()
    line: str = ""
    command: tuple[str, ...] = ("ingest",)
    step: bool = True


OUTSIDE_SPARK = {
    "missing secret": Case(
        (FILES, MYSQL.replace("PASSWORD", "'${env:WASHPLANT_NO_SUCH}'").replace("PORT", "1")),
        said=("WASHPLANT_NO_SUCH", "sources.s.password", "export WASHPLANT_NO_SUCH="),
        line="s: {kind: mysql",
    ),
    "secret in the file": Case(
        (FILES, MYSQL.replace("PASSWORD", SECRET).replace("PORT", "1")),
        said=("sources.s.password", "${env:NAME}"),
        line="s: {kind: mysql",
        step=False,
    ),
    "unknown key": Case(
        ("    output:", "    outptu:"),
        said=("map.qa.outptu", "unknown key", "did you mean 'output'?", "allowed: "),
        line="outptu",
        step=False,
    ),
    "unknown option of a source": Case(
        ("r.csv, key: id", "r.csv, kye: id"), said=("sources.r.kye", "did you mean 'key'?"), line="kye", step=False
    ),
    "wrong type": Case(("seed: 1", "seed: many"), said=("seed", "integer"), line="seed: many", step=False),
    "unknown kind": Case(
        ("s: {kind: files", "s: {kind: filse"),
        said=("unknown kind 'filse'", "'files'", "'mysql'", "'hive'"),
        line="filse",
        step=False,
    ),
    "not YAML": Case(("seed: 1", "seed: [1"), said=("not YAML",)),
    "a key twice": Case(("seed: 1", "seed: 1\nseed: 2"), said=("'seed' is given twice",), line="seed: 2"),
    "source that is not there": Case(("from: r", "from: rows"), said=("map.qa", "no source 'rows'", "known: r, s"), step=False),
    "file that is not there": Case(("path: r.csv", "path: q.csv"), code=4, said=("source r", "q.csv", "holds", "r.csv")),
    "folder that is not there": Case(("path: r.csv", "path: in/*.csv"), code=4, said=("source r", "in/*.csv", "`path`")),
    "broken JSON line": Case(
        files={"s.jsonl": GOOD["s.jsonl"] + b'{"id": "3", \n'},
        code=4,
        said=("s.jsonl:3", "source s"),
        command=("plan", "-s", "s"),
    ),
    "not UTF-8": Case(
        files={"r.csv": GOOD["r.csv"].decode().encode("gb18030")},
        code=4,
        said=("r.csv", "encoding", "gb18030"),
        command=("plan",),
    ),
    "no key column": Case(
        ("r.csv, key: id", "r.csv, key: number"), code=4, said=("'number'", "id, q, a"), command=("plan", "-s", "r")
    ),
    "store below a file": Case(("store: store", "store: r.csv/store"), code=6, said=("r.csv/store", "check that")),
    "ledger without driver": Case(
        ("seed: 1", f"ledger: nosuch+driver://etl:{SECRET}@db.example/washplant"),
        code=7,
        said=("no driver for 'nosuch+driver'", "***@db.example", "pip install"),
    ),
    "ledger that is no URL": Case(("seed: 1", "ledger: somewhere"), code=7, said=("not a database URL", "for example sqlite")),
}


def make(folder: Path, case: Case | None = None) -> Path:
    """The project with the case's mistake, or the good one."""
    for name, content in {**GOOD, **(case.files if case else {})}.items():
        (folder / name).write_bytes(content)
    path = folder / "washplant.yaml"
    text = YAML
    if case and case.wrong[0]:
        assert case.wrong[0] in text
        text = text.replace(*case.wrong)
    path.write_text(text, encoding="utf-8")
    return path


def committed(folder: Path) -> set[str]:
    """Runs of the store that exist."""
    store = opened(make(folder)).store
    return {path for path in run_folders(store) if manifests.read(store, path)}


def assert_told(ended: Ended, case: Case, yaml: Path) -> None:
    """One error with everything in it, on stderr alone, and no secret in it."""
    assert ended.code == case.code, ended.err
    assert ended.err.count("error: ") == 1, ended.err
    assert "Traceback" not in ended.err and SECRET not in ended.err + ended.out
    assert ended.out == "" or case.command[0] == "plan", "results alone go to stdout"
    message = ended.err[ended.err.index("error: ") :]
    for text in case.said:
        assert text in message
    assert ("\n→ " in message) is case.step, message
    if case.line:
        number = next(n for n, line in enumerate(yaml.read_text("utf-8").splitlines(), 1) if case.line in line)
        assert f"{yaml}:{number}: " in message


@pytest.mark.parametrize("name", OUTSIDE_SPARK)
def test_told_before_spark_starts(cli: CLI, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = OUTSIDE_SPARK[name]

    def no_spark(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started for a mistake that could be seen before")

    yaml = make(tmp_path, case)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.session.start", no_spark)
        ended = cli(*case.command, "-c", yaml)
        assert_told(ended, case, yaml)
        data = json.loads(cli(*case.command, "-c", yaml, "--json").out.splitlines()[-1])
    assert data["exit_code"] == case.code and data["error"] and SECRET not in str(data)
    assert committed(tmp_path) == set()


def test_no_project_file(cli: CLI, tmp_path: Path) -> None:
    case = Case(said=(str(tmp_path / "washplant.yaml"), "no such file", "washplant init"))
    assert_told(cli("run", "-c", tmp_path / "washplant.yaml"), case, tmp_path)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_server_that_is_down(cli: CLI, tmp_path: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASHPLANT_TEST_PASSWORD", SECRET)
    source = MYSQL.replace("PORT", str(closed_port)).replace("PASSWORD", "'${env:WASHPLANT_TEST_PASSWORD}'")
    case = Case((FILES, source), code=5, said=("source s", f"127.0.0.1:{closed_port}", "check `host` and `port`"))
    yaml = make(tmp_path, case)
    assert_told(cli("ingest", "-s", "s", "-c", yaml), case, yaml)
    assert SECRET.encode() not in (tmp_path / "store" / "ledger.db").read_bytes()


@pytest.mark.services
def test_table_that_is_not_there(cli: CLI, tmp_path: Path, mariadb: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASHPLANT_TEST_PASSWORD", mariadb["users"]["etl"])
    with admin(mariadb) as cursor:
        cursor.execute("create table if not exists tickets (id int primary key)")
    source = MYSQL.replace("PORT", str(mariadb["port"])).replace("PASSWORD", "'${env:WASHPLANT_TEST_PASSWORD}'")
    source = source.replace("crm", mariadb["database"]).replace("table: t,", "table: ticket,")
    case = Case((FILES, source), code=4, said=("source s", "ticket", "did you mean tickets?"))
    yaml = make(tmp_path, case)
    ended = cli("ingest", "-s", "s", "-c", yaml)
    assert_told(ended, case, yaml)
    assert mariadb["users"]["etl"] not in ended.err


def test_ledger_of_a_newer_washplant(cli: CLI, tmp_path: Path) -> None:
    yaml = make(tmp_path)
    opened(yaml)
    ledger = tmp_path / "store" / "ledger.db"
    with contextlib.closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("update washplant_meta set value = '99' where name = 'schema_version'")
    case = Case(code=7, said=("ledger.db", "schema version 99", "newer washplant"))
    assert_told(cli("status", "-c", yaml), case, yaml)


def test_store_that_another_run_works_on(cli: CLI, tmp_path: Path) -> None:
    yaml = make(tmp_path)
    case = Case(code=8, said=("ledger.db", f"process {os.getpid()}", "wait for it to end"))
    with opened(yaml).writing():
        for command in ("ingest", "curate", "run", "gc"):
            assert_told(cli(command, "-c", yaml), case, yaml)
    assert cli("gc", "-c", yaml).code == 0, "the lock is free again"


IN_SPARK = {
    "template column": Case(
        ('output: "{a}"', 'output: "{answer}"'),
        said=("no column 'answer'", "known: id, q, a"),
        line="output:",
        command=("curate",),
    ),
    "column of a condition": Case(
        ("    from: r\n", "    from: r\n    when: statuss = 1\n"),
        said=("statuss", "condition"),
        line="when:",
        command=("curate",),
    ),
    "condition": Case(
        ("    from: r\n", "    from: r\n    when: id = = 1\n"), said=("condition", "'='"), line="when:", command=("curate",)
    ),
    "join of a source never ingested": Case(
        ("    from: r\n", "    from: r\n    join: {s: id}\n"),
        said=("joined source 's'", "washplant ingest --source s"),
        line="join:",
        command=("curate",),
    ),
}


def test_told_by_curate_and_mended(cli: CLI, tmp_path: Path, spark: SparkSession) -> None:
    """One store, one mistake after the other: none commits anything, and the good run afterwards works."""
    assert cli("ingest", "-s", "r", "-c", make(tmp_path)).code == 0
    for name, case in IN_SPARK.items():
        yaml = make(tmp_path, case)
        assert_told(cli(*case.command, "-c", yaml), case, yaml)
        assert committed(tmp_path) == {"raw/r/000001"}, name
    yaml = make(tmp_path)
    assert cli("run", "-c", yaml).code == 0
    assert committed(tmp_path) >= {"curate/000001", "versions/qa@1"}
    assert cli("gc", "--dry-run", "-c", yaml).out == "0 would be removed\n"

    # A manifest that somebody altered is not believed, and the way out that the message names works.
    path = tmp_path / "store" / "raw" / "r" / "000001" / "manifest.json"
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"upserts": 2', b'"upserts": 3'))
    assert path.read_bytes() != good
    (tmp_path / "r.csv").write_bytes(GOOD["r.csv"] + "3,为什么停水,管道抢修，今晚八点恢复供水。\n".encode())
    case = Case(code=6, said=("altered", str(path), "restore it"))
    assert_told(cli("ingest", "-c", yaml), case, yaml)
    path.write_bytes(good)
    assert cli("ingest", "-c", yaml).code == 0


def test_condition_that_fails_on_a_row(cli: CLI, tmp_path: Path, spark: SparkSession) -> None:
    """Spark casts text to a number and fails when it meets the first row: the mistake is the YAML's all the same."""
    assert cli("ingest", "-s", "r", "-c", make(tmp_path)).code == 0
    case = Case(("    from: r\n", "    from: r\n    when: q > 5\n"), said=("水表怎么过户", "BIGINT"), line="when:")
    yaml = make(tmp_path, case)
    assert_told(cli("curate", "-c", yaml), case, yaml)
    assert committed(tmp_path) == {"raw/r/000001"}


def test_broken_line_that_only_a_worker_sees(cli: CLI, tmp_path: Path, spark: SparkSession) -> None:
    """Beyond what the plan looks at: the worker's error comes through Spark whole, and the mended file is read."""
    lines = [json.dumps({"id": str(n), "name": "x" * 200}) + "\n" for n in range(PEEK_BYTES // 200)]
    good = "".join(lines).encode()
    case = Case(files={"s.jsonl": good + b'{"id": \n'}, code=4, said=(f"s.jsonl:{len(lines) + 1}", "source s"))
    yaml = make(tmp_path, case)
    assert_told(cli("ingest", "-s", "s", "-c", yaml), case, yaml)
    assert committed(tmp_path) == set()
    make(tmp_path)
    (tmp_path / "s.jsonl").write_bytes(good)
    done = cli("ingest", "-s", "s", "-c", yaml)
    assert done.code == 0 and f"{len(lines):,} rows read" in done.out
    assert cli("gc", "--dry-run", "-c", yaml).out == "0 would be removed\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; only root may mount one."""
    place = tmp_path / "store"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_disk_full(cli: CLI, tmp_path: Path, spark: SparkSession, small_disk: Path) -> None:
    yaml = make(tmp_path)
    assert cli("ingest", "-s", "s", "-c", yaml).code == 0
    rng = random.Random(3)
    rows = "".join(f"{n},{rng.randbytes(500).hex()},{rng.randbytes(500).hex()}\n" for n in range(6000))
    (tmp_path / "r.csv").write_text("id,q,a\n" + rows)
    case = Case(code=6, said=("no space left", str(small_disk / "raw" / "r"), "free space and run the same command again"))
    assert_told(cli("ingest", "-s", "r", "-c", yaml), case, yaml)
    found = {path for path in ("raw/r/000001", "raw/s/000001") if (small_disk / path / "manifest.json").exists()}
    assert found == {"raw/s/000001"}
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    done = cli("ingest", "-s", "r", "-c", yaml)
    assert done.code == 0 and "6,000 rows read, 6,000 new" in done.out, done.err
    assert cli("gc", "--dry-run", "-c", yaml).out == "0 would be removed\n"
