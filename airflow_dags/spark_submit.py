"""The same commands through Airflow's SparkSubmitOperator: standalone, YARN or Kubernetes, as the Connection says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

from airflow_dags.command import PERMANENT_CODES
from airflow_dags.credentials import core_environment, environment_of, extra_of
from airflow_dags.operators import LOCK_WAIT_S, command_line
from airflow_dags.versions import AirflowException, AirflowFailException, AirflowSkipException, BaseHook

_EXIT_CODE = re.compile(r"Error code is: (\d+)")


class WashplantSubmitOperator(SparkSubmitOperator):
    """Run `washplant ARGUMENTS` as a Spark application.

    Secrets go into the environment of `spark-submit` alone. The provider's `env_vars` would put them into its arguments on
    YARN and Kubernetes, where every user of the machine reads them.
    """

    template_fields: Sequence[str] = (*SparkSubmitOperator.template_fields, "arguments", "only")

    def __init__(
        self,
        *,
        config: str,
        connection: str,
        secrets: Mapping[str, str],
        arguments: Sequence[str],
        source: str = "",
        only: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.config, self.connection, self.secrets = config, connection, dict(secrets)
        self.arguments, self.source, self.only = list(arguments), source, only

    def execute(self, context: Any) -> None:
        """Submit and wait. Raises AirflowFailException for errors that no retry mends."""
        if self.source and self.only and self.source not in self.only.split():
            raise AirflowSkipException(f"{self.source} was not asked for")
        program, plain = core_environment(self.connection)
        if self.secrets and extra_of(BaseHook.get_connection(self._conn_id)).get("deploy-mode") == "cluster":
            raise AirflowFailException(
                "in cluster deploy mode secrets would have to travel as arguments: use client mode, "
                "or mount them where the driver runs and leave `schedule.secrets` out"
            )
        self.application = application_of(program[0])
        self.application_args = [*command_line(self.arguments, self.source), "--config", self.config]
        self.env_vars = spark_environment(program[0], plain)
        os.environ.update(environment_of(self.secrets))  # this process runs this task alone
        try:
            super().execute(context)
        except AirflowException as error:
            found = _EXIT_CODE.search(str(error))
            if found and int(found[1]) in PERMANENT_CODES:
                raise AirflowFailException("washplant refused; the lines above say why") from error
            raise


def spark_environment(program: str, plain: Mapping[str, str]) -> dict[str, str]:
    """No secrets: the interpreter of driver and workers, and the core environment's own `spark-submit` first on the PATH."""
    folder = Path(program).parent
    return {
        **plain,
        "PATH": os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)]),
        "PYSPARK_PYTHON": str(folder / "python"),
        "PYSPARK_DRIVER_PYTHON": str(folder / "python"),
        "PYTHONSAFEPATH": "1",
        "WASHPLANT_LOCK_WAIT_S": LOCK_WAIT_S,
    }


def application_of(program: str) -> str:
    """The file that spark-submit runs, as the core environment has it."""
    python = str(Path(program).parent / "python")
    code = "import importlib.util as u; print(u.find_spec('pipelines.cli').submodule_search_locations[0])"
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([python, "-c", code], env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AirflowFailException(f"{python} has no washplant: {done.stderr.strip().splitlines()[-1:]}")
    return str(Path(done.stdout.strip()) / "__main__.py")
