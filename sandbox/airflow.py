"""Airflow with its four services on 127.0.0.1, from its own lock, with the DAGs of a folder of projects.

`airflow standalone` is not used: its `serve-logs` listens on every address. The package `airflow_dags` is copied into the
plugins folder and `dag_file.py` into the DAG folder, as docs/how-to/airflow.md tells people to do.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sandbox.processes import Process, free_port, listens, spawn
from sandbox.server import CHECKOUT, Facts, Server, Unavailable
from scripts.provision import uv
from scripts.provision.checkout import Checkout
from scripts.provision.failure import SetupFailure

LOCK = CHECKOUT / "locks" / "airflow.txt"
SERVICES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
_HEALTH = ("metadatabase", "scheduler", "dag_processor", "triggerer")


class Airflow(Server):
    """Facts: host, port, url (the pages and the API, without a login), projects (folder), dags, logs, python.

    `connections` are Airflow Connections by id, as JSON data. They reach the services as environment, so no secret is in
    an argument or on disk.
    """

    name: ClassVar[str] = "airflow"
    ready_timeout_s: ClassVar[float] = 240

    def __init__(
        self,
        home: Path | None = None,
        projects: Path | None = None,
        connections: Mapping[str, Mapping[str, Any]] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(home)
        self.projects = projects or CHECKOUT / "examples"
        self.connections = {"washplant": core_connection(), **(connections or {})}
        self.settings = dict(settings or {})

    @property
    def environment(self) -> Path:
        """Airflow's packages; a changed lock makes a new folder."""
        return CHECKOUT / ".cache" / f"airflow-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    def install(self) -> None:
        done = self.environment / ".complete"
        if not done.is_file():
            try:
                run = uv.find(Checkout())
                run(["venv", "--clear", "--python", sys.executable, self.environment], "making Airflow's environment", CHECKOUT)
                run(["pip", "sync", "--python", self.python, LOCK], "installing Airflow", CHECKOUT)
            except SetupFailure as failure:
                raise Unavailable(f"Airflow cannot be installed: {failure}") from failure
            done.touch()
        plugins, dags = self.home / "plugins", self.home / "dags"
        for folder in (plugins, dags):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        package = CHECKOUT / "airflow_dags"
        shutil.copytree(package, plugins / "airflow_dags", ignore=shutil.ignore_patterns("__pycache__"))
        (plugins / ".airflowignore").write_text("airflow_dags/\n")  # nothing in it is a plugin: spare each service the imports
        shutil.copy(package / "dag_file.py", dags / "washplant_dags.py")

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port = free_port(previous.get("port"))
        facts: Facts = {
            "host": "127.0.0.1",
            "port": port,
            "url": f"http://127.0.0.1:{port}",
            "projects": str(self.projects),
            "dags": str(self.home / "dags"),
            "logs": str(self.home / "logs" / "tasks"),
            "python": str(self.python),
        }
        self.run("db", "migrate", port=port)
        env = self.variables(port)
        processes = []
        for role, given in SERVICES.items():
            processes.append(spawn(role, [str(self.python), "-m", "airflow", *given], self.log(role), env))
            if role == "api-server":
                # A task that a scheduler starts before the API listens is lost, and so is one of its tries.
                self._listening(facts, processes[0])
        return facts, processes

    def _listening(self, facts: Facts, server: Process) -> None:
        end = time.monotonic() + self.ready_timeout_s
        while server.alive and not listens(facts["port"]) and time.monotonic() < end:
            time.sleep(0.2)

    def ready(self, facts: Facts) -> bool:
        with contextlib.suppress(OSError, ValueError):
            found = call(facts, "/api/v2/monitor/health")
            return all((found.get(name) or {}).get("status") == "healthy" for name in _HEALTH)
        return False

    def run(self, *arguments: str, port: int) -> str:
        """One `airflow` command; its output. Raises Unavailable when it fails."""
        env = {**os.environ, **self.variables(port)}
        command = [str(self.python), "-m", "airflow", *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"airflow {' '.join(arguments)}: {(done.stdout + done.stderr).strip()[-600:]}")
        return done.stdout

    def variables(self, port: int) -> dict[str, str]:
        """The services' environment."""
        keys = self._keys()
        folder = str(self.home)
        given = {
            "CORE__DAGS_FOLDER": f"{folder}/dags",
            "CORE__PLUGINS_FOLDER": f"{folder}/plugins",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "CORE__FERNET_KEY": keys["fernet"],
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "LOGGING__BASE_LOG_FOLDER": f"{folder}/logs/tasks",
            "API__HOST": "127.0.0.1",
            "API__PORT": str(port),
            "API__BASE_URL": f"http://127.0.0.1:{port}",
            "API__WORKERS": "1",
            "API__SECRET_KEY": keys["api"],
            "API_AUTH__JWT_SECRET": keys["jwt"],
            "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "USAGE_DATA_COLLECTION__ENABLED": "False",
            **self.settings,
        }
        connections = {
            f"AIRFLOW_CONN_{name.upper()}": json.dumps(data, ensure_ascii=False) for name, data in self.connections.items()
        }
        return {
            **{f"AIRFLOW__{name}": value for name, value in given.items()},
            **connections,
            "AIRFLOW_HOME": folder,
            "WASHPLANT_PROJECTS": str(self.projects),
            "PATH": os.pathsep.join([str(self.python.parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": "",  # the product must not be importable here
            "no_proxy": "127.0.0.1,localhost",
        }

    def _keys(self) -> dict[str, str]:
        """Keys of this installation, made once, readable by their owner."""
        path = self.home / "keys.json"
        if not path.is_file():
            fernet = base64.urlsafe_b64encode(os.urandom(32)).decode()
            path.touch(mode=0o600)
            path.write_text(json.dumps({"fernet": fernet, "api": secrets.token_hex(32), "jwt": secrets.token_hex(32)}))
        return dict(json.loads(path.read_text()))


def core_connection() -> dict[str, Any]:
    """The Connection `washplant` of this checkout: its interpreter and its sources."""
    env = {"PYTHONPATH": str(CHECKOUT)}
    env |= {name: os.environ[name] for name in ("JAVA_HOME", "WASHPLANT_JAVA_OPTIONS") if name in os.environ}
    extra = {"washplant": [sys.executable, "-m", "pipelines.cli"], "env": env}
    return {"conn_type": "generic", "extra": extra}


def call(facts: Facts, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
    """One request to Airflow's API; the JSON of the answer. Raises OSError."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token(facts)}"}
    request = urllib.request.Request(f"{facts['url']}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def _token(facts: Facts) -> str:
    """With `simple_auth_manager_all_admins` whoever asks is given one."""
    with urllib.request.urlopen(f"{facts['url']}/auth/token", timeout=30) as answer:
        return str(json.loads(answer.read())["access_token"])
