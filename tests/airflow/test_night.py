"""One real night: the scheduler starts the feed, the harvest publishes a version, nobody sees a secret."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Airflow, MariaDB
from sandbox.airflow import call
from tests.airflow.receiver import receiver
from tests.airflow.sockets import listening_hosts
from tests.services.conftest import admin, mariadb, up

__all__ = ["mariadb"]
pytestmark = pytest.mark.services

LOOPBACK = "0100007F"  # 127.0.0.1, as /proc/net/tcp writes it
HANG_S = 1200  # nothing is decided by it: a crowded machine needs minutes for what takes seconds on its own
YAML = """\
name: night
store: store
seed: 7
spark:
  master: local[2]
  conf: {spark.sql.shuffle.partitions: 2, spark.sql.codegen.wholeStage: false, spark.sql.codegen.factoryMode: NO_CODEGEN}
sources:
  tickets:
    kind: mysql
    host: 127.0.0.1
    port: PORT
    user: USER
    password: ${env:CRM_PASSWORD}
    database: DATABASE
    table: tickets
    key: id
    watermark: {column: updated_at}
  faq: {kind: files, path: faq.csv, key: id}
map:
  qa: {from: tickets, instruction: "{q}", output: "{a}"}
  faq_qa: {from: faq, instruction: "{q}", output: "{a}"}
label: {backend: {kind: file, tasks: tasks, answers: "answers/*.json"}, budget: 3}
export:
  qa: {format: alpaca, include: unlabelled}
schedule:
  feed: 0 0 * * *
  harvest: null
  keep_house: null
  retries: 2
  retry_delay_s: 1
  secrets: {CRM_PASSWORD: "connection:crm.password"}
  alerts: [{kind: dingtalk, connection: team}]
"""
WRONG = """\
name: wrong
sources: {faq: {kind: files, path: faq.csv, key: id, no_such_option: 1}}
map: {qa: {from: faq, instruction: "{q}", output: "{a}"}}
schedule:
  feed: 0 0 * * *
  harvest: null
  keep_house: null
  alerts: [{kind: dingtalk, connection: team}]
