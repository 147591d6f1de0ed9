"""What all DAGs of a project share: identity, retries, schedule, the page for people."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from airflow_dags.notify import missed_deadline, on_failure
from airflow_dags.projects import Project
from airflow_dags.versions import (
    DAG,
    DEADLINES,
    Asset,
    AsyncCallback,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
)

MOST_BACK_OFF = datetime.timedelta(minutes=30)


def dag_of(project: Project, role: str, what: str, *, intervals: bool = False, **options: Any) -> DAG:
    """A DAG `PROJECT.ROLE`. With `intervals` its cron expression cuts time into data intervals; else it is a mere clock."""
    schedule = project.schedule
    cron = getattr(schedule, role, None)
    timetable = CronDataIntervalTimetable if intervals else CronTriggerTimetable
    if "schedule" not in options:
        options["schedule"] = timetable(cron, timezone=schedule.timezone) if isinstance(cron, str) else None
    return DAG(
        f"{project.name}.{role}",
        description=what,
        doc_md=f"{what}\n\n- project file: `{project.path}`\n- report: {_link(project.report)}\n",
        start_date=datetime.datetime.combine(schedule.start, datetime.time(), datetime.UTC),
        tags=["washplant", project.name, *schedule.tags],
        max_active_runs=1,
        default_args={
            "owner": schedule.owner,
            "retries": schedule.retries,
            "retry_delay": datetime.timedelta(seconds=schedule.retry_delay_s),
            "retry_exponential_backoff": True,
            "max_retry_delay": MOST_BACK_OFF,
            "execution_timeout": datetime.timedelta(seconds=schedule.timeout_s),
            **({"on_failure_callback": on_failure(schedule.alerts, project.report)} if schedule.alerts else {}),
        },
        **{"catchup": False, **options},
    )


def called(project: Project) -> dict[str, Any]:
    """How the tasks call the product, as plain data: a mapped task's options are stored by Airflow."""
    schedule = project.schedule
    return {"config": str(project.path), "connection": schedule.connection, "secrets": dict(schedule.secrets)}


def deadline(project: Project, role: str) -> Mapping[str, Any]:
    """The option that tells people about a run that takes too long (Airflow 3.1 or newer)."""
    schedule = project.schedule
    if not (DEADLINES and schedule.deadline_s and schedule.alerts):
        return {}
    told = {"alerts": list(schedule.alerts), "dag": f"{project.name}.{role}", "report": project.report}
    alert = DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=datetime.timedelta(seconds=schedule.deadline_s),
        callback=AsyncCallback(missed_deadline, kwargs=told),
    )
    return {"deadline": alert}


def dataset_asset(project: Project, dataset: str) -> Asset:
    """The Asset of a dataset's published versions."""
    return Asset(uri=f"x-washplant://{project.name}/{dataset}", group="washplant")


def _link(report: str) -> str:
    return f"[report]({report})" if "://" in report else f"`{report}`"
