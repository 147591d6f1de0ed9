"""What `washplant check` looks at."""

from __future__ import annotations

from connectors.base import Finding
from pipelines.ingest import connector
from pipelines.project import Project
from washplant.config import MappingOptions
from washplant.config.template import columns
from washplant.errors import ConfigError, WashplantError

TEXTS = ("system", "instruction", "input", "output", "role", "content", "chosen", "rejected", "label", "image_path")


def check_project(project: Project, sources: list[str] | None = None) -> list[tuple[str, Finding]]:
    """(where, finding) for the project's store, ledger, sources and mappings; errors become findings, so all are seen."""
    found = [
        ("config", Finding(True, f"{project.loaded.path} is valid")),
        ("store", Finding(True, project.store.full(""))),
        ("ledger", Finding(True, project.ledger.where)),
    ]
    known: dict[str, list[str]] = {}
    for name in sources or list(project.loaded.config.sources):
        try:
            known_source(project, name)
            reader = connector(project, name)
            findings = reader.check()
            found += [(name, finding) for finding in findings]
            if all(finding.ok for finding in findings):
                known[name] = list(reader.plan({}).schema.names)
        except WashplantError as error:
            found.append((name, Finding(False, f"{error.where}: {error.what}", error.next_step)))
    for name, mapping in project.loaded.config.map.items():
        if {mapping.source, *mapping.join} <= set(known):
            found.append((f"map.{name}", _columns_there(project, name, mapping, known)))
    return found


def _columns_there(project: Project, name: str, mapping: MappingOptions, known: dict[str, list[str]]) -> Finding:
    """Whether every column that a mapping names is there; its `when` is left to Spark."""
    there = {*known[mapping.source], *(f"{source}.{column}" for source in mapping.join for column in known[source])}
    named = [column for part in TEXTS if (text := getattr(mapping, part)) for column in columns(text)]
    named += [*mapping.group_by, *mapping.order_by, *mapping.meta, *(c for join in mapping.join.values() for c in join.on)]
    missing = [column for column in dict.fromkeys(named) if column not in there]
    if not missing:
        return Finding(True, f"{len(set(named))} columns named, all there")
    where = project.loaded.at("map", name)
    return Finding(False, f"{where}: no column {', '.join(missing)}", f"known: {', '.join(sorted(there))}")


def known_source(project: Project, name: str) -> None:
    """Raise ConfigError unless the YAML has the source."""
    if name not in project.loaded.config.sources:
        raise ConfigError(
            f"no source {name!r}; known: {', '.join(project.loaded.config.sources)}",
            where=str(project.loaded.path),
            next_step="name one of these",
        )
