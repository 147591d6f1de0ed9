"""The chain on a few samples, step by step: what each one changed, noticed or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as F

from pipelines.clean import clean_batch
from pipelines.frames import union
from pipelines.mapping import map_rows
from pipelines.project import Project
from pipelines.steps import Batch, Step, chain
from pipelines.steps.base import TEXT_COLUMNS
from washplant.config import CleanOptions
from washplant.errors import ConfigError
from washplant.sample import SAMPLE_COLUMNS, SAMPLE_SCHEMA, TaskKind
from washplant.text.explain import changed

_LOOKED_AT = 500  # samples among which those that change are looked for


@dataclass(frozen=True)
class Change:
    """One text before and after a step."""

    step: str
    place: str
    before: str
    after: str


@dataclass(frozen=True)
class Explained:
    """What became of one sample. `texts`: place and text at the end; `masked`: how often by kind."""

    id: str
    changes: tuple[Change, ...]
    texts: tuple[tuple[str, str], ...]
    dropped: str | None
    tags: tuple[str, ...]
    scores: dict[str, float]
    masked: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`; what was masked is not in it."""
        return {
            "id": self.id,
            "changes": [
                {"step": one.step, "place": one.place, "before": None if one.step == "mask" else one.before, "after": one.after}
                for one in self.changes
            ],
            "texts": dict(self.texts),
            "dropped": self.dropped,
            "tags": list(self.tags),
            "scores": self.scores,
            "masked": self.masked,
        }


def dialogue(question: str, answer: str | None) -> pa.RecordBatch:
    """One sample of a question and its answer; without an answer, a question alone."""
    turns = [{"role": "user", "content": question}]
    if answer is not None:
        turns.append({"role": "assistant", "content": answer})
    row = dict.fromkeys(SAMPLE_SCHEMA.names) | {
        **{"id": "text", "version": "", "source": "", "mapping": "", "key": "[]", "task": str(TaskKind.DIALOGUE)},
        **{"messages": turns, "meta": [], "tags": [], "scores": []},
    }
    return pa.RecordBatch.from_pylist([row], schema=SAMPLE_SCHEMA)


def explain(rows: pa.RecordBatch, options: CleanOptions) -> list[Explained]:
    """Each row's way through the chain."""
    changes: list[list[Change]] = [[] for _ in range(rows.num_rows)]
    batch = Batch.of(rows)
    before = [_texts(row) for row in rows.to_pylist()]
    steps = chain(options)
    for step in steps:
        batch = step.apply(batch)
        after = [_texts(row) for row in batch.rows.to_pylist()]
        _note(changes, step, before, after)
        before = after
    done = clean_batch(rows, steps).select(["id", "tags", "scores", "masked", "drop_step", "drop_reason"]).to_pylist()
    return [
        Explained(
            id=row["id"],
            changes=tuple(changes[at]),
            texts=tuple(before[at].items()),
            dropped=f"{row['drop_step']}.{row['drop_reason']}" if row["drop_step"] else None,
            tags=tuple(row["tags"]),
            scores=dict(row["scores"]),
            masked=dict(row["masked"]),
        )
        for at, row in enumerate(done)
    ]


def of_project(project: Project, wanted: str | None, sample: int) -> list[Explained]:
    """Mapped rows of a project: those whose id begins with `wanted`, or `sample` of them, those that cleaning changes or
    drops first, the same ones for the same seed.

    Raises ConfigError when no row is found.
    """
    frames = []
    for name in project.loaded.config.map:
        sources = {project.loaded.config.map[name].source, *project.loaded.config.map[name].join}
        mapped = map_rows(project, name, {one: project.manifests("raw", one) for one in sources}, everything=True)
        if mapped is not None:
            frames.append(mapped.samples.select(*SAMPLE_COLUMNS))
    if not frames:
        raise ConfigError("nothing was ingested yet", next_step="run `washplant ingest` first")
    rows = union(frames)
    if wanted:
        chosen = rows.where(F.col("id").startswith(wanted)).orderBy("id")
    else:
        mixed = F.xxhash64(F.lit(project.loaded.config.seed), "id")
        chosen = rows.orderBy(mixed, "id").limit(max(_LOOKED_AT, sample))
    table = chosen.toArrow()
    if not table.num_rows:
        raise ConfigError(
            f"no sample's id begins with {wanted!r}" if wanted else "there are no rows",
            next_step="`washplant clean --sample 5` shows a few with their ids",
        )
    [batch] = table.cast(SAMPLE_SCHEMA).combine_chunks().to_batches()
    found = explain(batch, project.loaded.config.clean)
    if wanted:
        return found
    touched = [one for one in found if one.changes or one.dropped]
    rest = [one for one in found if not (one.changes or one.dropped)]
    return (touched + rest)[:sample]


def describe(found: Explained, *, colour: bool, personal: bool = True) -> str:
    """One sample's way for a person. Without `personal`, what was masked is not shown, only what stands in its place."""
    lines = [f"── {found.id}"] if found.id != "text" else []
    for change in found.changes:
        hidden = change.step == "mask" and not personal
        text = change.after if hidden else changed(change.before, change.after, colour=colour)
        lines += [f"{change.step:<12} {change.place}", _indented(text)]
    if not found.changes:
        lines.append("no step changes the text")
    for place, text in found.texts:
        lines += [f"{'result':<12} {place}", _indented(text)]
    if found.masked:
        lines.append("masked       " + ", ".join(f"{kind} {count}" for kind, count in found.masked.items()))
    scores = {name: score for name, score in found.scores.items() if score}
    lines.append("scores       " + (", ".join(f"{name} {score:g}" for name, score in scores.items()) or "all 0"))
    if found.tags:
        lines.append("tags         " + ", ".join(found.tags))
    lines.append(f"dropped      {found.dropped}" if found.dropped else "kept")
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _texts(row: dict[str, Any]) -> dict[str, str]:
    said = {f"{turn['role']} {n}": turn["content"] for n, turn in enumerate(row["messages"] or [], 1) if turn["content"]}
    return said | {name: row[name] for name in TEXT_COLUMNS if row[name]}


def _note(changes: list[list[Change]], step: Step, before: list[dict[str, str]], after: list[dict[str, str]]) -> None:
    for found, old, new in zip(changes, before, after, strict=True):
        for place, text in old.items():
            now = new.get(place, "")
            if text != now:
                found.append(Change(step.name, place, text, now))