"""
STATEMENTS = [
    "create table tickets (id int primary key, q text, a text, updated_at datetime not null, key (updated_at))",
    """insert into tickets values
    (1, '请问怎么交水费？', '您好，请到营业厅或在公众号上缴纳水费。', '2026-01-01 10:00:00'),
    (2, '家里停水了怎么办？', '您好，请先看停水通知，一般当天恢复供水。', '2026-01-01 11:00:00'),
    (3, '水表坏了找谁修？', '您好，请拨打热线报修，我们上门更换水表。', '2026-01-02 11:00:00'),
    (4, '这一行属于以后的某一夜', '您好，这一行在很久以后才会被读取。', '2999-01-01 00:00:00')""",
]


@dataclass
class Night:
    """A running Airflow with its projects."""

    facts: dict[str, Any]
    folder: Path
    secret: str
    messages: list[dict[str, Any]]
    arguments: set[str]

    def run_of(self, dag: str, number: int = 1) -> dict[str, Any]:
        """The DAG's run of this number once it has ended."""
        return self.until(lambda: self._ended(dag, number), f"run {number} of {dag}")

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` finds; meanwhile the arguments of all processes are collected."""
        end = time.monotonic() + HANG_S
        while time.monotonic() < end:
            self.arguments |= set(arguments_of_all())
            try:
                found = look()
            except OSError:  # a DAG that is not parsed yet
                found = None
            if found:
                return found
            time.sleep(0.3)
        raise AssertionError(f"{what} did not come in {HANG_S} s\n{self.logs()[-6000:]}")

    def trigger(self, dag: str, conf: dict[str, Any] | None = None) -> None:
        body = {"logical_date": None, "conf": conf or {}}
        call(self.facts, f"/api/v2/dags/{dag}/dagRuns", body)

    def states(self, run: dict[str, Any]) -> dict[str, list[tuple[str, int]]]:
        """State and number of tries of every task."""
        path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances"
        found: dict[str, list[tuple[str, int]]] = {}
        for each in call(self.facts, path)["task_instances"]:
            found.setdefault(each["task_id"], []).append((each["state"], each["try_number"]))
        return found

    def events(self) -> list[dict[str, Any]]:
        return list(call(self.facts, "/api/v2/assets/events")["asset_events"])

    def logs(self) -> str:
        files = sorted(path for path in Path(self.facts["home"]).rglob("*.log") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def _ended(self, dag: str, number: int) -> dict[str, Any] | None:
        runs = call(self.facts, f"/api/v2/dags/{dag}/dagRuns?order_by=id")["dag_runs"]
        if len(runs) < number or runs[number - 1]["state"] not in ("success", "failed"):
            return None
        return dict(runs[number - 1])


@dataclass(frozen=True)
class Account:
    """A database user of this night alone: found anywhere, its password came from here."""

    user: str
    token: str

    @property
    def password(self) -> str:
        return f"Pw/{self.token}中"


@contextmanager
def account(database: dict[str, Any]) -> Iterator[Account]:
    """A user that may read the database. The server is told the password's hash: its client's arguments are searched too."""
    made = Account(f"night_{secrets.token_hex(4)}", secrets.token_hex(12))
    digest = hashlib.sha1(hashlib.sha1(made.password.encode()).digest()).hexdigest().upper()
    as_root(database, f"create user '{made.user}'@'%' identified by password '*{digest}'")
    as_root(database, f"grant select on {database['database']}.* to '{made.user}'@'%'")
    try:
        yield made
    finally:
        as_root(database, f"drop user '{made.user}'@'%'")


def as_root(database: dict[str, Any], statement: str) -> None:
    done = MariaDB()._sql(database, statement)
    assert done.returncode == 0, done.stderr


def arguments_of_all() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode("utf-8", "replace")
        except OSError:  # it has ended
            continue


@contextmanager
def started(folder: Path, database: dict[str, Any], login: Account) -> Iterator[Night]:
    projects = folder / "projects"
    (projects / "night").mkdir(parents=True)
    yaml = YAML.replace("PORT", str(database["port"])).replace("DATABASE", database["database"]).replace("USER", login.user)
    (projects / "night" / "washplant.yaml").write_text(yaml, encoding="utf-8")
    (projects / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    faq = ["id,q,a", "1,营业厅几点上班？,营业厅每天上午九点开门。", "2,可以网上缴费吗？,可以，请关注公众号后绑定户号缴费。"]
    (projects / "night" / "faq.csv").write_text("\n".join(faq), encoding="utf-8")
    with receiver() as (url, messages):
        connections = {
            "crm": {"conn_type": "mysql", "login": login.user, "password": login.password},
            "team": {"conn_type": "http", "password": f"{url}/robot?access_token=t0ken", "extra": {"secret": "signing-secret"}},
        }
        settings = {"CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"}
        server = Airflow(folder / "airflow", projects=projects, connections=connections, settings=settings)
        with up(server) as facts:
            yield Night(facts, folder, login.token, messages, set())


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, mariadb: dict[str, Any]) -> Iterator[Night]:
    with admin(mariadb) as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement)
    with account(mariadb) as login, started(tmp_path_factory.mktemp("night"), mariadb, login) as running:
        yield running


def test_the_scheduler_runs_the_feed(night: Night) -> None:
    run = night.run_of("night.feed")
    states = night.states(run)
    assert run["state"] == "success", (states, night.logs()[-6000:])
    assert run["run_type"] == "scheduled"
    assert [state for state, _ in states["ingest"]] == ["success", "success"]
    assert {states[name][0][0] for name in ("curate", "pick", "push", "report", "every_source")} == {"success"}
    store = night.folder / "projects" / "night" / "store"
    facts = json.loads((store / "raw" / "tickets" / "000001" / "manifest.json").read_text())["facts"]
    assert facts["upserts"] == 3, "the row of a later night is not read"
    assert facts["interval"]["until"].endswith("T00:00:00+00:00")
    assert (store / "reports" / "report.html").is_file()


def test_the_log_shows_the_funnel(night: Night) -> None:
    night.run_of("night.feed")
    assert "qa: 3 mapped = 3 kept" in night.logs()


@pytest.fixture(scope="module")
def harvested(night: Night) -> dict[str, Any]:
    """The first harvest after the feed."""
    night.run_of("night.feed")
    night.trigger("night.harvest")
    return night.run_of("night.harvest")


def test_a_new_version_is_published(night: Night, harvested: dict[str, Any]) -> None:
    assert harvested["state"] == "success", night.logs()[-6000:]
    assert night.states(harvested)["publish_qa"] == [("success", 1)]
    event = night.events()[0]
    assert event["extra"]["version"] == 1
    assert event["extra"]["rows"] == 5
    assert len(event["extra"]["sha256"]) == 64


def test_a_manual_run_has_no_logical_date(harvested: dict[str, Any]) -> None:
    assert harvested["logical_date"] is None
    assert harvested["state"] == "success"


@pytest.mark.full
def test_a_harvest_that_changed_nothing_publishes_nothing(night: Night, harvested: dict[str, Any]) -> None:
    assert harvested["state"] == "success"
    night.trigger("night.harvest")
    again = night.run_of("night.harvest", 2)
    assert again["state"] == "success", night.logs()[-6000:]
    assert [state for state, _ in night.states(again)["publish_qa"]] == ["skipped"]
    assert len(night.events()) == 1


def test_a_wrong_configuration_is_not_tried_again_and_people_are_told(night: Night) -> None:
    run = night.run_of("wrong.feed")
    assert run["state"] == "failed"
    assert night.states(run)["ingest"] == [("failed", 1)]
    night.until(lambda: any("wrong.feed" in str(each["body"]) for each in night.messages), "the message")
    message = next(each for each in night.messages if "wrong.feed.ingest" in str(each["body"]))
    assert message["body"]["msgtype"] == "text"
    assert "no_such_option" in message["body"]["text"]["content"]
    assert "&timestamp=" in message["path"]
    assert "&sign=" in message["path"]


def test_the_secret_is_in_no_log_no_file_and_no_argument(night: Night) -> None:
    night.run_of("night.feed")
    assert any("pipelines.cli" in each and "ingest" in each for each in night.arguments), "the processes were seen"
    assert not [each for each in night.arguments if night.secret in each]
    secret = night.secret.encode()
    holding = [path for path in night.folder.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holding == []


def test_services_listen_on_loopback_alone(night: Night) -> None:
    # `airflow standalone` would open the ports of serve-logs on every address.
    assert listening_hosts(night.facts["pids"].values()) == {LOOPBACK}
