"""MariaDB with TLS on 127.0.0.1: the system's server when it is installed, else Debian's packages unpacked
privately."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sandbox import debian
from sandbox.processes import Process, free_port, spawn
from sandbox.server import Facts, Server
from sandbox.tls import certificates

PACKAGES = ("mariadb-server-core", "mariadb-client-core", "mariadb-common")

USERS = {"etl": "Pw-1中", "ro": "pw-ro-1", "tls": "pw-tls-1"}
"""etl may do anything in `src` and in databases named `test_…`, ro may only select there, tls must come encrypted."""

_MAX_SOCKET_PATH = 100  # sun_path holds 108 bytes

_CONFIG = """\
[mariadbd]
basedir={usr}
lc-messages-dir={usr}/share/mysql
plugin-dir={usr}/lib/mysql/plugin
datadir={home}/data
tmpdir={home}/tmp
socket={socket}
pid-file={home}/mariadbd.pid
bind-address=127.0.0.1
port={port}
skip-name-resolve
character-set-server=utf8mb4
collation-server=utf8mb4_general_ci
max-allowed-packet=64M
innodb-buffer-pool-size=128M
innodb-log-file-size=64M
innodb-flush-log-at-trx-commit=2
performance-schema=OFF
ssl-ca={home}/tls/ca.pem
ssl-cert={home}/tls/server.pem
ssl-key={home}/tls/server.key
"""


@dataclass(frozen=True)
class Programs:
    """Where the server's programs are, and the environment that they need."""

    usr: Path
    env: dict[str, str]

    @property
    def server(self) -> Path:
        return self.usr / "sbin" / "mariadbd"

    @property
    def client(self) -> Path:
        return self.usr / "bin" / "mariadb"

    @property
    def complete(self) -> bool:
        return self.server.is_file() and self.client.is_file()


class MariaDB(Server):
    """Facts: host, port, socket, ca (path), database, users {name: password}."""

    name: ClassVar[str] = "mariadb"

    def install(self) -> None:
        for folder in ("data", "tmp"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        certificates(self.home / "tls")
        if not self._programs().complete:
            debian.unpack(PACKAGES, self.home / "root")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        programs = self._programs()
        facts: Facts = {
            "host": "127.0.0.1",
            "port": free_port(previous.get("port")),
            "socket": str(socket_path(self.home / "mariadbd.sock")),
            "ca": str(self.home / "tls" / "ca.pem"),
            "database": "src",
            "users": USERS,
        }
        config = self.home / "my.cnf"
        config.write_text(_CONFIG.format(usr=programs.usr, home=self.home, socket=facts["socket"], port=facts["port"]))
        if not (self.home / "data" / "mysql").is_dir():
            self._create_data(programs, config)
        command = [str(programs.server), f"--defaults-file={config}", *as_root()]
        return facts, [spawn("mariadbd", command, self.log("mariadbd"), programs.env)]

    def ready(self, facts: Facts) -> bool:
        return self._sql(facts, "select 1").returncode == 0

    def prepare(self, facts: Facts) -> None:
        done = self._sql(facts, ";".join(users()))
        if done.returncode:
            raise RuntimeError(f"the sandbox's users could not be made: {done.stderr}")

    def _create_data(self, programs: Programs, config: Path) -> None:
        script = programs.usr / "bin" / "mariadb-install-db"
        arguments = [f"--defaults-file={config}", f"--basedir={programs.usr}", "--skip-test-db", *as_root()]
        log = self.log("install")
        with log.open("wb") as out:
            subprocess.run(
                [str(script), *arguments, "--auth-root-authentication-method=normal"],
                env={**os.environ, **programs.env},
                stdout=out,
                stderr=subprocess.STDOUT,
                check=True,
            )

    def _sql(self, facts: Facts, sql: str) -> subprocess.CompletedProcess[str]:
        programs = self._programs()
        socket = f"--socket={facts['socket']}"
        command = [str(programs.client), "--no-defaults", "-uroot", socket, "--default-character-set=utf8mb4"]
        return subprocess.run(
            [*command, "-e", sql], capture_output=True, text=True, check=False, env={**os.environ, **programs.env}
        )

    def _programs(self) -> Programs:
        system = Programs(Path("/usr"), {})
        if system.complete:
            return system
        private = self.home / "root"
        return Programs(private / "usr", {"LD_LIBRARY_PATH": debian.library_path(private)})


def socket_path(here: Path) -> Path:
    """`here`, or a short name in the folder for temporary files when it is too long for a socket."""
    if len(str(here)) <= _MAX_SOCKET_PATH:
        return here
    digest = hashlib.sha256(str(here).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"washplant-{digest}.sock"


def users() -> list[str]:
    """Statements for the database and `USERS`; `%` in a grant's database name is a wildcard, so `_` is escaped."""
    statements = ["create database if not exists src character set utf8mb4"]
    for user, password in USERS.items():
        require = " require ssl" if user == "tls" else ""
        rights = "select" if user == "ro" else "all"
        statements += [
            f"create user if not exists '{user}'@'%' identified by '{password}'{require}",
            f"grant {rights} on src.* to '{user}'@'%'",
            f"grant {rights} on `test\\_%`.* to '{user}'@'%'",
        ]
    return statements


def as_root() -> list[str]:
    # The server refuses root unless told so. Its data folder is ours alone, so making a user on the system is not
    # worth it.
    return ["--user=root"] if os.geteuid() == 0 else []
