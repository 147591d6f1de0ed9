"""A Spark standalone cluster on 127.0.0.1 (one master, N workers) from the PySpark of the running interpreter."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

from sandbox.processes import Process, free_port, spawn
from sandbox.server import Facts, Server, Unavailable

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"


class Cluster(Server):
    """Facts: host, master (spark://…), port, ui_port, workers, cores and memory of a worker, python."""

    name: ClassVar[str] = "cluster"

    def __init__(self, home: Path | None = None, workers: int = 2, cores: int = 1, memory: str = "1g") -> None:
        super().__init__(home)
        self.workers, self.cores, self.memory = workers, cores, memory

    def install(self) -> None:
        if importlib.util.find_spec("pyspark") is None:
            raise Unavailable(f"a Spark cluster needs pyspark in {sys.executable}: run `make setup`")
        java_home = os.environ.get("JAVA_HOME")
        if not shutil.which("java") and not (java_home and (Path(java_home) / "bin" / "java").is_file()):
            raise Unavailable("a Spark cluster needs Java 17 or newer: no `java` on the PATH and no JAVA_HOME")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port, ui = free_port(previous.get("port")), free_port(previous.get("ui_port"))
        url = f"spark://127.0.0.1:{port}"
        facts: Facts = {
            "host": "127.0.0.1",
            "master": url,
            "port": port,
            "ui_port": ui,
            "workers": self.workers,
            "cores": self.cores,
            "memory": self.memory,
            "python": sys.executable,
        }
        ports = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(ui)]
        processes = [self._spawn("master", _MASTER, ports)]
        for number in range(1, self.workers + 1):
            work = self.home / "work" / str(number)
            work.mkdir(parents=True, exist_ok=True)
            size = ["-c", str(self.cores), "-m", self.memory, "-d", str(work)]
            ports = ["--host", "127.0.0.1", "--port", str(free_port()), "--webui-port", str(free_port())]
            processes.append(self._spawn(f"worker{number}", _WORKER, [*ports, *size, url]))
        return facts, processes

    def ready(self, facts: Facts) -> bool:
        """The master's own page says how many workers have registered."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{facts['ui_port']}/json/", timeout=2) as answer:
                return bool(json.load(answer)["aliveworkers"] >= facts["workers"])
        except (OSError, urllib.error.URLError, ValueError):
            return False

    def _spawn(self, role: str, main_class: str, arguments: list[str]) -> Process:
        spec = importlib.util.find_spec("pyspark")
        assert spec and spec.origin, "install() has looked"
        spark_home = Path(spec.origin).parent
        env = {
            "SPARK_HOME": str(spark_home),
            "SPARK_LOCAL_IP": "127.0.0.1",  # web pages bind to it, too
            "SPARK_DAEMON_MEMORY": "256m",
            # The REST door takes jobs from anybody who can open a socket.
            "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
            # Finished applications leave their jars and logs: keep a day's.
            "SPARK_WORKER_OPTS": "-Dspark.worker.cleanup.enabled=true -Dspark.worker.cleanup.appDataTtl=86400",
            "PYSPARK_PYTHON": sys.executable,
        }
        return spawn(role, [str(spark_home / "bin" / "spark-class"), main_class, *arguments], self.log(role), env)
