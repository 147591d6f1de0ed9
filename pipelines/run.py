"""The whole chain, and how each stage's result is told to a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines import label
from pipelines.curate import Curated, curate
from pipelines.export import SPLITS, Exported, export
from pipelines.ingest import ALWAYS, Ingested, Interval, ingest
from pipelines.pick import pick
from pipelines.progress import shown
from pipelines.project import Project
from washplant.errors import ConfigError
from washplant.manifest import VERSIONS, Manifest


@dataclass(frozen=True)
class Ran:
    """What each stage of a run did."""

    ingested: list[Ingested]
    curated: Curated
    picked: Manifest | None
    labelled: label.Labelled | None
    exported: list[Exported]

    @property
    def changed(self) -> bool:
        """Whether any stage committed anything."""
        runs = [one.run for one in self.ingested]
        stages = [self.curated.run, self.picked, *(self.labelled.runs if self.labelled else [])]
        return any(runs) or any(stages) or any(one.made for one in self.exported)


def run(project: Project) -> Ran:
    """Ingest, curate, pick, push, pull, adjudicate, export. Never waits for people: what is resolved is exported."""
    with project.writing():
        ingested = ingest_sources(project, None)
        with shown("curate"):
            curated = curate(project)
        picked, labelled = None, None
        if project.loaded.config.label.backend is not None:
            with shown("pick"):
                picked = pick(project)
            labelled = label.exchange(project)
        return Ran(ingested, curated, picked, labelled, export_datasets(project, None))


def look_ahead(project: Project, *, curated: bool) -> None:
    """With `--limit` the store is a new one: do what a stage builds on, ingest and (`curated`) curate."""
    if project.limit is None:
        return
    ingest_sources(project, None)
    if curated:
        with shown("curate"):
            curate(project)


def ingest_sources(
    project: Project, names: list[str] | None, *, full: bool = False, interval: Interval = ALWAYS
) -> list[Ingested]:
    """Ingest the named sources, or all, in the order of the YAML."""
    done = []
    for name in names or list(project.loaded.config.sources):
        with shown(f"ingest {name}"):
            done.append(ingest(project, name, full=full, interval=interval))
    return done


def export_datasets(project: Project, names: list[str] | None) -> list[Exported]:
    """Export the named datasets, or all. Raises ConfigError for an unknown one."""
    known = project.loaded.config.export
    done = []
    for name in names or list(known):
        if name not in known:
            raise ConfigError(
                f"no dataset {name!r}; known: {', '.join(known)}",
                where=str(project.loaded.path),
                next_step="name one of these",
            )
        with shown(f"export {name}"):
            done.append(export(project, name))
    return done


def funnel_lines(project: Project) -> list[str]:
    """The way from source rows to lines: what was read, what became of it and why."""
    from pipelines.cli.output import table

    curated = project.latest("curate")
    if curated is None:
        return ["nothing was curated yet"]
    rows: list[tuple[object, ...]] = []
    for mapping, place in curated.facts["funnel"].items():
        rows.append((mapping, place["mapped"], "samples"))
        rows += [("", -count, reason) for reason, count in sorted(place["dropped"].items(), key=lambda pair: -pair[1])]
        rows.append(("", place["kept"], "kept in the pool"))
    return [table(rows)]


def describe_ingest(done: Ingested) -> str:
    """One line."""
    if done.run is None:
        return f"{done.source}: nothing new"
    deleted = f", {done.rows_deleted:,} deleted" if done.rows_deleted else ""
    return f"{done.source}: {done.rows_read:,} rows read, {done.rows_new:,} new or changed{deleted}"


def describe_curate(done: Curated) -> str:
    """One line."""
    if done.run is None:
        return "curate: nothing new" + (f"; {done.stale:,} rows are stale" if done.stale else "")
    counts = done.run.counts
    return f"curate: {counts.rows_in:,} rows decided, {counts.kept:,} kept, {sum(counts.dropped.values()):,} not" + (
        f"; {done.stale:,} rows are stale (curate --stale)" if done.stale else ""
    )


def describe_pick(run: Manifest | None) -> str:
    """One line."""
    if run is None or run.counts.kept == 0:
        return "pick: nothing new to ask"
    reasons = ", ".join(f"{count} {reason}" for reason, count in run.facts["reasons"].items())
    return f"pick: {run.counts.kept} samples for people ({reasons})"


def describe_export(project: Project, done: Exported) -> str:
    """The version and its files, or that nothing changed."""
    if done.version is None:
        return f"{done.dataset}: nothing to export yet"
    splits = ", ".join(f"{split} {done.version.facts['splits'][split]:,}" for split in SPLITS)
    state = "" if done.made else " (unchanged)"
    withheld = ", ".join(f"{reason} {count:,}" for reason, count in done.version.counts.dropped.items())
    return (
        f"{done.dataset}@{done.version.number}{state}: {splits}"
        + (f"; withheld: {withheld}" if withheld else "")
        + f"\n  {project.store.full(done.version.run_id)}"
    )


def sample_lines(project: Project, count: int = 3) -> list[str]:
    """The first lines of the newest version of the first datasets, for a look."""
    found: list[str] = []
    for dataset in project.loaded.config.export:
        version = project.latest(VERSIONS, dataset)
        if version is None:
            continue
        for file in version.files.get("train", ()):
            found += islice(project.store.lines(f"{version.run_id}/{file.path}"), count)
    return found[:count]


def as_data(done: Ran) -> dict[str, Any]:
    """A run for `--json`."""
    return {
        "changed": done.changed,
        "ingest": {
            one.source: {"read": one.rows_read, "new": one.rows_new, "deleted": one.rows_deleted} for one in done.ingested
        },
        "curate": {"run": done.curated.run.run_id, "counts": done.curated.run.counts.model_dump()}
        if done.curated.run
        else None,
        "pick": done.picked.facts if done.picked else None,
        "label": done.labelled.as_dict() if done.labelled else None,
        "export": {
            one.dataset: {"version": one.version.number, "made": one.made, "splits": one.version.facts["splits"]}
            for one in done.exported
            if one.version
        },
    }


def pretty(line: str) -> str:
    """A JSON line shortened for a terminal."""
    data = json.loads(line)
    return json.dumps({k: v if len(str(v)) < 90 else f"{str(v)[:90]}…" for k, v in data.items()}, ensure_ascii=False)
