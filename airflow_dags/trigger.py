"""The trigger that a campaign waits by. It looks at the store; the harvest brings the answers in."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow_dags.command import Ended, environment, result_of
from airflow_dags.credentials import core_environment, environment_of
from airflow_dags.versions import BaseTrigger, TriggerEvent

SPACING_S = 1.0


class ProgressTrigger(BaseTrigger):
    """Ask `washplant metrics` every `poll_s` seconds until the share done and the agreement are reached, or until `until`
    (seconds since 1970). What is stored of it in Airflow's database names secrets and holds none."""

    def __init__(
        self,
        config: str,
        connection: str,
        secrets: dict[str, str],
        poll_s: float,
        share_done: float,
        agreement: float,
        until: float,
    ) -> None:
        super().__init__()
        self.config, self.connection, self.secrets, self.poll_s = config, connection, secrets, poll_s
        self.share_done, self.agreement, self.until = share_done, agreement, until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, as Airflow's database keeps them."""
        names = ("config", "connection", "secrets", "poll_s", "share_done", "agreement", "until")
        return f"{__name__}.ProgressTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, at the end."""
        while True:
            ended = await self._look()
            if ended.code != 0 and ended.permanent:
                yield TriggerEvent({"error": ended.message, "permanent": True})
                return
            progress = ended.data.get("labels", {})
            why = reached(progress, self.share_done, self.agreement) if ended.code == 0 else ""
            if not why and time.time() >= self.until:
                why = "the deadline has come"
            if why:
                yield TriggerEvent({"why": why, "progress": progress})
                return
            await asyncio.sleep(max(SPACING_S, min(self.poll_s, self.until - time.time())))

    async def _look(self) -> Ended:
        """`metrics` starts no Spark: a second of one process, while other triggers go on."""
        program, plain = await asyncio.to_thread(core_environment, self.connection)
        secrets = await asyncio.to_thread(environment_of, self.secrets)
        process = await asyncio.create_subprocess_exec(
            *program,
            *("metrics", "--config", self.config, "--json"),
            env=environment(os.environ, plain, secrets),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return Ended(process.returncode or 0, result_of(out.decode("utf-8", "replace")))


def reached(progress: dict[str, Any], share_done: float, agreement: float) -> str:
    """Why a campaign is over; empty while it is not. A store without several answers to a sample has no agreement yet."""
    tasks, done = progress.get("tasks", 0), progress.get("share_done") or 0.0
    agreed = progress.get("agreement")
    if not tasks or done < share_done:
        return ""
    if agreement and (agreed is None or agreed < agreement):
        return ""
    return f"{done:.0%} of {tasks} tasks are settled"
