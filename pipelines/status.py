"""How a store stands, from manifests alone."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from pipelines import labels
from pipelines.curate import rules
from pipelines.project import Project
from washplant.manifest import VERSIONS


def read_status(project: Project) -> dict[str, Any]:
    """Sources with their rows and position, pool, labels and datasets as plain data."""
    config = project.loaded.config
    curated = project.latest("curate")
    resolved = labels.resolutions(project)
    tasks = labels.tasks(project).num_rows
    statuses = {row["values"]: row["counts"] for row in pc.value_counts(resolved.column("status")).to_pylist()}
    return {
        "store": project.store.full(""),
        "sources": {
            name: {
                "runs": len(runs),
                "rows": sum(run.facts["upserts"] for run in runs),
                "deletes": sum(run.facts["deletes"] for run in runs),
                "not_curated": sum(
                    run.counts.kept for run in runs if not curated or run.number > curated.facts["raw"].get(name, 0)
                ),
            }
            for name in config.sources
            for runs in [project.manifests("raw", name)]
        },
        "funnel": curated.facts["funnel"] if curated else {},
        "stale_rules": sorted(
            name for name in config.map if curated and curated.facts["rules"].get(name) != rules(project, name)
        ),
        "stale_rows": curated.facts["stale"] if curated else 0,
        "labels": {"tasks": tasks, "settled": statuses, "without_answer": max(0, tasks - resolved.num_rows)},
        "push_intents_open": [i.batch for i in project.ledger.push_intents() if i.state != "done"],
        "datasets": {
            name: {"version": version.number, "splits": version.facts["splits"], "withheld": version.counts.dropped}
            for name in config.export
            if (version := project.latest(VERSIONS, name))
        },
    }


def describe_status(found: dict[str, Any]) -> str:
    """The status for a person."""
    from pipelines.cli.output import table

    lines = [f"store {found['store']}", "sources"]
    lines.append(
        table([(n, s["rows"], "rows", s["deletes"], "deletes", s["runs"], "runs") for n, s in found["sources"].items()])
    )
    waiting = {name: s["not_curated"] for name, s in found["sources"].items() if s["not_curated"]}
    if waiting:
        lines.append("  not curated yet: " + ", ".join(f"{name} {count:,}" for name, count in waiting.items()))
    lines.append("pool")
    lines.append(table([(n, p["kept"], "kept of", p["mapped"]) for n, p in found["funnel"].items()]) or "  empty")
    if found["stale_rules"]:
        lines.append(f"  rules changed for {', '.join(found['stale_rules'])}: `washplant curate --stale` redoes older rows")
    elif found["stale_rows"]:
        lines.append(f"  {found['stale_rows']:,} rows were curated by older rules: `washplant curate --stale`")
    settled = ", ".join(f"{count} {status}" for status, count in found["labels"]["settled"].items()) or "none settled"
    lines.append(
        f"labels\n  {found['labels']['tasks']} tasks, {settled}, {found['labels']['without_answer']} without an answer"
    )
    if found["push_intents_open"]:
        lines.append(f"  pushes that did not finish: {', '.join(found['push_intents_open'])}; `washplant label push` ends them")
    lines.append("datasets")
    for name, dataset in found["datasets"].items():
        splits = ", ".join(f"{split} {count:,}" for split, count in dataset["splits"].items())
        lines.append(f"  {name}@{dataset['version']}: {splits}")
    return "\n".join(lines if found["datasets"] else [*lines, "  none yet"])
