"""When a scheduler runs the project, and whom it tells; `airflow_dags` reads this block, the stages do not."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from washplant.config.source import OneOrMany, Options

_OF_CONNECTION = r"connection:[A-Za-z0-9_-]+\.(password|login|host|port|schema|extra\.[A-Za-z0-9_-]+)"
Secret = Annotated[str, Field(pattern=rf"^({_OF_CONNECTION}|variable:[A-Za-z0-9_.-]+)$")]


class AlertOptions(Options):
    """Where failures and missed deadlines are told, over HTTP."""

    kind: Literal["webhook", "dingtalk", "feishu", "wecom"] = Field(description="how the message is written")
    connection: str = Field(description="Airflow Connection whose host (or password, where the URL holds a token) is the URL")


class CampaignOptions(Options):
    """When a campaign is over: enough is answered and people agree, or the deadline has come."""

    share_done: float = Field(default=0.9, gt=0, le=1, description="share of the pushed tasks that are settled")
    agreement: float = Field(default=0.0, ge=0, le=1, description="least share of the samples with several answers that agree")
    deadline_h: float = Field(default=72, gt=0, description="hours after which it is over in any case")
    poll_s: int = Field(default=300, ge=1, description="seconds between two looks")


class ScheduleOptions(Options):
    """When a scheduler runs the project. Times are cron expressions; null: only by hand."""

    feed: str | None = Field(default="0 2 * * *", description="ingest, curate, pick, push")
    harvest: str | None = Field(default="30 * * * *", description="pull, adjudicate, export, publish")
    keep_house: str | None = Field(default="0 5 * * 0", description="reconcile and garbage collection")
    timezone: str = Field(default="UTC", description="time zone of the cron expressions, such as Asia/Shanghai")
    start: datetime.date = Field(default=datetime.date(2026, 1, 1), description="first day of the schedule")
    catch_up: bool = Field(default=False, description="run every interval since `start`, oldest first")
    owner: str = Field(default="washplant", description="owner that the scheduler shows")
    tags: OneOrMany = Field(default=(), description="more tags for the scheduler's pages")
    retries: int = Field(default=4, ge=0, description="how often a failed task is tried again; a wrong configuration never is")
    retry_delay_s: int = Field(default=60, ge=0, description="seconds before the first retry; doubled for each further one")
    timeout_s: int = Field(default=21_600, ge=1, description="seconds after which a task is stopped")
    deadline_s: int | None = Field(default=None, ge=1, description="seconds after which a feed that still runs is told")
    pools: dict[str, str] = Field(default_factory=dict, description="Airflow pool of each source, so that a database is spared")
    connection: str = Field(default="washplant", description="Airflow Connection that says where the core environment is")
    spark_connection: str | None = Field(
        default=None, description="Airflow Connection of Spark: ingest, curate and reconcile then go through spark-submit"
    )
    secrets: dict[str, Secret] = Field(
        default_factory=dict,
        description="variables of the tasks, each from `connection:ID.password` (or another field) or `variable:ID`",
    )
    alerts: tuple[AlertOptions, ...] = Field(default=(), description="who is told of failures and missed deadlines")
    report_url: str | None = Field(default=None, description="address at which the folder `reports` of the store is served")
    campaign: CampaignOptions = Field(default=CampaignOptions(), description="when a campaign is over")

    @model_validator(mode="after")
    def _five_fields(self) -> Self:
        for name in ("feed", "harvest", "keep_house"):
            cron = getattr(self, name)
            if cron is not None and len(cron.split()) != 5 and not cron.startswith("@"):
                raise ValueError(f"{name} is a cron expression of five fields, such as 0 2 * * *")
        return self
