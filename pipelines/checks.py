"""What `washplant check` looks at."""

from __future__ import annotations

from connectors.base import Finding
from pipelines.ingest import connector
from pipelines.project import Project
from washplant.errors import WashplantError


def check_project(project: Project, sources: list[str] | None = None) -> list[tuple[str, Finding]]:
    """(where, finding) for the project's store, ledger and sources; errors become findings, so that all are seen."""
    found = [
        ("config", Finding(True, f"{project.loaded.path} is valid")),
        ("store", Finding(True, project.store.full(""))),
        ("ledger", Finding(True, project.ledger.where)),
    ]
    for name in sources or list(project.loaded.config.sources):
        try:
            known_source(project, name)
            found += [(name, finding) for finding in connector(project, name).check()]
        except WashplantError as error:
            found.append((name, Finding(False, f"{error.where}: {error.what}", error.next_step)))
    return found


def known_source(project: Project, name: str) -> None:
    """Raise ConfigError unless the YAML has the source."""
    from washplant.errors import ConfigError

    if name not in project.loaded.config.sources:
        raise ConfigError(
            f"no source {name!r}; known: {', '.join(project.loaded.config.sources)}",
            where=str(project.loaded.path),
            next_step="name one of these",
        )
