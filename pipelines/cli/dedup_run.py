"""`washplant dedup run`: near duplicates out of plain files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import JsonOption
from pipelines.cli.output import tell


def run(
    inputs: Annotated[list[Path], typer.Argument(help="Parquet or JSON lines files", metavar="FILE…")],
    out: Annotated[Path, typer.Option("--out", help="folder for kept/, removed.parquet, clusters.parquet, summary.json")],
    text: Annotated[str, typer.Option("--text", help="column of the text")] = "text",
    id_: Annotated[str | None, typer.Option("--id", help="column of the id; the row's number without it")] = None,
    prefer: Annotated[
        str | None, typer.Option("--prefer", help="column whose larger value stays; the longer text without it")
    ] = None,
    threshold: Annotated[float, typer.Option("--threshold", help="similarity from which two texts are duplicates")] = 0.8,
    exact_text: Annotated[bool, typer.Option("--exact-text", help="compare case, punctuation and spaces as well")] = False,
    guard: Annotated[
        bool, typer.Option("--guard/--no-guard", help="keep apart what differs in numbers, dates, negations or opposites")
    ] = True,
    index: Annotated[Path | None, typer.Option("--index", help="folder of the texts kept so far; these are added")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="threads; all cores without it")] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove near duplicates from files on one machine, without Spark or a project.

    Example: washplant dedup run texts.parquet --text text --id id --out deduplicated
    """
    # Arrow's own allocator gives every batch back to the kernel at once: a quarter of all CPU time. It is chosen at import.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from washplant.config import DedupOptions
    from washplant.duplicates import Sketching
    from washplant.duplicates.files import FileJob
    from washplant.duplicates.files import run as run_job
    from washplant.errors import ConfigError
    from washplant.text.meaning import Guard

    if not 0 < threshold < 1:
        raise ConfigError(f"a threshold of {threshold} is not between 0 and 1", where="--threshold", next_step="use .8")
    sketching = Sketching.of(DedupOptions(threshold=threshold), seed=1)
    cores = threads or len(os.sched_getaffinity(0))
    job = FileJob(inputs, out, text, sketching, id_, prefer, exact_text, index, cores, Guard() if guard else None)
    done = asdict(run_job(job))
    lines = [f"{done['rows']:,} rows: {done['kept']:,} kept, {done['removed']:,} removed"]
    lines.append(f"{done['candidates']:,} pairs compared, {done['verified']:,} of them similar enough")
    if held := done["held_apart"]:
        lines.append("held apart, for they differ in " + ", ".join(f"{part} ({count:,})" for part, count in held.items()))
    lines += [f"  {' | '.join(one['marks'])}: {' / '.join(one['texts'])}" for one in done["held_apart_examples"]]
    tell("\n".join(lines), done, as_json)
