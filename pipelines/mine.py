"""Mined boilerplate: the lines and sentences that stand in many rows of a mapping, counted in one pass.

Counted are the answers as the step `boilerplate` meets them: masked and normalised. People decide which of them go: the list
that `washplant mine --write` makes is named in `clean.boilerplate.lists`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.mapping import map_rows
from pipelines.project import Project
from pipelines.steps import Batch, Mask, Normalise, Step, chain
from pipelines.steps.turns import texts
from washplant.config import CleanOptions
from washplant.errors import ConfigError
from washplant.sample import SAMPLE_COLUMNS
from washplant.text.mined import COUNTED, count_lines

PLACE = "mined.json"


@dataclass(frozen=True)
class Line:
    """A line of a mapping's answers, the rows that have it, and of how many."""

    mapping: str
    line: str
    rows: int
    of: int


def mine(project: Project, *, min_share: float, min_rows: int, top: int) -> list[Line]:
    """The most frequent lines of every mapping, most rows first, and kept in the store for the report.

    Raises ConfigError when nothing was ingested.
    """
    found: list[Line] = []
    read = False
    for name, options in project.loaded.config.map.items():
        sources = {options.source, *options.join}
        mapped = map_rows(project, name, {one: project.manifests("raw", one) for one in sources}, everything=True)
        if mapped is None:
            continue
        read = True
        samples = mapped.samples.select(*SAMPLE_COLUMNS)
        total = samples.count()
        rows = frequent(samples, project.loaded.config.clean).where(F.col("rows") >= max(min_rows, min_share * total))
        for row in rows.orderBy(F.col("rows").desc(), "line").limit(top).collect():
            found.append(Line(name, row["line"], row["rows"], total))
    if not read:
        raise ConfigError("nothing was ingested yet", next_step="run `washplant ingest` first")
    project.store.put(PLACE, json.dumps([asdict(line) for line in found], ensure_ascii=False, indent=1).encode())
    return found


def frequent(samples: DataFrame, options: CleanOptions) -> DataFrame:
    """(line, rows): every line of the samples' answers and the rows that have it."""
    before = _before_boilerplate(options)

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            batch = Batch.of(rows)
            for step in before:
                batch = step.apply(batch)
            said = texts(batch)
            yield from count_lines(pc.if_else(pa.array(said.judged), said.answer, "")).to_batches()

    partial = samples.mapInArrow(counted, ", ".join(f"{field.name} {_DDL[str(field.type)]}" for field in COUNTED))
    return partial.groupBy("line").agg(F.sum("rows").alias("rows"))


_DDL = {"string": "string", "int64": "bigint"}


def _before_boilerplate(options: CleanOptions) -> tuple[Step, ...]:
    return tuple(step for step in chain(options) if isinstance(step, Mask | Normalise))


def describe(found: list[Line]) -> str:
    """One line a line."""
    lines = [f"{one.rows:>9,}  {one.rows / one.of:>6.1%}  {one.mapping}  {one.line}" for one in found]
    return "\n".join(lines) or "no frequent lines"


def as_list(found: list[Line]) -> str:
    """A word list for `clean.boilerplate.lists`; `#` begins a comment there, so lines that hold one are left out."""
    head = "# Lines that `washplant mine` found; delete those that are answers. Rows that have them stand behind each.\n"
    return head + "".join(f"{one.line}  # {one.mapping}: {one.rows} rows\n" for one in found if "#" not in one.line)


def stored(project: Project) -> list[dict[str, Any]]:
    """What the last `mine` found; nothing where there was none."""
    lines = list(project.store.lines(PLACE)) if project.store.exists(PLACE) else []
    found: list[dict[str, Any]] = json.loads("\n".join(lines)) if lines else []
    return found
