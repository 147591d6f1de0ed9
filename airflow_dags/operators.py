"""Tasks that run one `washplant` command each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_dags.command import Command, described, environment
from airflow_dags.credentials import core_environment, environment_of
from airflow_dags.versions import AirflowException, AirflowFailException, AirflowSkipException, BaseOperator

LOCK_WAIT_S = "300"
"""How long a command waits for the store's lock before it leaves the slot and is tried again later."""


class WashplantOperator(BaseOperator):
    """Run `washplant ARGUMENTS --config FILE --json` in the core environment; its result is the task's XCom.

    An argument that ends in `=` is left out: that is how a template says that it has no value. `source` names the source of
    a mapped task; `only` (a template) lists the sources that were asked for, all when it is empty. Raises
    AirflowFailException for errors that no retry mends.
    """

    template_fields: Sequence[str] = ("arguments", "only")
    ui_color = "#e8f3ec"

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
        self._command: Command | None = None

    def execute(self, context: Any) -> dict[str, Any]:
        """Run the command. Raises AirflowFailException or AirflowException with the product's own words."""
        del context
        if self.source and self.only and self.source not in self.only.split():
            raise AirflowSkipException(f"{self.source} was not asked for")
        program, plain = core_environment(self.connection)
        env = environment(os.environ, plain, {"WASHPLANT_LOCK_WAIT_S": LOCK_WAIT_S}, environment_of(self.secrets))
        argv = [*program, *command_line(self.arguments, self.source), "--config", self.config, "--json"]
        self.log.info("%s", " ".join(argv))
        self._command = Command(argv, env, lambda line: self.log.info("%s", line))
        ended = self._command.run()
        if ended.code == 0:
            for line in described(ended.data):
                self.log.info("%s", line)
            return ended.data
        if ended.permanent:
            raise AirflowFailException(ended.message)
        raise AirflowException(ended.message)

    def on_kill(self) -> None:
        """Stop the process with Spark's JVM, so that the store's lock is given back."""
        if self._command:
            self._command.stop()


def command_line(arguments: Sequence[str], source: str) -> list[str]:
    """The arguments without those whose template had no value, and the source."""
    given = [each for each in arguments if each and not each.endswith("=")]
    return [*given, "--source", source] if source else given
