"""MySQL 9 with TLS on 127.0.0.1: Debian's `sid` suite unpacked privately and run by its own C library.

The suite is rolling and not for every machine, so this is an extra beside MariaDB. Users log in by `caching_sha2_password`.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from sandbox import debian
from sandbox.mariadb import USERS, as_root, socket_path, users
from sandbox.processes import Process, free_port, spawn
from sandbox.server import Facts, Server, Unavailable
from sandbox.tls import certificates

PACKAGES = ("mysql-server-core",)

_CONFIG = """\
[mysqld]
basedir={root}/usr
lc-messages-dir={root}/usr/share/mysql
plugin-dir={root}/usr/lib/mysql/plugin
datadir={home}/data
tmpdir={home}/tmp
socket={socket}
pid-file={home}/mysqld.pid
bind-address=127.0.0.1
port={port}
mysqlx=OFF
secure-file-priv=NULL
skip-name-resolve
disable-log-bin
max-allowed-packet=64M
innodb-buffer-pool-size=128M
innodb-redo-log-capacity=64M
innodb-flush-log-at-trx-commit=2
performance-schema=OFF
ssl-ca={home}/tls/ca.pem
ssl-cert={home}/tls/server.pem
ssl-key={home}/tls/server.key
"""


class MySQL9(Server):
    """Facts: host, port, socket, ca (path), database, users {name: password}, as MariaDB's."""

    name: ClassVar[str] = "mysql"

    def install(self) -> None:
        for folder in ("tmp", "logs"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        certificates(self.home / "tls")
        debian.unpack_suite(PACKAGES, "sid", self._root)
        version = subprocess.run([*self._mysqld(), "--no-defaults", "--version"], capture_output=True, text=True, check=False)
        if version.returncode:
            raise Unavailable(f"this machine cannot run MySQL 9: {version.stderr.strip().splitlines()[-1:]}")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        facts: Facts = {
            "host": "127.0.0.1",
            "port": free_port(previous.get("port")),
            "socket": str(socket_path(self.home / "mysqld.sock")),
            "ca": str(self.home / "tls" / "ca.pem"),
            "database": "src",
            "users": USERS,
        }
        config = self.home / "my.cnf"
        config.write_text(_CONFIG.format(root=self._root, home=self.home, socket=facts["socket"], port=facts["port"]))
        command = [*self._mysqld(), f"--defaults-file={config}", *as_root()]
        if not (self.home / "data" / "mysql.ibd").is_file():
            shutil.rmtree(self.home / "data", ignore_errors=True)  # what a first start that was stopped has left
            with self.log("install").open("wb") as out:
                subprocess.run([*command, "--initialize-insecure"], stdout=out, stderr=subprocess.STDOUT, check=True)
        return facts, [spawn("mysqld", command, self.log("mysqld"))]

    def ready(self, facts: Facts) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(facts["socket"]) == 0

    def prepare(self, facts: Facts) -> None:
        for statement in users():
            self.execute(facts, statement)

    def execute(self, facts: Facts, sql: str) -> None:
        """Run a statement as root."""
        import pymysql

        login = {"unix_socket": facts["socket"], "user": "root", "charset": "utf8mb4", "ssl_disabled": True}
        with closing(pymysql.connect(**login)) as connection:
            connection.cursor().execute(sql)

    @property
    def _root(self) -> Path:
        return self.home / "root"

    def _mysqld(self) -> list[str]:
        return [*debian.loader(self._root), str(self._root / "usr" / "sbin" / "mysqld")]
