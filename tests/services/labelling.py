"""A labelling team on the real server: an administrator's backend, and people who answer through the API."""

from __future__ import annotations

import secrets
from typing import Any

from annotation.client import Client
from annotation.label_studio_backend import LabelStudioBackend, LabelStudioOptions
from annotation.projects import LabelProject
from annotation.records import ANSWER_SCHEMA, Task
from annotation.tasks import build_task
from sandbox.label_studio import ADMIN, ANNOTATORS
from tests.unit.annotation.make import accepted, sample
from washplant.sample import Sample
from washplant.secret import EnvValue

Json = dict[str, Any]


class Team:
    """Its projects carry a title of their own, so that tests do not meet."""

    def __init__(self, facts: Json) -> None:
        self.facts = facts
        self.title = f"t{secrets.token_hex(4)}"
        self.admin = Client(facts["url"], facts["users"][ADMIN]["token"])

    def backend(self, *, url: str = "", token: str = "token", **options: Any) -> LabelStudioBackend:
        """A backend with the administrator's legacy token, or their `personal_token`."""
        secret = EnvValue(self.facts["users"][ADMIN][token])
        given = {"kind": "label_studio", "url": url or self.facts["url"], "token": secret, "title": self.title, **options}
        return LabelStudioBackend(LabelStudioOptions.model_validate(given))

    def person(self, number: int) -> Client:
        """Annotator 1, 2 or 3."""
        return Client(self.facts["url"], self.facts["users"][ANNOTATORS[number - 1]]["token"])

    def projects(self) -> list[LabelProject]:
        return self.backend().projects(self.admin)

    def tasks(self) -> list[Json]:
        """All tasks on the server, by number."""
        include = ("id", "data", "annotations", "predictions", "overlap", "drafts", "result")
        return [task for project in self.projects() for task in self.admin.tasks(project.id, [], include=include)]

    def answer(self, task: Json, person: int = 1, result: list[Json] | None = None, **more: Any) -> Json:
        """A person's answer: accepted as it stands unless a result is given."""
        body = {"result": accepted(task["data"]) if result is None else result, "lead_time": 3.5, **more}
        with self.person(person) as client:
            return dict(client.post(f"tasks/{task['id']}/annotations/", body))

    def close(self) -> None:
        for project in self.projects():
            self.admin.delete(f"projects/{project.id}/")
        self.admin.close()


def nothing() -> Any:
    """No answers known."""
    return ANSWER_SCHEMA.empty_table()


def tasks_of(*samples: Sample, batch: str = "b-000001", **options: Any) -> list[Task]:
    return [build_task(made, batch=batch, **options) for made in samples]


def dialogues(count: int) -> list[Sample]:
    return [sample(number=n, turns=(f"第{n}号小区停水了？", f"{n}点恢复。")) for n in range(1, count + 1)]
