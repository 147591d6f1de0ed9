"""HBase on 127.0.0.1: a standalone master with its region server and ZooKeeper, and two Thrift 1 servers in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from sandbox import maven
from sandbox.processes import Process, free_port, listens, spawn, stop
from sandbox.server import Facts, NotReady, Server, Unavailable

# HBase 2.6 was written before Java closed its packages.
_OPEN = (
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "nio", "io", "net", "util", "util.concurrent")),
    *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("sun.nio.ch", "jdk.internal.util.random")),
    "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
    "--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
)
_LIGHT = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_MASTER = "org.apache.hadoop.hbase.master.HMaster"
_THRIFT = "org.apache.hadoop.hbase.thrift.ThriftServer"
_SPLITTER = "org.apache.hadoop.hbase.util.RegionSplitter"
_INITIALISED = "Master has completed initialization"
_LOG4J = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{2}: %.1000m%n
"""


class HBase(Server):
    """Facts: host, port (Thrift: buffered, binary), framed_port (Thrift: framed, compact), zookeeper_port.

    Its tables do not outlive it.
    """

    name: ClassVar[str] = "hbase"
    ready_timeout_s: ClassVar[float] = 120

    def install(self) -> None:
        java_home = os.environ.get("JAVA_HOME")
        if not shutil.which("java") and not (java_home and (Path(java_home) / "bin" / "java").is_file()):
            raise Unavailable("HBase needs Java 17: no `java` on the PATH and no JAVA_HOME")
        maven.jars(maven.coordinates("hbase"), self.home / "lib")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        facts: Facts = {"host": "127.0.0.1"}
        for name in ("port", "framed_port", "zookeeper_port"):
            facts[name] = free_port(previous.get(name))
        # A region server has a new port each time, and a master with the last run's data waits for the old one in vain.
        shutil.rmtree(self.home / "data", ignore_errors=True)
        self.filled.unlink(missing_ok=True)
        self._configure(facts)
        self.log("master").unlink(missing_ok=True)  # `ready` reads it
        processes = [spawn("master", self._java("512m", _MASTER, "start"), self.log("master"))]
        return facts, [*processes, self.thrift(facts), self.thrift(facts, framed=True)]

    def thrift(self, facts: Facts, *, framed: bool = False) -> Process:
        """Start one Thrift server; it waits for the master by itself."""
        role = "thrift_framed" if framed else "thrift"
        port = facts["framed_port" if framed else "port"]
        options = ["-nonblocking", "-c"] if framed else []
        command = self._java("384m", _THRIFT, "-b", "127.0.0.1", "-p", str(port), *options, "start")
        return spawn(role, command, self.log(role))

    def restart_thrift(self) -> None:
        """Kill the buffered Thrift server and start another on its port, as an operator would after a crash."""
        with self._locked():
            facts, processes = self.facts(), self.processes()
            stop(next(process for process in processes if process.role == "thrift"), timeout_s=0)
            fresh = self.thrift(facts)
            self._save(self._load()["facts"], [fresh if old.role == "thrift" else old for old in processes])

    def ready(self, facts: Facts) -> bool:
        log = self.log("master")
        if not log.is_file() or _INITIALISED not in log.read_text(errors="replace"):
            return False
        return all(listens(facts[name]) for name in ("port", "framed_port"))

    def create_split(self, table: str, family: str, regions: int, algorithm: str = "DecimalStringSplit") -> None:
        """A table of several regions, which Thrift 1 cannot make. DecimalStringSplit cuts keys of eight digits, UniformSplit
        raw bytes."""
        command = self._java("256m", _SPLITTER, "-c", str(regions), "-f", family, table, algorithm)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise NotReady(f"{table} could not be made: {done.stderr[-500:]}", where="sandbox hbase")

    def _java(self, heap: str, main: str, *arguments: str) -> list[str]:
        java_home = os.environ.get("JAVA_HOME")
        java = str(Path(java_home) / "bin" / "java") if java_home else "java"
        return [java, *_OPEN, *_LIGHT, f"-Xmx{heap}", "-cp", f"{self.home / 'conf'}:{self.home / 'lib'}/*", main, *arguments]

    def _configure(self, facts: Facts) -> None:
        data, conf = self.home / "data", self.home / "conf"
        for folder in (data, conf):
            folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "hbase.cluster.distributed": "false",
            "hbase.rootdir": f"file://{data}/hbase",
            "hbase.tmp.dir": f"{data}/tmp",
            "hbase.zookeeper.property.dataDir": f"{data}/zookeeper",
            "hbase.zookeeper.property.clientPort": facts["zookeeper_port"],
            "hbase.zookeeper.property.clientPortAddress": "127.0.0.1",
            "hbase.zookeeper.quorum": "127.0.0.1",
            # A local file system cannot promise what HDFS does.
            "hbase.unsafe.stream.capability.enforce": "false",
            "hbase.wal.provider": "filesystem",
            "hbase.master.hostname": "localhost",
            "hbase.regionserver.hostname": "localhost",
            "hbase.master.ipc.address": "127.0.0.1",
            "hbase.regionserver.ipc.address": "127.0.0.1",
            "hbase.regionserver.thrift.ipaddress": "127.0.0.1",
            "hbase.localcluster.assign.random.ports": "true",
            "hbase.master.info.port": "-1",
            "hbase.regionserver.info.port": "-1",
            "hbase.thrift.info.port": "-1",
            "hbase.master.wait.on.regionservers.mintostart": "1",
            "hbase.master.wait.on.regionservers.maxtostart": "1",
            # Cells of 10 MB are part of the tests; the client's default limit is just that.
            "hbase.client.keyvalue.maxsize": str(64 << 20),
            "hbase.server.keyvalue.maxsize": str(64 << 20),
            # Scanners expire while a test can wait for it.
            "hbase.client.scanner.timeout.period": "5000",
            "hbase.thrift.connection.max-idletime": "600000",
        }
        rows = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in settings.items())
        (conf / "hbase-site.xml").write_text(f"<configuration>{rows}</configuration>")
        (conf / "log4j.properties").write_text(_LOG4J)
