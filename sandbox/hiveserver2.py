"""HiveServer2 on 127.0.0.1: Spark's own Thrift server from PySpark's jars, with a door for each way to log in.

One JVM and one warehouse; NOSASL, NONE and CUSTOM (what a client calls LDAP) listen on three ports.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from sandbox import pyspark_java
from sandbox.processes import Process, free_port, listens, spawn
from sandbox.server import Facts, Server

DOORS = ("NOSASL", "NONE", "CUSTOM")
USERS = {"etl": "Pw-hive-1"}
"""Whom the CUSTOM door lets in; the others ask for nothing."""


class HiveServer2(Server):
    """Facts: host, port (NONE), ports {NOSASL, NONE, CUSTOM}, users {name: password}, warehouse (path)."""

    name: ClassVar[str] = "hive"
    ready_timeout_s: ClassVar[float] = 120

    def __init__(self, home: Path | None = None, *, light: bool = False) -> None:
        """`light`: for statements of a few rows, for which compiling takes longer than running."""
        super().__init__(home)
        self.light = light

    def install(self) -> None:
        pyspark_java.classes(self.home / "classes", "ThriftServers", "FixedAuth")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        ports = {door: free_port(previous.get("ports", {}).get(door)) for door in DOORS}
        facts: Facts = {
            "host": "127.0.0.1",
            "port": ports["NONE"],
            "ports": ports,
            "users": USERS,
            "warehouse": str(self.home / "warehouse"),
        }
        metastore = f"jdbc:derby:;databaseName={self.home}/metastore_db;create=true"
        pyspark_java.site(
            self.home / "conf",
            {
                "javax.jdo.option.ConnectionURL": metastore,
                "hive.metastore.schema.verification": "false",
                "hive.server2.thrift.bind.host": "127.0.0.1",
                "hive.server2.custom.authentication.class": "FixedAuth",
                "hive.server2.enable.doAs": "false",
                "hive.exec.dynamic.partition.mode": "nonstrict",
            },
        )
        scratch = self.home / "tmp"
        scratch.mkdir(exist_ok=True)
        properties = {
            "spark.master": "local[2]",
            "spark.app.name": "sandbox-hive",
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.warehouse.dir": facts["warehouse"],
            "spark.sql.shuffle.partitions": "2",
            "spark.local.dir": str(scratch),
            "java.io.tmpdir": str(scratch),
            # Not derby.system.home: Spark keeps a second, empty metastore in memory, which that path would break.
            "derby.stream.error.file": str(self.home / "logs" / "derby.log"),
            "log4j2.configurationFile": str(self.home / "conf" / "log4j2.properties"),
        }
        folders = [self.home / "conf", self.home / "classes"]
        doors = [f"{door}={port}" for door, port in ports.items()]
        if self.light:
            properties |= {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
        command = pyspark_java.command("1g", folders, properties, "ThriftServers", *doors, light=self.light)
        (user, password), *_ = USERS.items()
        env = {"SANDBOX_USER": user, "SANDBOX_PASSWORD": password, "SPARK_LOCAL_IP": "127.0.0.1"}
        return facts, [spawn("server", command, self.log("server"), env)]

    def ready(self, facts: Facts) -> bool:
        return all(listens(port) for port in facts["ports"].values())
