"""The exchange with annotators: push what was picked, pull what was answered, settle it.

Every stage is a run like any other, so a crash between two of them repeats nothing and loses nothing. The tasks of a batch are
the same bytes in a repeated push; the intent to push is in the ledger before the first task is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from annotation import Backend, connect
from annotation.adjudicate import AdjudicationRules, adjudicate
from annotation.recheck import mask_content
from annotation.records import Task
from annotation.tasks import build_task
from pipelines import entries, labels
from pipelines.project import Project, Run
from washplant.errors import ConfigError
from washplant.faults import fault
from washplant.manifest import Counts, Manifest
from washplant.sample import SAMPLE_COLUMNS, SAMPLE_SCHEMA, Sample, TaskKind

MOST_CLASSES = 1000
"""More classes than a person can choose from; a label column with more is no set of classes."""


@dataclass(frozen=True)
class Labelled:
    """What an exchange did: the committed runs, None where nothing was new."""

    pushed: Manifest | None
    pulled: Manifest | None
    settled: Manifest | None

    @property
    def runs(self) -> list[Manifest]:
        """The runs that were committed."""
        return [run for run in (self.pushed, self.pulled, self.settled) if run]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "pushed": self.pushed.counts.kept if self.pushed else 0,
            "answers": self.pulled.counts.kept if self.pulled else 0,
            "settled": self.settled.facts["statuses"] if self.settled else {},
        }

    def describe(self) -> str:
        """One line."""
        found = self.as_dict()
        settled = ", ".join(f"{count} {status}" for status, count in found["settled"].items()) or "nothing new"
        return f"label: {found['pushed']} tasks pushed, {found['answers']} new answers, settled: {settled}"


def exchange(project: Project) -> Labelled:
    """Push, pull and settle."""
    with project.writing():
        return Labelled(push(project), pull(project), settle(project))


def backend(project: Project) -> Backend:
    """Where people answer. Raises ConfigError when the YAML does not say."""
    options = project.loaded.config.label.backend
    if options is None:
        raise ConfigError(
            "no `label.backend`", where=project.loaded.at("label"), next_step="for example backend: {kind: file, …}"
        )
    return connect(options, project.loaded.folder)


def push(project: Project) -> Manifest | None:
    """Push the tasks of the oldest pick that was not pushed yet, and of those after it."""
    with project.writing():
        target = backend(project)
        done = {run.facts["pick"]: run.facts["batch"] for run in project.manifests("push")}
        for batch in done.values():
            project.ledger.finish_push(batch)  # a push that died right after its commit could not say so
        made = None
        for run in project.manifests("pick"):
            if run.number not in done and run.counts.kept:
                made = _push(project, target, run)
        return made


def _push(project: Project, target: Backend, picked: Manifest) -> Manifest:
    batch = f"{project.loaded.config.name}-{picked.number:06d}"
    chosen = labels.read(project, [picked], "picks", labels.TASK_SCHEMA)
    rows = _originals(project, chosen)
    tasks = _tasks(project, rows, chosen, batch)
    resumed = project.ledger.intend_push(batch, len(tasks))
    receipt = target.push(tasks, batch, resumed=resumed)
    fault("label.tasks_written")
    run = Run(project, "push")
    chosen = _within(chosen, rows, ["id", "version"])
    replaced = picked.counts.kept - chosen.num_rows  # rows that changed between pick and push; they are picked anew
    stamped = chosen.set_column(chosen.schema.get_field_index("batch"), "batch", pa.array([batch] * chosen.num_rows))
    labels.write(run, stamped.cast(labels.TASK_SCHEMA), "tasks")
    labels.write(run, rows, "originals")
    manifest = run.commit(
        counts=Counts(rows_in=picked.counts.kept, kept=len(tasks), dropped=_nonzero(replaced=replaced)),
        config=project.loaded.hash("label"),
        inputs=(picked.run_id,),
        facts={"pick": picked.number, "batch": batch, "already": receipt.already},
    )
    project.ledger.finish_push(batch)
    return manifest


def _originals(project: Project, chosen: pa.Table) -> pa.Table:
    """The chosen samples as the pool has them, at most `label.budget`, ordered by id (SAMPLE_SCHEMA)."""
    wanted = F.broadcast(project.spark.createDataFrame(chosen.select(["id", "version"])))
    rows = entries.pool(project).join(wanted, on=["id", "version"], how="left_semi")
    return rows.select(*SAMPLE_COLUMNS).orderBy("id").toArrow().cast(SAMPLE_SCHEMA)


def _tasks(project: Project, rows: pa.Table, chosen: pa.Table, batch: str) -> list[Task]:
    """A task for each sample, with the reason why it was chosen and the answer that its last version was given."""
    reasons = dict(zip(chosen.column("id").to_pylist(), chosen.column("reason").to_pylist(), strict=True))
    resolved = labels.resolutions(project)
    approved = resolved.filter(pc.is_in(resolved.column("status"), pa.array(labels.APPROVED)))
    earlier = {row["id"]: row for row in approved.sort_by("run").to_pylist()}
    classes = {mapping.task: _classes(project, mapping.task) for mapping in project.loaded.config.map.values()}
    tasks = []
    for row in rows.to_pylist():
        sample = Sample.model_validate({**row, "meta": dict(row["meta"] or []), "scores": dict(row["scores"] or [])})
        tasks.append(
            build_task(
                sample,
                batch=batch,
                reason=reasons[sample.id],
                previous=earlier.get(sample.id),
                labels=classes[sample.task],
            )
        )
    return tasks


def _classes(project: Project, task: TaskKind) -> list[str]:
    """The labels to choose from: those that the pool's samples of the task have, a handful."""
    if task not in (TaskKind.TEXT_CLASSIFICATION, TaskKind.IMAGE_CLASSIFICATION):
        return []
    rows = entries.pool(project).where(F.col("task") == str(task)).select("label").distinct().limit(MOST_CLASSES)
    return sorted(label for label in rows.toArrow().column("label").to_pylist() if label)


