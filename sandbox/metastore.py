"""A Hive Metastore on 127.0.0.1 from PySpark's jars (Hive 2.3.10, Derby), for Spark sessions with `hive.metastore.uris`."""

from __future__ import annotations

from typing import ClassVar

from sandbox import pyspark_java
from sandbox.processes import Process, free_port, listens, spawn
from sandbox.server import Facts, Server


class Metastore(Server):
    """Facts: host, port, uri (thrift://…), version, warehouse (path)."""

    name: ClassVar[str] = "metastore"
    ready_timeout_s: ClassVar[float] = 120

    def install(self) -> None:
        pyspark_java.classes(self.home / "classes", "Metastore")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port = free_port(previous.get("port"))
        warehouse = self.home / "warehouse"
        warehouse.mkdir(parents=True, exist_ok=True)
        facts: Facts = {
            "host": "127.0.0.1",
            "port": port,
            "uri": f"thrift://127.0.0.1:{port}",
            "version": "2.3.10",
            "warehouse": str(warehouse),
        }
        pyspark_java.site(
            self.home / "conf",
            {
                "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={self.home}/metastore_db;create=true",
                "hive.metastore.warehouse.dir": str(warehouse),
                "hive.metastore.schema.verification": "false",
                "datanucleus.schema.autoCreateAll": "true",
                "hive.async.log.enabled": "false",  # its asynchronous logger is not among the jars
            },
        )
        properties = {
            "derby.system.home": str(self.home),
            "log4j2.configurationFile": str(self.home / "conf" / "log4j2.properties"),
        }
        folders = [self.home / "conf", self.home / "classes"]
        command = pyspark_java.command("384m", folders, properties, "Metastore", str(port))
        return facts, [spawn("metastore", command, self.log("metastore"))]

    def ready(self, facts: Facts) -> bool:
        return listens(facts["port"])
