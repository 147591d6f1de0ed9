"""What concerns the Label Studio server itself: its projects, and whether it is well."""

from __future__ import annotations

from annotation.doctor import Finding, examine
from annotation.label_studio_backend import LabelStudioBackend
from annotation.projects import Change
from annotation.records import Screen
from pipelines.label import backend
from pipelines.project import Project
from washplant.config import MappingOptions
from washplant.errors import ConfigError
from washplant.sample import TaskKind


def setup(project: Project) -> list[Change]:
    """Make or update the project of each screen that the mappings need."""
    mappings = project.loaded.config.map.values()
    return _server(project).setup([screen for mapping in mappings for screen in _screens(mapping)])


def doctor(project: Project) -> list[Finding]:
    """What there is to say about the server."""
    return examine(_server(project))


def _screens(mapping: MappingOptions) -> list[Screen]:
    if mapping.task is not TaskKind.DIALOGUE:
        return [Screen(mapping.task)]
    return [Screen.DIALOGUE, Screen.DIALOGUE_MULTI_TURN] if mapping.group_by else [Screen.DIALOGUE]


def _server(project: Project) -> LabelStudioBackend:
    found = backend(project)
    if not isinstance(found, LabelStudioBackend):
        raise ConfigError(
            "the backend is no Label Studio server",
            where=project.loaded.at("label", "backend"),
            next_step="backend: {kind: label_studio, url: https://…, token: ${env:LABEL_STUDIO_TOKEN}}",
        )
    return found
