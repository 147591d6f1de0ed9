"""*train*: woken by a new version; it trains when enough labels came in since the last training (`train.when`)."""

from __future__ import annotations

from typing import Any

from airflow_dags.common import called, dag_of, dataset_asset, trained_asset
from airflow_dags.harvest import last_event
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.versions import DAG, AirflowSkipException, BaseOperator, Param


class DueOperator(BaseOperator):
    """Go on when at least `least` labels are new since the last training, or when a person says `force`."""

    def __init__(self, *, project: Project, **options: Any) -> None:
        self.datasets = [dataset_asset(project, each) for each in project.datasets]
        self.trained = trained_asset(project)
        super().__init__(inlets=[*self.datasets, self.trained], **options)
        self.least = project.new_labels

    def execute(self, context: Any) -> dict[str, int]:
        """The numbers of labels now and then. Raises AirflowSkipException when too few are new."""
        now = max((int(last_event(context, each).get("labels") or 0) for each in self.datasets), default=0)
        before = int(last_event(context, self.trained).get("labels") or 0)
        self.log.info("%d labels now, %d at the last training, %s wanted", now, before, self.least)
        if not context["params"]["force"] and (self.least is None or now - before < self.least):
            raise AirflowSkipException(f"{now - before} new labels, {self.least} wanted")
        return {"labels": now, "before": before}


class RememberOperator(BaseOperator):
    """Note how many labels the training had, so that the next one counts from there."""

    def __init__(self, *, project: Project, **options: Any) -> None:
        self.trained = trained_asset(project)
        super().__init__(outlets=[self.trained], **options)

    def execute(self, context: Any) -> dict[str, Any]:
        """The facts of the event."""
        facts = {"labels": context["ti"].xcom_pull(task_ids="due")["labels"]}
        context["outlet_events"][self.trained].extra.update(facts)
        return facts


def train(project: Project) -> DAG:
    """due → train → remember; `washplant train` evaluates and registers what it trained."""
    how = called(project)
    params = {"force": Param(False, type="boolean", description="train whatever `train.when` says")}
    assets = [dataset_asset(project, each) for each in project.datasets]
    condition = assets[0]
    for asset in assets[1:]:
        condition = condition | asset  # one of them is enough
    with dag_of(project, "train", "Trains when enough labels are new.", schedule=condition, params=params) as dag:
        due = DueOperator(project=project, task_id="due")
        run = WashplantOperator(**how, task_id="train", arguments=["train"])
        due >> run >> RememberOperator(project=project, task_id="remember")
    return dag
