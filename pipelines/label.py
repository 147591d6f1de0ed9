"""The exchange with annotators: push what was picked, pull what was answered, settle it.

Every stage is a run like any other, so a crash between two of them repeats nothing and loses nothing. The tasks of a batch are
the same bytes in a repeated push; the intent to push is in the ledger before the first task is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from annotation import Backend, connect
from annotation.adjudicate import AdjudicationRules, adjudicate
from annotation.records import ANSWER_SCHEMA
from annotation.tasks import build_task
from pipelines import entries, labels
from pipelines.project import Project, Run
from washplant.errors import ConfigError
from washplant.faults import fault
from washplant.manifest import Counts, Manifest
from washplant.sample import SAMPLE_COLUMNS, Sample

PREVIOUS = ("id", "version", "status", "system", "input", "messages", "chosen", "rejected", "label")


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
        done = {run.facts["pick"] for run in project.manifests("push")}
        made = None
        for run in project.manifests("pick"):
            if run.number not in done and run.counts.kept:
                made = _push(project, target, run)
        return made


def _push(project: Project, target: Backend, picked: Manifest) -> Manifest:
    batch = f"{project.loaded.config.name}-{picked.number:06d}"
    chosen = labels.read(project, [picked], "picks", labels.TASK_SCHEMA)
    tasks = [
        build_task(sample, batch=batch, reason=reason, previous=previous)
        for sample, reason, previous in _samples(project, chosen)
    ]
    project.ledger.intend_push(batch, len(tasks))
    receipt = target.push(tasks, batch)
    fault("label.tasks_written")
    run = Run(project, "push")
    stamped = chosen.set_column(chosen.schema.get_field_index("batch"), "batch", pa.array([batch] * chosen.num_rows))
    labels.write(run, stamped.cast(labels.TASK_SCHEMA), "tasks")
    manifest = run.commit(
        counts=Counts(rows_in=chosen.num_rows, kept=len(tasks), dropped=_nonzero(replaced=chosen.num_rows - len(tasks))),
        config=project.loaded.hash("label"),
        inputs=(picked.run_id,),
        facts={"pick": picked.number, "batch": batch, "where": receipt.where},
    )
    project.ledger.finish_push(batch)
    return manifest


def _samples(project: Project, chosen: pa.Table) -> list[tuple[Sample, str, dict[str, Any] | None]]:
    """The chosen samples as the pool has them, why each was chosen, and its last answer; at most `label.budget` of them."""
    spark = project.spark
    wanted = spark.createDataFrame(chosen.select(["id", "version", "reason"]))
    rows = (
        entries.pool(project)
        .join(F.broadcast(wanted), on=["id", "version"], how="inner")
        .select(*SAMPLE_COLUMNS, "reason")
        .orderBy("id")
        .toArrow()
    )
    resolved = labels.resolutions(project)
    earlier = {
        row["id"]: row
        for row in resolved.filter(pc.is_in(resolved.column("status"), pa.array(labels.APPROVED))).select(PREVIOUS).to_pylist()
    }
    found = []
    for row in rows.to_pylist():
        reason = row.pop("reason")
        sample = Sample.model_validate({**row, "meta": dict(row["meta"] or []), "scores": dict(row["scores"] or [])})
        found.append((sample, reason, earlier.get(sample.id)))
    return found


def pull(project: Project) -> Manifest | None:
    """Fetch answers that are new, or were edited since; None when there are none."""
    with project.writing():
        fetched = backend(project).pull()
        known = labels.answers(project)
        fresh = _without(fetched, known, ["annotation_id", "updated_at", "deleted"])
        if fresh.num_rows == 0:
            return None
        run = Run(project, "pull")
        labels.write(run, fresh, "answers")
        tasks = labels.tasks(project)
        unknown = _without(fresh, tasks, ["id", "version"]).num_rows
        return run.commit(
            counts=Counts(rows_in=fetched.num_rows, kept=fresh.num_rows, dropped=_nonzero(known=fetched.num_rows - fresh.num_rows)),
            config=project.loaded.hash("label"),
            facts={"not_ours": unknown},
        )


def settle(project: Project) -> Manifest | None:
    """Settle the answers of each (id, version); None when no resolution changed."""
    with project.writing():
        answers = _newest_states(labels.answers(project))
        if answers.num_rows == 0:
            return None
        tasks = labels.tasks(project)
        ours = _joined(answers, tasks)
        rules = AdjudicationRules(min_answers=project.loaded.config.label.min_answers)
        found = adjudicate(ours, _originals(project, tasks), rules, masked=project.loaded.config.clean.mask)
        views = _views(tasks, found)
        stored = found.append_column("view_hash", views)
        changed = _differing(stored, labels.resolutions(project))
        if changed.num_rows == 0:
            return None
        run = Run(project, "labels")
        labels.write(run, changed.append_column("run", pa.array([run.number] * changed.num_rows, pa.int32())), "resolutions")
        statuses = {row["values"]: row["counts"] for row in pc.value_counts(changed.column("status")).to_pylist()}
        return run.commit(
            counts=Counts(
                rows_in=found.num_rows, kept=changed.num_rows, dropped=_nonzero(unchanged=found.num_rows - changed.num_rows)
            ),
            config=project.loaded.hash("label"),
            inputs=tuple(manifest.run_id for manifest in project.manifests("pull")[-1:]),
            facts={"statuses": dict(sorted(statuses.items()))},
        )


def _newest_states(answers: pa.Table) -> pa.Table:
    """Of each annotation its newest state, deleted ones left out."""
    frame = answers.to_pandas().sort_values(["annotation_id", "updated_at"], kind="stable")
    last = ~frame.duplicated("annotation_id", keep="last") & ~frame["deleted"].astype(bool)
    return answers.take(pa.array(frame.index[last].sort_values()))


def _nonzero(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
