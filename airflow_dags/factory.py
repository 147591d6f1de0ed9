"""All DAGs of all projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_dags.campaign import campaign
from airflow_dags.feed import feed
from airflow_dags.harvest import harvest
from airflow_dags.keep_house import keep_house
from airflow_dags.projects import BrokenProject, Project, project_files, read_project
from airflow_dags.train import train
from airflow_dags.versions import DAG, AirflowFailException, BaseOperator


def dags() -> Iterator[DAG]:
    """The DAGs of every project file in `WASHPLANT_PROJECTS`."""
    for path in project_files():
        try:
            yield from dags_of(read_project(path))
        except BrokenProject as error:
            yield broken(path, str(error))


def dags_of(project: Project) -> Iterator[DAG]:
    """A project's DAGs: people are asked where there is a backend, models are trained that say `when`."""
    yield feed(project)
    yield harvest(project)
    yield keep_house(project)
    if project.labelled:
        yield campaign(project)
    if project.models:
        yield train(project)


class BrokenOperator(BaseOperator):
    """Say what is wrong with a project file."""

    def __init__(self, *, what: str, **options: Any) -> None:
        super().__init__(**options)
        self.what = what

    def execute(self, context: Any) -> None:
        """Always raises AirflowFailException."""
        del context
        raise AirflowFailException(self.what)


def broken(path: Path, what: str) -> DAG:
    """A file that cannot be read stands among the DAGs and says so; an error here would take all projects' DAGs away."""
    stem = path.stem if path.stem != "washplant" else path.parent.name
    with DAG(f"{stem}.broken", schedule=None, doc_md=f"`{what}`", tags=["washplant", "broken"]) as dag:
        BrokenOperator(task_id="mend_the_file", what=what, owner="washplant", retries=0)
    return dag
