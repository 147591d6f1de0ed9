"""*harvest*, several times a day: answers come in, versions go out. What is not settled waits for the next harvest."""

from __future__ import annotations

from typing import Any

from airflow_dags.common import called, dag_of, dataset_asset
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.versions import DAG, AirflowSkipException, BaseOperator


class PublishOperator(BaseOperator):
    """Make an Asset event of a dataset's newest version, with its number, rows, labels and SHA-256.

    It compares with the last event, not with what this run exported: a run that died between the two is made good by the
    next one, and a retry publishes nothing twice. Nothing changed: the task is skipped, and nobody is woken.
    """

    def __init__(self, *, project: Project, dataset: str, **options: Any) -> None:
        self.asset = dataset_asset(project, dataset)
        super().__init__(outlets=[self.asset], inlets=[self.asset], **options)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """The facts of the event. Raises AirflowSkipException when there is no new version."""
        exported = context["ti"].xcom_pull(task_ids="export") or {}
        found = exported.get(self.dataset) or {}
        facts = {name: found.get(name) for name in ("version", "rows", "labels", "sha256", "path")}
        if not facts["version"]:
            raise AirflowSkipException(f"{self.dataset}: nothing to export yet")
        if facts["sha256"] == last_event(context, self.asset).get("sha256"):
            raise AirflowSkipException(f"{self.dataset}@{facts['version']}: published before")
        context["outlet_events"][self.asset].extra.update(facts)
        self.log.info("published %s@%s: %s rows", self.dataset, facts["version"], facts["rows"])
        return facts


def last_event(context: Any, asset: Any) -> dict[str, Any]:
    """The extra of an Asset's newest event; `{}` when there is none."""
    events = context["inlet_events"][asset]
    return dict(events[-1].extra or {}) if len(events) else {}


def harvest(project: Project) -> DAG:
    """pull → adjudicate → export → publish (one task a dataset) → metrics."""
    how = called(project)
    with dag_of(project, "harvest", "Answers in, dataset versions out.") as dag:
        export = WashplantOperator(**how, task_id="export", arguments=["export"])
        if project.labelled:
            pull = WashplantOperator(**how, task_id="pull", arguments=["label", "pull"])
            adjudicate = WashplantOperator(**how, task_id="adjudicate", arguments=["label", "adjudicate"])
            pull >> adjudicate >> export
        for dataset in project.datasets:
            export >> PublishOperator(project=project, dataset=dataset, task_id=f"publish_{dataset}")
        report = WashplantOperator(**how, task_id="report", arguments=["report"])
        export >> report
    return dag
