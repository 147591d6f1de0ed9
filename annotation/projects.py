"""A Label Studio project for each screen: made when it is needed, brought up to date, never at the cost of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotation import screens, templates
from annotation.client import Client, Json
from annotation.records import Screen
from annotation.tasks import PREDICTION
from washplant.errors import LabelError

TITLES = {
    Screen.DIALOGUE: "对话改写 · Dialogue",
    Screen.DIALOGUE_MULTI_TURN: "多轮对话 · Multi-turn dialogue",
    Screen.PREFERENCE: "偏好对比 · Preference",
    Screen.TEXT_CLASSIFICATION: "文本分类 · Text classification",
    Screen.IMAGE_CLASSIFICATION: "图像分类 · Image classification",
}


@dataclass(frozen=True)
class LabelProject:
    """A project on the server. `born` tells it from one of the same number in a database that was made anew."""

    id: int
    screen: Screen
    title: str
    born: str
    url: str

    @property
    def key(self) -> str:
        return f"{self.id}@{self.born}"


@dataclass(frozen=True)
class Change:
    """What `setup` did with one project: made, updated or unchanged."""

    project: LabelProject
    action: str


def existing(client: Client, title: str) -> dict[Screen, Json]:
    """Our projects on the server by screen. Their descriptions carry a mark, so that people may rename them.

    Raises LabelError when two projects carry one mark.
    """
    found: dict[Screen, Json] = {}
    for project in client.projects():
        for screen in Screen:
            if _mark(title, screen) not in (project.get("description") or ""):
                continue
            if screen in found:
                raise LabelError(
                    f"projects {found[screen]['id']} and {project['id']} are both marked {_mark(title, screen)}",
                    where=client.url,
                    next_step="take the mark out of the description of the one that is not used",
                )
            found[screen] = project
    return found


def as_project(client: Client, screen: Screen, found: Json) -> LabelProject:
    """A project as the API gives it."""
    url = f"{client.url}/projects/{found['id']}/data"
    return LabelProject(int(found["id"]), screen, found["title"], found["created_at"], url)


def setup(client: Client, title: str, wanted: Iterable[Screen], settings: Mapping[str, Any]) -> list[Change]:
    """Make or update the project of each wanted screen. `settings`: overlap and the like, as the API names them.

    Raises LabelError before anything is changed when answers are there that a new configuration could not show.
    """
    known = existing(client, title)
    plans = [(screen, known.get(screen), _content(title, screen, settings)) for screen in dict.fromkeys(wanted)]
    for screen, found, content in plans:
        if found:
            _check(client, screen, found, content["label_config"])
    changes = []
    for screen, found, content in plans:
        if found is None:
            made = client.post("projects/", {"title": f"{title} · {TITLES[screen]}"[:50], **content})
            changes.append(Change(as_project(client, screen, client.get(f"projects/{made['id']}/")), "made"))
            continue
        project = as_project(client, screen, found)
        different = {name: value for name, value in content.items() if found.get(name) != value}
        if different:
            client.patch(f"projects/{project.id}/", different)
        changes.append(Change(project, "updated" if different else "unchanged"))
    return changes


def _content(title: str, screen: Screen, settings: Mapping[str, Any]) -> dict[str, Any]:
    version = screens.version(screen)
    return {
        "description": f"{_mark(title, screen)} screen version {version}; tasks come from `washplant label push`",
        "label_config": templates.load(screen).strip(),  # as the server keeps it
        "expert_instruction": templates.instructions(screen),
        "show_instruction": True,
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "show_collab_predictions": True,  # the old answer of a row that changed is shown to be corrected
        "model_version": PREDICTION,
        "sampling": "Sequential sampling",  # the order of the tasks is the order of the pick
        "color": "#FFFFFF",
        **settings,
    }


def _check(client: Client, screen: Screen, found: Json, configuration: str) -> None:
    if found["label_config"] == configuration:
        return
    answered = client.get(f"projects/{found['id']}/").get("total_annotations_number", 0)
    faults = screens.broken(found["label_config"], configuration) if answered else []
    if faults:
        raise LabelError(
            f"the screen {screen} has changed, and {answered} answers are there: {'; '.join(faults)}",
            where=f"{client.url}/projects/{found['id']}",
            next_step="pull and adjudicate what was answered, then take the mark out of the project's description: "
            "a new project is made, the old one stays as it is",
        )


def _mark(title: str, screen: Screen) -> str:
    return f"[washplant:{title}:{screen}]"
