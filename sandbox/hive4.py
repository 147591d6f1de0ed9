"""Apache Hive 4 on 127.0.0.1: HiveServer2 with its own metastore (Derby) and Tez in this one process; jars by Maven.

An extra beside Spark's HiveServer2, which is quick to have: this one takes 280 MB of jars.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from sandbox import maven, pyspark_java
from sandbox.processes import Process, free_port, listens, spawn
from sandbox.server import Facts, Server

_OPEN = (
    *("lang", "net", "nio", "util", "util.concurrent", "util.concurrent.atomic", "util.regex", "time", "io", "text"),
    *("lang.reflect", "lang.invoke"),
)


class Hive4(Server):
    """Facts: host, port (authentication NONE), ports {NONE}, warehouse (path). Its tables do not outlive it."""

    name: ClassVar[str] = "hive4"
    ready_timeout_s: ClassVar[float] = 180

    def install(self) -> None:
        pyspark_java.java()
        maven.jars(maven.coordinates("hive4"), self.home / "lib")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port = free_port(previous.get("port"))
        data = self.home / "data"
        shutil.rmtree(data, ignore_errors=True)  # the warehouse and Derby's database go together
        self.filled.unlink(missing_ok=True)
        data.mkdir(parents=True)
        facts: Facts = {"host": "127.0.0.1", "port": port, "ports": {"NONE": port}, "warehouse": str(data / "warehouse")}
        pyspark_java.site(self.home / "conf", self._settings(data, port))
        properties = {
            "derby.stream.error.file": str(self.home / "logs" / "derby.log"),
            "hadoop.home.dir": str(self.home),
            "java.io.tmpdir": str(data),
            "log4j2.configurationFile": str(self.home / "conf" / "log4j2.properties"),
        }
        opened = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in _OPEN]
        opened += ["--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-opens=java.sql/java.sql=ALL-UNNAMED"]
        command = [
            *(pyspark_java.java(), "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *opened),
            *(f"-D{name}={value}" for name, value in properties.items()),
            *("-cp", f"{self.home / 'conf'}:{self.home / 'lib'}/*", "org.apache.hive.service.server.HiveServer2"),
        ]
        return facts, [spawn("server", command, self.log("server"))]

    def ready(self, facts: Facts) -> bool:
        return listens(facts["port"])

    def _settings(self, data: Path, port: int) -> dict[str, str]:
        folders = {
            "hive.exec.scratchdir": "scratch",
            "hive.exec.local.scratchdir": "local",
            "hive.querylog.location": "queries",
            "hive.server2.logging.operation.log.location": "operations",
            "tez.staging-dir": "staging",
            "hive.jar.directory": "jars",
            "hive.user.install.directory": "install",
        }
        return {
            **{name: str(data / folder) for name, folder in folders.items()},
            "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={data}/metastore_db;create=true",
            "hive.metastore.warehouse.dir": f"file://{data}/warehouse",
            "hive.metastore.warehouse.external.dir": f"file://{data}/external",
            "datanucleus.schema.autoCreateAll": "true",
            "hive.metastore.schema.verification": "false",
            "hive.metastore.event.db.notification.api.auth": "false",
            "metastore.housekeeping.threads.on": "false",
            "hive.notification.event.poll.interval": "0s",
            "hive.server2.thrift.bind.host": "127.0.0.1",
            "hive.server2.thrift.port": str(port),
            "hive.server2.webui.port": "0",
            "hive.server2.authentication": "NONE",
            "hive.server2.enable.doAs": "false",
            "hive.server2.tez.initialize.default.sessions": "false",
            "hive.server2.materializedviews.registry.impl": "DUMMY",
            "hive.execution.engine": "tez",
            "hive.exec.dynamic.partition.mode": "nonstrict",
            "tez.local.mode": "true",
            "tez.local.mode.without.network": "true",
            "tez.runtime.optimize.local.fetch": "true",
            "tez.ignore.lib.uris": "true",
            "hive.tez.container.size": "256",
            "hive.stats.autogather": "false",
            "hive.fetch.task.conversion": "more",
            "hive.support.concurrency": "false",
            "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager",
            "hive.async.log.enabled": "false",
            "fs.defaultFS": "file:///",
            "mapreduce.framework.name": "local",
        }
