"""The sandbox's own rules, with a server of one sleeping process."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from sandbox import SERVERS, debian, seed
from sandbox.__main__ import main
from sandbox.mariadb import MariaDB, socket_path
from sandbox.processes import Process, free_port, spawn, start_time, stop, tail
from sandbox.server import Facts, NotReady, Server, Unavailable, root
from washplant.errors import WashplantError


class Sleeper(Server):
    """Ready when its file appears."""

    name = "sleeper"
    ready_timeout_s: ClassVar[float] = 5
    code = "import pathlib, time; print('hello'); pathlib.Path('{ready}').touch(); time.sleep(60)"
    starts: ClassVar[int] = 0

    def install(self) -> None:
        pass

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        type(self).starts += 1
        ready = self.home / "ready"
        ready.unlink(missing_ok=True)
        process = spawn("sleeper", [sys.executable, "-c", self.code.format(ready=ready)], self.log("sleeper"))
        return {"host": "127.0.0.1", "port": previous.get("port", 1)}, [process]

    def ready(self, facts: Facts) -> bool:
        return (self.home / "ready").exists()


def test_up_twice_is_one_process_and_down_twice_is_fine(tmp_path: Path) -> None:
    server = Sleeper(tmp_path / "s")
    first = server.up()
    assert first["running"]
    assert Sleeper(tmp_path / "s").up() == first
    server.down()
    server.down()
    assert not server.running()
    assert server.facts() == first | {"running": False, "pids": {}}


def test_two_ups_at_once_start_one_process(tmp_path: Path) -> None:
    Sleeper.starts = 0
    threads = [threading.Thread(target=Sleeper(tmp_path / "s").up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Sleeper(tmp_path / "s").down()
    assert Sleeper.starts == 1


def test_a_server_that_dies_is_reported_with_its_log(tmp_path: Path) -> None:
    class Dies(Sleeper):
        code = "print('out of marbles'); raise SystemExit(3)"

    with pytest.raises(NotReady, match=r"sleeper ended(.|\n)*out of marbles"):
        Dies(tmp_path / "s").up()
    assert not Dies(tmp_path / "s").running()


def test_a_server_that_never_gets_ready_is_stopped(tmp_path: Path) -> None:
    class Slow(Sleeper):
        ready_timeout_s = 0.3
        code = "import time; time.sleep(60)"

    with pytest.raises(NotReady, match="not ready after"):
        Slow(tmp_path / "s").up()
    assert not Slow(tmp_path / "s").running()


def test_a_recycled_pid_is_never_killed(tmp_path: Path) -> None:
    ours = spawn("stranger", ["sleep", "60"], tmp_path / "log")
    recycled = Process("mine", ours.pid, ours.started - 1)
    stop(recycled)
    assert not recycled.alive
    assert ours.alive
    stop(ours)
    assert start_time(ours.pid) is None


def test_a_process_that_ignores_term_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    process = spawn("deaf", [sys.executable, "-c", code], tmp_path / "log")
    while "deaf" not in tail(tmp_path / "log"):
        pass
    stop(process, timeout_s=0.2)
    assert not process.alive


def test_ports() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    free = free_port()
    assert free_port(free) == free


def test_our_own_start_time_is_known() -> None:
    assert start_time(os.getpid()) is not None
    assert start_time(2**22 + 1) is None


def test_the_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WASHPLANT_SANDBOX", str(tmp_path / "elsewhere"))
    assert MariaDB().home == tmp_path / "elsewhere" / "mariadb"
    monkeypatch.delenv("WASHPLANT_SANDBOX")
    assert root().parts[-2:] == (".cache", "sandbox")


def test_status_prints_one_json_object(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WASHPLANT_SANDBOX", str(tmp_path))
    assert main(["status", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert set(facts) == set(SERVERS)
    assert not any(known["running"] for known in facts.values())


def test_what_cannot_be_had_is_one_sentence_and_exit_3(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Absent(Sleeper):
        def install(self) -> None:
            raise Unavailable("this machine has no marbles")

    monkeypatch.setenv("WASHPLANT_SANDBOX", str(tmp_path))
    monkeypatch.setitem(SERVERS, "absent", Absent)
    assert main(["up", "absent"]) == 3
    assert capsys.readouterr().err == "sandbox: this machine has no marbles\n"
    with pytest.raises(SystemExit):
        main(["up", "nothing"])
    assert "known: mariadb, mysql, hive, hive4, metastore, hbase, hdfs, cluster" in capsys.readouterr().err


def test_without_apt_the_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(Unavailable, match="no apt-get"):
        debian.unpack(["mariadb-server-core"], tmp_path / "root")
    assert issubclass(Unavailable, WashplantError)


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)
    assert len(str(socket_path(deep / "mariadbd.sock"))) < 108
    assert socket_path(deep / "a") == socket_path(deep / "a") != socket_path(deep / "b")


def test_big_tables_are_made_in_pieces() -> None:
    made = [sql for sql in seed.tickets(600_000, "t") if sql.startswith("insert")]
    assert [sql.rpartition(" ")[2] for sql in made] == [
        "seq_1_to_250000",
        "seq_250001_to_500000",
        "seq_500001_to_600000",
    ]
