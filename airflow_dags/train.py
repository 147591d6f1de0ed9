"""*train*: woken by a new version. `washplant train run` knows what each model learnt last, so it decides whether enough
labels are new, continues a run that was killed, and says again how one ended: nothing is remembered here.
"""

from __future__ import annotations

from airflow_dags.common import called, dag_of, dataset_asset
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.versions import DAG


def train(project: Project) -> DAG:
    """A task for each model that has `when`; one whose model is worse than its base fails, and no retry mends it."""
    condition = None
    for dataset in sorted(set(project.models.values())):
        asset = dataset_asset(project, dataset)
        condition = asset if condition is None else condition | asset  # one of them is enough
    with dag_of(project, "train", "Trains when enough labels are new.", schedule=condition) as dag:
        for model in project.models:
            WashplantOperator(**called(project), task_id=f"train_{model}", arguments=["train", "run", "--model", model])
    return dag
