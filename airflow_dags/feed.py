"""*feed*, every night: what is new in the sources, curated, and the best of it put before people.

A source that fails stops neither the other sources nor curation; the run is red because `every_source` is.
"""

from __future__ import annotations

from typing import Any

from airflow_dags.common import called, dag_of, deadline
from airflow_dags.operators import WashplantOperator
from airflow_dags.projects import Project
from airflow_dags.spark import submitted
from airflow_dags.versions import DAG, EmptyOperator, Param

_SINCE = "{{ params.since or (dag_run.data_interval_start.isoformat() if dag_run.data_interval_start else '') }}"
_UNTIL = "{{ params.until or (dag_run.data_interval_end.isoformat() if dag_run.data_interval_end else '') }}"
PARAMS = {
    "sources": Param([], type="array", items={"type": "string"}, description="only these sources; all when empty"),
    "since": Param("", type="string", description="start of the interval (ISO 8601); the run's own when empty"),
    "until": Param("", type="string", description="end of the interval (ISO 8601); the run's own when empty"),
    "force": Param(False, type="boolean", description="read the interval again although it was committed"),
}


def feed(project: Project) -> DAG:
    """ingest (one mapped task a source, in the source's pool) → curate → pick → push → report."""
    how = called(project)
    with dag_of(
        project,
        "feed",
        "What is new in the sources, curated and put before people.",
        intervals=True,
        catchup=project.schedule.catch_up,
        params=PARAMS,
        **deadline(project, "feed"),
    ) as dag:
        arguments = ["ingest", f"--since={_SINCE}", f"--until={_UNTIL}", "{{ '--force' if params.force else '' }}"]
        reads = [_ingest(project, pool, names, arguments) for pool, names in _by_pool(project).items()]
        curate = submitted(project, task_id="curate", arguments=["curate"], trigger_rule="all_done")
        last = curate
        if project.labelled:
            pick = WashplantOperator(**how, task_id="pick", arguments=["pick"])
            push = WashplantOperator(**how, task_id="push", arguments=["label", "push"])
            curate >> pick >> push
            last = push
        report = WashplantOperator(**how, task_id="report", arguments=["report"], trigger_rule="all_done")
        every_source = EmptyOperator(task_id="every_source")
        reads >> curate
        reads >> every_source
        last >> [report, every_source]
    return dag


def _by_pool(project: Project) -> dict[str, list[str]]:
    pools: dict[str, list[str]] = {}
    for source in project.sources:
        pools.setdefault(project.schedule.pools.get(source, "default_pool"), []).append(source)
    return pools


def _ingest(project: Project, pool: str, sources: list[str], arguments: list[str]) -> Any:
    # A store has one writer at a time: more tasks at once would only hold slots while they wait.
    common = {"pool": pool, "max_active_tis_per_dagrun": 1, "map_index_template": "{{ task.source }}"}
    name = "ingest" if pool == "default_pool" else f"ingest_{pool}"
    return submitted(
        project, task_id=name, arguments=arguments, sources=sources, only="{{ params.sources | join(' ') }}", **common
    )
