"""*keep_house*, every week: deletes that no watermark shows, and remains of runs that died."""

from __future__ import annotations

from airflow_dags.common import called, dag_of
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.spark import submitted
from airflow_dags.versions import DAG, Param

PARAMS = {
    "max_deleted": Param(0.1, type="number", minimum=0, maximum=1, description="stop above this share of deleted rows"),
}


def keep_house(project: Project) -> DAG:
    """reconcile (one mapped task a source) → gc → metrics. The next feed decides again what lost rows had displaced."""
    how = called(project)
    with dag_of(project, "keep_house", "Finds deletes, removes what is of no use.", params=PARAMS) as dag:
        reconcile = submitted(
            project,
            task_id="reconcile",
            arguments=["reconcile", "--max-deleted={{ params.max_deleted }}"],
            sources=project.sources,
            max_active_tis_per_dagrun=1,
            map_index_template="{{ task.source }}",
        )
        collect = WashplantOperator(**how, task_id="gc", arguments=["gc"], trigger_rule="all_done")
        report = WashplantOperator(**how, task_id="report", arguments=["report"])
        reconcile >> collect >> report
    return dag
