"""What we use of Airflow, and where each version has it: the rest of the package imports from here alone."""

from __future__ import annotations

try:
    from airflow.sdk import (
        DAG,
        Asset,
        AsyncCallback,
        BaseHook,
        BaseOperator,
        CronDataIntervalTimetable,
        CronTriggerTimetable,
        DeadlineAlert,
        DeadlineReference,
        Param,
        TaskGroup,
        Variable,
    )
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
    from airflow.sdk.log import mask_secret

    DEADLINES = True
except ImportError:  # Airflow 2.10 and 2.11
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
    from airflow.hooks.base import BaseHook
    from airflow.models import BaseOperator, Param, Variable
    from airflow.timetables.interval import CronDataIntervalTimetable
    from airflow.timetables.trigger import CronTriggerTimetable
    from airflow.utils.log.secrets_masker import mask_secret
    from airflow.utils.task_group import TaskGroup

    AsyncCallback = DeadlineAlert = DeadlineReference = None
    DEADLINES = False

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = [
    "DAG",
    "DEADLINES",
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "Asset",
    "AsyncCallback",
    "BaseHook",
    "BaseOperator",
    "BaseTrigger",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DeadlineAlert",
    "DeadlineReference",
    "EmptyOperator",
    "Param",
    "TaskGroup",
    "TriggerEvent",
    "Variable",
    "mask_secret",
]
