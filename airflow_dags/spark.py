"""Where a heavy command runs: here, or through spark-submit when the project names a Spark Connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_dags.common import called
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project


def submitted(project: Project, *, task_id: str, arguments: Sequence[str], sources: Sequence[str] = (), **options: Any) -> Any:
    """The task of a heavy command; with `sources` it is mapped over them."""
    kind: type[Any] = WashplantOperator
    given = {**called(project), "task_id": task_id, "arguments": list(arguments), **options}
    if project.schedule.spark_connection:
        from airflow_dags.spark_submit import WashplantSubmitOperator as kind  # needs the Spark provider

        given |= {"conn_id": project.schedule.spark_connection, "name": f"{project.name}.{task_id}"}
    return kind.partial(**given).expand(source=list(sources)) if sources else kind(**given)
