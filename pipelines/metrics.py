"""Numbers for monitoring, from manifests and people's tables alone: rows, drop rates, queue, agreement, freshness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotation.records import Verdict
from annotation.votes import votes
from pipelines import labels
from pipelines.project import Project
from pipelines.status import read_status
from washplant.errors import StoreError
from washplant.manifest import MANIFEST, VERSIONS

SETTLED = ("accepted", "edited", "rejected")


def read_metrics(project: Project) -> dict[str, Any]:
    """The numbers as plain data; shares from 0 to 1, None where nothing can be said yet, times in seconds since 1970."""
    status = read_status(project)
    tasks, settled = status["labels"]["tasks"], status["labels"]["settled"]
    done = sum(settled.get(name, 0) for name in SETTLED)
    return {
        "sources": {
            name: {
                **{key: found[key] for key in ("rows", "deletes", "not_curated")},
                "last_commit": _committed(project, "raw", name),
            }
            for name, found in status["sources"].items()
        },
        "mappings": {
            name: {**way, "drop_rate": 1 - way["kept"] / way["mapped"] if way["mapped"] else None}
            for name, way in status["funnel"].items()
        },
        "labels": {
            "tasks": tasks,
            "queue": max(0, tasks - done),
            "settled": settled,
            "share_done": done / tasks if tasks else None,
            "agreement": agreement(project),
        },
        "datasets": {
            name: {
                "version": found["version"],
                "rows": sum(found["splits"].values()),
                "last_commit": _committed(project, VERSIONS, name),
            }
            for name, found in status["datasets"].items()
        },
    }


def agreement(project: Project) -> float | None:
    """Of the samples that at least two people answered, the share on which all of them agree; None when there are none."""
    answers = labels.answers(project)
    if answers.num_rows == 0:
        return None
    found = votes(answers)
    found = found[found["verdict"] != Verdict.SKIP].groupby("group")["key"].agg(["size", "nunique"])
    several = found[found["size"] > 1]
    return float((several["nunique"] == 1).mean()) if len(several) else None


def as_prometheus(project: str, found: dict[str, Any]) -> str:
    """The numbers in Prometheus' text format."""
    lines: list[str] = []
    for name, kind, text, samples in _families(found):
        lines += [f"# HELP washplant_{name} {text}", f"# TYPE washplant_{name} {kind}"]
        for labels_, value in samples:
            if value is not None:
                pairs = ",".join(f'{key}="{_escaped(str(each))}"' for key, each in {"project": project, **labels_}.items())
                lines.append(f"washplant_{name}{{{pairs}}} {value}")
    return "\n".join(lines) + "\n"


def write_textfile(path: Path, text: str) -> None:
    """Replace the file at once: a collector must not read half of it. Raises StoreError."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StoreError(str(error), where=str(path), next_step="name a file in a folder that this user may write") from error


Samples = list[tuple[dict[str, str], float | int | None]]


def _families(found: dict[str, Any]) -> Iterator[tuple[str, str, str, Samples]]:
    sources, mappings, people, datasets = (found[name] for name in ("sources", "mappings", "labels", "datasets"))
    yield "source_rows", "counter", "Rows stored from a source.", _each(sources, "source", "rows")
    yield "source_deletes", "counter", "Deletions stored from a source.", _each(sources, "source", "deletes")
    yield "source_rows_waiting", "gauge", "Rows that were not curated yet.", _each(sources, "source", "not_curated")
    yield "source_last_commit_seconds", "gauge", "When a source was last read.", _each(sources, "source", "last_commit")
    yield "samples_kept", "gauge", "Samples in the pool.", _each(mappings, "mapping", "kept")
    dropped: Samples = [
        ({"mapping": mapping, "reason": reason}, count)
        for mapping, way in mappings.items()
        for reason, count in sorted(way["dropped"].items())
    ]
    yield "samples_dropped", "gauge", "Samples that are not in the pool, by reason.", dropped
    yield "drop_ratio", "gauge", "Share of the samples that are not in the pool.", _each(mappings, "mapping", "drop_rate")
    yield "label_tasks", "gauge", "Tasks that were pushed.", [({}, people["tasks"])]
    yield "label_queue", "gauge", "Tasks that are not settled.", [({}, people["queue"])]
    settled: Samples = [({"status": status}, count) for status, count in sorted(people["settled"].items())]
    yield "label_settled", "gauge", "Samples by what people settled.", settled
    yield "label_agreement_ratio", "gauge", "Share of samples with several answers that agree.", [({}, people["agreement"])]
    yield "dataset_version", "gauge", "Newest version of a dataset.", _each(datasets, "dataset", "version")
    yield "dataset_rows", "gauge", "Rows of the newest version.", _each(datasets, "dataset", "rows")
    yield "dataset_last_commit_seconds", "gauge", "When a version was last made.", _each(datasets, "dataset", "last_commit")


def _each(found: dict[str, Any], label: str, field: str) -> Samples:
    return [({label: name}, values[field]) for name, values in found.items()]


def _committed(project: Project, stage: str, name: str) -> float | None:
    """Manifests hold no clock, so that a replay is the same to the byte: the time is that of the file."""
    last = project.latest(stage, name)
    return project.store.modified(f"{last.run_id}/{MANIFEST}") if last else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
