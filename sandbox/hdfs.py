"""HDFS on 127.0.0.1: Hadoop's own mini cluster, a name node and a data node in one process; jars by Maven."""

from __future__ import annotations

import shutil
from typing import ClassVar

from sandbox import maven, pyspark_java
from sandbox.processes import Process, free_port, listens, spawn
from sandbox.server import Facts, Server

_MAIN = "org.apache.hadoop.test.MiniDFSClusterManager"
_SETTINGS = {
    "dfs.replication": "1",
    "dfs.permissions.enabled": "false",
    "dfs.namenode.rpc-bind-host": "127.0.0.1",
    "dfs.namenode.http-bind-host": "127.0.0.1",
}


class HDFS(Server):
    """Facts: host, port, uri (hdfs://…). Its files do not outlive it."""

    name: ClassVar[str] = "hdfs"
    ready_timeout_s: ClassVar[float] = 90

    def install(self) -> None:
        pyspark_java.java()
        maven.jars(maven.coordinates("hdfs"), self.home / "lib")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port = free_port(previous.get("port"))
        shutil.rmtree(self.home / "data", ignore_errors=True)
        (self.home / "written.xml").unlink(missing_ok=True)
        facts: Facts = {"host": "127.0.0.1", "port": port, "uri": f"hdfs://127.0.0.1:{port}"}
        settings = {**_SETTINGS, "hdfs.minidfs.basedir": str(self.home / "data")}
        command = [
            *(pyspark_java.java(), "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-cp", f"{self.home / 'lib'}/*", _MAIN, "-format", "-nnport", str(port), "-datanodes", "1"),
            *("-writeConfig", str(self.home / "written.xml")),
            *(part for name, value in settings.items() for part in ("-D", f"{name}={value}")),
        ]
        return facts, [spawn("hdfs", command, self.log("hdfs"))]

    def ready(self, facts: Facts) -> bool:
        """The configuration is written once the data node is there."""
        return (self.home / "written.xml").is_file() and listens(facts["port"])
