"""Parquet or JSON lines in; kept rows, removed rows (each with the kept row it duplicates) and clusters out. No Spark."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from washplant.duplicates.held import Meaning
from washplant.duplicates.index import PackedIndex
from washplant.duplicates.job import Found, find
from washplant.duplicates.sketches import Sketches, in_order, sketch_texts
from washplant.duplicates.sketching import Sketching
from washplant.duplicates.views import BATCH_ROWS, Views
from washplant.errors import ConfigError, SourceError
from washplant.faults import fault
from washplant.text.digests import digests
from washplant.text.meaning import Guard
from washplant.text.ngrams import fmix64
from washplant.text.view import matching_view

_UNFINISHED, _WORK = ".unfinished", ".work-"


@dataclass(frozen=True)
class FileJob:
    """text, id: columns (no id: the row's number). exact_text: compare texts as they are, not their matching views.
    prefer: a column whose larger values are preferred; without it the longer text is, then the lesser id. guard: keeps
    apart what is similar and does not say the same."""

    inputs: Sequence[Path]
    out: Path
    text: str
    sketching: Sketching
    id: str | None = None
    prefer: str | None = None
    exact_text: bool = False
    index: Path | None = None
    threads: int = 1
    guard: Guard | None = field(default_factory=Guard)


@dataclass(frozen=True)
class Summary:
    """What a job did, in rows and pairs; held_apart: similar pairs that differ in numbers, dates, negations or opposites."""

    rows: int
    kept: int
    removed: int
    candidates: int
    verified: int
    held_apart: dict[str, int]
    held_apart_examples: list[dict[str, Any]]


def run(job: FileJob) -> Summary:
    """Write kept/, removed.parquet, clusters.parquet and, last, summary.json below `job.out`.

    A run that died is done again by the same command; the same input twice is one night to the index.
    Raises ConfigError for a folder that holds something else or a column that is not there, SourceError for a file that
    cannot be read, StoreError for an index that another version made.
    """
    _start(job.out)
    index = PackedIndex(job.index, job.sketching.name + ("-text" if job.exact_text else "")) if job.index else None
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=job.out) as work:
        path = Path(work) / "views.arrow"
        preferences: list[npt.NDArray[Any]] = [np.zeros(0)]
        sketches = sketch_texts(_texts(job, preferences), job.sketching, path, job.threads)
        views, preference = Views(path), np.concatenate(preferences)
        input_ = _fingerprint(job, views, sketches, preference) if index else ""
        standing = index.standing(input_) if index else []
        meaning = Meaning(job.guard, matching=not job.exact_text) if job.guard else None
        found = find(views, sketches, preference, job.sketching.threshold, job.threads, standing, meaning)
        _write(job, views, found)
        if index:
            index.add(views, sketches, found.kept, input_)
            fault("files.index_added")
    kept = int(found.kept.sum())
    pairs = (found.candidates, found.pairs, found.held.counts, found.held.examples)
    summary = Summary(len(found.kept), kept, len(found.kept) - kept, *pairs)
    text = json.dumps(asdict(summary), ensure_ascii=False)
    (job.out / "summary.json").write_text(text + "\n", encoding="utf-8")
    (job.out / _UNFINISHED).unlink()
    return summary


def _start(out: Path) -> None:
    """Make the folder ours; what a run left in it that did not finish is removed."""
    if out.exists() and any(out.iterdir()):
        if not (out / _UNFINISHED).exists():
            raise ConfigError("the output folder is not empty", where=str(out), next_step="name another, or empty it")
        for left in [out / "kept", *out.glob(_WORK + "*")]:
            shutil.rmtree(left, ignore_errors=True)
        for name in ("removed.parquet", "clusters.parquet", "summary.json"):
            (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / _UNFINISHED).touch()


def _fingerprint(job: FileJob, views: Views, sketches: Sketches, preference: npt.NDArray[Any]) -> str:
    """Names the rows, in any order, and the options that decide about them."""
    ids = [np.zeros(0, dtype=np.uint64), *(digests(batch.column("id")) for batch in views.batches)]
    rows = fmix64(fmix64(np.concatenate(ids) + sketches.present) ^ sketches.digest)
    rows = np.sort(fmix64(rows ^ (preference + 0.0).view(np.uint64)))
    return hashlib.blake2b(rows.tobytes() + repr(job.guard).encode(), digest_size=16).hexdigest()


def _texts(job: FileJob, preferences: list[npt.NDArray[Any]]) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Ids and texts as compared; `preferences` grows beside them."""
    wanted = [name for name in (job.id, job.text, job.prefer) if name]
    start = 0
    for batch in _batches(job.inputs, wanted):
        texts = batch.column(job.text).cast(pa.string())
        ids = pa.array(np.arange(start, start + len(batch))) if job.id is None else batch.column(job.id)
        worth = pc.utf8_length(texts) if job.prefer is None else batch.column(job.prefer)
        preferences.append(pc.fill_null(worth.cast(pa.float64()), -np.inf).to_numpy(zero_copy_only=False))
        start += len(batch)
        yield ids.cast(pa.string()), texts if job.exact_text else matching_view(texts)


def _batches(inputs: Sequence[Path], columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    for path in inputs:
        try:
            if path.suffix == ".parquet":
                file = pq.ParquetFile(path)
                _check(path, columns, file.schema_arrow.names)
                yield from file.iter_batches(BATCH_ROWS, columns=None if columns is None else [*dict.fromkeys(columns)])
            else:
                with pj.open_json(path) as reader:
                    _check(path, columns, reader.schema.names)
                    for batch in reader:
                        yield batch if columns is None else batch.select([*dict.fromkeys(columns)])
        except (OSError, pa.ArrowException) as error:
            raise SourceError(
                f"cannot read it: {error}", where=str(path), next_step="give Parquet files, or .jsonl with an object a line"
            ) from error


def _check(path: Path, columns: Sequence[str] | None, known: Sequence[str]) -> None:
    for name in columns or ():
        if name not in known:
            raise ConfigError(f"there is no column {name!r}", where=str(path), next_step=f"its columns are {', '.join(known)}")


def _write(job: FileJob, views: Views, found: Found) -> None:
    kept = job.out / "kept"
    kept.mkdir()

    def written(item: tuple[int, pa.RecordBatch, npt.NDArray[Any]]) -> None:
        number, batch, chosen = item
        rows = pa.Table.from_batches([batch.filter(pa.array(chosen))])
        pq.write_table(rows, kept / f"part-{number:05}.parquet", compression="zstd", compression_level=1)

    def parts() -> Iterator[tuple[int, pa.RecordBatch, npt.NDArray[Any]]]:
        start = 0
        for number, batch in enumerate(_batches(job.inputs, None)):
            yield number, batch, found.kept[start : start + len(batch)]
            start += len(batch)

    for _ in in_order(written, parts(), job.threads):
        pass
    for name, table in (("removed", found.removed), ("clusters", found.clusters)):
        ids = views.ids(table.column("row").to_numpy())
        pq.write_table(table.set_column(0, "id", ids), job.out / f"{name}.parquet", compression="zstd")