def pull(project: Project) -> Manifest | None:
    """Fetch answers that are new, or not as they were stored last; None when there are none. They are stored masked.

    Where the next pull begins is in the manifest: what was read counts only when it is stored.
    """
    with project.writing():
        known = _last_states(labels.answers(project))
        last = project.latest("pull")
        fetched, position = backend(project).pull(known, last.facts.get("position", {}) if last else {})
        fault("label.answers_fetched")
        fresh = _without(fetched, known, ["annotation_id", "updated_at", "deleted"])
        if fresh.num_rows == 0:
            return None
        fresh, _ = mask_content(fresh, project.loaded.config.clean.personal)
        run = Run(project, "pull")
        labels.write(run, fresh, "answers")
        unknown = _without(fresh, labels.tasks(project), ["id", "version"]).num_rows
        repeated = fetched.num_rows - fresh.num_rows
        return run.commit(
            counts=Counts(rows_in=fetched.num_rows, kept=fresh.num_rows, dropped=_nonzero(known=repeated)),
            config=project.loaded.hash("label"),
            facts={"not_ours": unknown, **({"position": dict(position)} if position else {})},
        )


def settle(project: Project) -> Manifest | None:
    """Settle the answers of each (id, version); None when no resolution changed."""
    with project.writing():
        answers = _last_states(labels.answers(project))
        if answers.num_rows == 0:
            return None
        tasks = labels.tasks(project)
        ours = _within(answers, tasks, ["id", "version"])
        rules = AdjudicationRules(min_answers=project.loaded.config.label.min_answers)
        originals = labels.read(project, project.manifests("push"), "originals", SAMPLE_SCHEMA)
        found = adjudicate(ours, originals, rules, masked=project.loaded.config.clean.personal)
        stored = found.append_column("view_hash", _views(found, tasks))
        changed = _differing(stored, labels.resolutions(project))
        if changed.num_rows == 0:
            return None
        run = Run(project, "labels")
        labels.write(run, changed.append_column("run", pa.array([run.number] * changed.num_rows, pa.int32())), "resolutions")
        statuses = {row["values"]: row["counts"] for row in pc.value_counts(changed.column("status")).to_pylist()}
        return run.commit(
            counts=Counts(
                rows_in=found.num_rows,
                kept=changed.num_rows,
                dropped=_nonzero(unchanged=found.num_rows - changed.num_rows),
            ),
            config=project.loaded.hash("label"),
            inputs=tuple(manifest.run_id for manifest in project.manifests("pull")[-1:]),
            facts={"statuses": dict(sorted(statuses.items()))},
        )


def _last_states(answers: pa.Table) -> pa.Table:
    """Of each annotation the state that was pulled last; a deleted one is a state, too."""
    repeated = answers.select(["annotation_id"]).to_pandas().duplicated(keep="last").to_numpy()
    return answers.filter(pa.array(~repeated))


def _key(table: pa.Table, names: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table.select(names).to_pandas())


def _without(table: pa.Table, known: pa.Table, keys: list[str]) -> pa.Table:
    """Rows whose keys are not in `known`."""
    return table.filter(pa.array(~_key(table, keys).isin(_key(known, keys))))


def _within(table: pa.Table, known: pa.Table, keys: list[str]) -> pa.Table:
    """Rows whose keys are in `known`."""
    return table.filter(pa.array(_key(table, keys).isin(_key(known, keys))))


def _views(found: pa.Table, tasks: pa.Table) -> pa.Array:
    """The matching view that each resolution's annotators saw."""
    seen = {(row["id"], row["version"]): row["view_hash"] for row in tasks.to_pylist()}
    pairs = zip(found.column("id").to_pylist(), found.column("version").to_pylist(), strict=True)
    return pa.array([seen.get(pair) for pair in pairs], pa.string())


def _differing(found: pa.Table, before: pa.Table) -> pa.Table:
    """Resolutions that are new or not what they were."""
    columns = [name for name in found.column_names if name not in ("id", "version")]
    old = {(row["id"], row["version"]): [row[name] for name in columns] for row in before.to_pylist()}
    changed = [old.get((row["id"], row["version"])) != [row[name] for name in columns] for row in found.to_pylist()]
    return found.filter(pa.array(changed, pa.bool_()))


def _nonzero(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
