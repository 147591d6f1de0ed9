"""Label Studio through its API: a project for each screen, pushed to exactly once, pulled from by what changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from annotation.backend import Pulled, PushReceipt
from annotation.client import Client
from annotation.delta import Delta, read_delta, task_numbers
from annotation.projects import Change, LabelProject, as_project, existing, setup
from annotation.push import push_tasks
from annotation.records import ANSWER_SCHEMA, Answer, Screen, Task, answer_table
from washplant.config import BackendOptions
from washplant.secret import Secret

log = logging.getLogger("washplant")


class LabelStudioOptions(BackendOptions):
    """A Label Studio server; Community has all that is needed."""

    kind: Literal["label_studio"] = Field(description="label_studio")
    url: str = Field(description="where annotators open it, such as https://label.example.com")
    token: Secret = Field(description="${env:NAME} of an access token: a personal one, or a legacy one")
    title: str = Field(
        default="washplant",
        pattern=r"^[\w -]{1,20}$",
        description="begins the projects' titles and marks them as ours; another one makes other projects",
    )
    overlap: int = Field(default=1, ge=1, description="people who answer a task without seeing one another")
    overlap_share: float = Field(
        default=1, ge=0, le=1, description="share of the tasks that `overlap` holds for; the rest get one"
    )
    chunk: int = Field(default=1000, ge=1, le=10_000, description="tasks in one import")
    timeout_s: float = Field(default=60, gt=0, description="seconds that one request may take")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")

    def client(self) -> Client:
        """A client; close it."""
        return Client(self.url, self.token.get_secret_value(), timeout_s=self.timeout_s)

    def settings(self) -> dict[str, Any]:
        """Settings of the projects, as the API names them."""
        return {
            "maximum_annotations": self.overlap,
            "overlap_cohort_percentage": round(self.overlap_share * 100),
        }


class LabelStudioBackend:
    """See `annotation.backend.Backend`."""

    def __init__(self, options: LabelStudioOptions) -> None:
        self.options = options

    def setup(self, screens: Sequence[Screen]) -> list[Change]:
        """Make or update the projects of the screens."""
        with self.options.client() as client:
            return setup(client, self.options.title, screens, self.options.settings())

    def push(self, tasks: Sequence[Task], batch: str, *, resumed: bool = False) -> PushReceipt:
        written = already = 0
        where = []
        with self.options.client() as client:
            screens = sorted({task.screen for task in tasks})
            for change in setup(client, self.options.title, screens, self.options.settings()):
                mine = [task for task in tasks if task.screen is change.project.screen]
                new, old = push_tasks(client, change.project.id, mine, batch, chunk=self.options.chunk, resumed=resumed)
                written, already = written + new, already + old
                where.append(change.project.url)
        return PushReceipt(batch=batch, where=tuple(where), written=written, already=already)

    def pull(self, known: pa.Table, position: Mapping[str, Any]) -> Pulled:
        live = known.filter(pc.invert(known.column("deleted")))
        with self.options.client() as client:
            projects = self.projects(client)
            deltas = {project.key: read_delta(client, project.id, position.get(project.key, {})) for project in projects}
            strangers = sum(delta.strangers for delta in deltas.values())
            if strangers:
                log.warning("%s: %d tasks were not pushed by washplant; left alone", client.url, strangers)
            gone = self._gone(client, projects, deltas, position, live)
        answers = [answer for delta in deltas.values() for answer in delta.answers]
        covered = {task for delta in deltas.values() for task in delta.covered}
        rows = pa.concat_tables([answer_table(answers), _deleted(live, answers, covered, gone)])
        order = [(name, "ascending") for name in ("id", "version", "annotation_id")]
        return Pulled(rows.sort_by(order), {**position, **{key: dict(delta.position) for key, delta in deltas.items()}})

    def _gone(
        self,
        client: Client,
        projects: Sequence[LabelProject],
        deltas: Mapping[str, Delta],
        position: Mapping[str, Any],
        live: pa.Table,
    ) -> set[str]:
        """Tasks with known answers that were deleted; looked for only where a project has lost tasks."""
        if not any(delta.shrunk for delta in deltas.values()):
            return set()
        if set(position) - set(deltas):
            log.warning("%s: a project of ours is not there any more; its answers are kept", client.url)
            return set()
        there = set().union(*(task_numbers(client, project.id) for project in projects))
        return set(live.column("task_id").to_pylist()) - there

    def projects(self, client: Client) -> list[LabelProject]:
        """Our projects on the server, by screen."""
        found = existing(client, self.options.title)
        return [as_project(client, screen, found[screen]) for screen in Screen if screen in found]


def _deleted(live: pa.Table, answers: Sequence[Answer], covered: set[str], gone: set[str]) -> pa.Table:
    """Known answers that are gone: their task is, or it was read and they are not among its answers."""
    missing = pc.invert(pc.is_in(live.column("annotation_id"), pa.array([a.annotation_id for a in answers], pa.string())))
    read = pc.is_in(live.column("task_id"), pa.array(sorted(covered), pa.string()))
    lost = pc.is_in(live.column("task_id"), pa.array(sorted(gone), pa.string()))
    rows = live.filter(pc.or_(pc.and_(read, missing), lost))
    at = rows.schema.get_field_index("deleted")
    return rows.set_column(at, ANSWER_SCHEMA.field("deleted"), pa.array([True] * rows.num_rows, pa.bool_()))
