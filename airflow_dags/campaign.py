"""*campaign*, by hand: a batch is pushed at once, and the run waits until people are done with it, holding no worker."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_dags.common import called, dag_of
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.trigger import ProgressTrigger
from airflow_dags.versions import DAG, AirflowException, AirflowFailException, BaseOperator, Param


class WaitOperator(BaseOperator):
    """Defer to the triggerer until enough is answered and people agree, or the deadline has come."""

    def __init__(self, *, project: Project, **options: Any) -> None:
        super().__init__(**options)
        self.trigger_options = {**called(project), "poll_s": project.schedule.campaign.poll_s}

    def execute(self, context: Any) -> None:
        """Wait as the run's Params say."""
        wanted = {name: float(value) for name, value in context["params"].items()}
        started = context["ti"].start_date or datetime.datetime.now(datetime.UTC)
        until = (started + datetime.timedelta(hours=wanted.pop("deadline_h"))).timestamp()
        trigger = ProgressTrigger(**{**self.trigger_options, **wanted, "until": until})
        self.defer(trigger=trigger, method_name="done")

    def done(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """What the trigger saw last. Raises AirflowException when it could not look."""
        del context
        if event.get("error"):
            raise (AirflowFailException if event.get("permanent") else AirflowException)(event["error"])
        self.log.info("over (%s): %s", event["why"], event["progress"])
        return event


def campaign(project: Project) -> DAG:
    """pick → push → wait → pull → adjudicate."""
    how = called(project)
    given = project.schedule.campaign
    params = {
        "share_done": Param(given.share_done, type="number", exclusiveMinimum=0, maximum=1),
        "agreement": Param(given.agreement, type="number", minimum=0, maximum=1),
        "deadline_h": Param(given.deadline_h, type="number", exclusiveMinimum=0),
    }
    with dag_of(project, "campaign", "One batch, until people are done with it.", schedule=None, params=params) as dag:
        pick = WashplantOperator(**how, task_id="pick", arguments=["pick"])
        push = WashplantOperator(**how, task_id="push", arguments=["label", "push"])
        wait = WaitOperator(project=project, task_id="wait", execution_timeout=None)
        pull = WashplantOperator(**how, task_id="pull", arguments=["label", "pull"])
        adjudicate = WashplantOperator(**how, task_id="adjudicate", arguments=["label", "adjudicate"])
        pick >> push >> wait >> pull >> adjudicate
    return dag
