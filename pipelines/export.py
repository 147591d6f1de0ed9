"""Export: the approved samples of the pool as an immutable, versioned dataset.

A version holds one `.jsonl` a split (a Spark output folder would be misread by trainers), `lineage.jsonl` with the origin of
every line, and a manifest. The same inputs give the same bytes on any partitioning.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version as package_version
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines import entries, labels
from pipelines.exporters import EXPORTERS, Exporter
from pipelines.frames import empty
from pipelines.project import Project, Run
from washplant.config import ExportOptions
from washplant.duplicates.greedy import components
from washplant.faults import fault
from washplant.manifest import VERSIONS, Counts, DataFile, Manifest
from washplant.sample import CONTENT_COLUMNS

log = logging.getLogger("washplant")

SPLITS = ("train", "validation", "test")
RESOLUTION_DDL = "id string, version string, view_hash string, status string, annotators array<string>"


@dataclass(frozen=True)
class Exported:
    """A dataset's newest version, and whether this export made it."""

    dataset: str
    version: Manifest | None
    made: bool


def export(project: Project, dataset: str) -> Exported:
    """Publish the next version of a dataset, unless nothing changed since the last."""
    with project.writing():
        last = project.latest(VERSIONS, dataset)
        of = _inputs(project)
        if last and of in (last.facts["of"], _seen(project, dataset)):
            return Exported(dataset, last, made=False)
        if project.latest("curate") is None:
            return Exported(dataset, None, made=False)
        options = project.loaded.config.export[dataset]
        exporter = EXPORTERS[options.format][1](options, project.loaded.folder)
        run = Run(project, VERSIONS, dataset)
        rows = _rows(project, options, exporter).persist()
        try:
            made = _write(project, run, rows, exporter, of, last)
        finally:
            rows.unpersist()
        if made is None:
            project.store.put(_seen_path(dataset), json.dumps(of).encode())
        return Exported(dataset, made or last, made=made is not None)


def _seen_path(dataset: str) -> str:
    return f"{VERSIONS}/{dataset}.seen.json"


def _seen(project: Project, dataset: str) -> Any:
    """Inputs that were found to give the lines of the last version, so that they need not be tried again."""
    path = _seen_path(dataset)
    return json.loads(project.store.read(path)) if project.store.exists(path) else None


def published(project: Project, version: Manifest, labels: int) -> dict[str, Any]:
    """What a consumer of a version wants to know: its place, its rows, how many labels there were, one digest of its lines."""
    files = sorted((split, file.path, file.sha256) for split in SPLITS for file in version.files.get(split, ()))
    return {
        "path": project.store.full(version.run_id),
        "rows": sum(version.facts["splits"].values()),
        "labels": labels,
        "sha256": hashlib.sha256(json.dumps(files).encode()).hexdigest(),
    }


def _inputs(project: Project) -> dict[str, Any]:
    """What a version is made of; equal inputs make equal versions."""
    curate, resolved = project.latest("curate"), project.latest("labels")
    return {
        "curate": curate.number if curate else 0,
        "labels": resolved.number if resolved else 0,
        "config": project.loaded.hash("export"),
    }


def _rows(project: Project, options: ExportOptions, exporter: Exporter) -> DataFrame:
    """The pool's rows of the dataset with their final content, split, and `withheld`: why a row is not exported."""
    config = project.loaded.config
    fitting = [name for name, mapping in config.map.items() if mapping.task in exporter.tasks]
    mappings = options.mappings or tuple(fitting)
    rows = entries.pool(project).where(F.col("mapping").isin(list(mappings)))
    rows = exporter.checked(_resolved(project, rows))
    wrong_task = ~F.col("task").isin([str(task) for task in exporter.tasks])
    # A quick look has a store in which nobody has approved anything yet.
    wanted = options.include == "approved" and project.limit is None
    unseen = F.lit("unlabelled") if wanted else F.lit(None).cast("string")
    by_people = (
        F.when(F.col("resolution").isNull(), unseen)
        .when(F.col("resolution") == "open", "open")
        .when(F.col("resolution") == "rejected", "rejected")
    )
    bridged = _bridged(project)
    return rows.join(bridged, on="cluster", how="left").withColumn(
        "withheld",
        F.coalesce(
            F.when(wrong_task, "other_task"),
            by_people,
            F.col("misfit"),
            F.when(F.col("bridged") & (F.col("split") == "train"), "split_bridge"),
        ),
    )


def _resolved(project: Project, rows: DataFrame) -> DataFrame:
    """Rows with the human answer in place of their own content, where there is one (`resolution`: its status).

    An answer belongs to an (id, version); it serves another id only when the two matching views are exactly equal.
    """
    table = labels.resolutions(project)
    if table.num_rows == 0:
        return rows.withColumns({"resolution": F.lit(None).cast("string"), "annotators": F.array().cast("array<string>")})
    answers = project.spark.createDataFrame(table)
    content = F.struct(*CONTENT_COLUMNS[:-1])  # people do not change the image
    own = answers.select("id", "version", F.struct(F.col("status"), F.col("annotators"), content.alias("c")).alias("own"))
    approved = answers.where(F.col("status").isin(*labels.APPROVED))
    order = F.struct("id", "version")
    equal = approved.groupBy("view_hash").agg(
        F.min_by(F.struct(F.col("status"), F.col("annotators"), content.alias("c")), order).alias("equal")
    )
    joined = rows.join(F.broadcast(own), on=["id", "version"], how="left").join(F.broadcast(equal), on="view_hash", how="left")
    used = F.coalesce("own", "equal")
    taken = F.coalesce(used["status"].isin(*labels.APPROVED), F.lit(False))
    return joined.withColumn("used", used).withColumns(
        {
            **{name: F.when(taken, F.col(f"used.c.{name}")).otherwise(F.col(name)) for name in CONTENT_COLUMNS[:-1]},
            "resolution": F.col("used.status"),
            "annotators": F.coalesce(F.col("used.annotators"), F.array().cast("array<string>")),
        }
    )


def _bridged(project: Project) -> DataFrame:
    """Clusters that a row connects to a cluster of another split: their training rows would leak."""
    ddl = "cluster string, bridged boolean"
    links = entries.links(project).distinct().toArrow()
    if links.num_rows == 0:
        return empty(project.spark, ddl)
    names = pa.compute.unique(pa.chunked_array([*links.column("a").chunks, *links.column("b").chunks]))
    left = pa.compute.index_in(links.column("a"), names).to_numpy()
    right = pa.compute.index_in(links.column("b"), names).to_numpy()
    root = components(left, right, len(names))
    groups = project.spark.createDataFrame(pa.table({"cluster": names, "group": root}))
    splits = entries.current(project).where("cluster is not null").select("cluster", "split").distinct()
    mixed = groups.join(splits, on="cluster", how="inner").groupBy("group").agg(F.countDistinct("split").alias("n"))
    return groups.join(mixed.where("n > 1"), on="group", how="left_semi").select("cluster", F.lit(True).alias("bridged"))


def _write(
    project: Project, run: Run, rows: DataFrame, exporter: Exporter, of: dict[str, Any], last: Manifest | None
) -> Manifest | None:
    tally = rows.groupBy("source", "mapping", "split", "withheld").count().collect()
    if last is None and all(row["withheld"] is not None for row in tally):
        log.info("%s: no row may be exported yet: no version", run.name)
        run.abandon()
        return None
    out = rows.where("withheld is null")
    lines = out.select("split", "id", exporter.line().alias("value"))
    origin = F.struct("id", "version", "source", "mapping", "key", "split", "cluster", "raw_run", "resolution", "annotators")
    files = {split: file for split, file in _text_files(project, run, lines, "data") if file}
    lineage = out.select(F.lit("lineage").alias("split"), "id", F.to_json(origin).alias("value"))
    written = {**files, **dict(_text_files(project, run, lineage, "origin", ("lineage",)))}
    project.store.delete(f"{run.path}/{run.attempt}")
    if last and {name: file.sha256 for name, file in written.items()} == _digests(last):
        run.abandon()
        log.info("%s: the lines are those of version %d: no new version", run.name, last.number)
        return None
    withheld: dict[str, int] = {}
    for row in tally:
        if row["withheld"] is not None:
            withheld[row["withheld"]] = withheld.get(row["withheld"], 0) + row["count"]
    kept = sum(row["count"] for row in tally if row["withheld"] is None)
    run.attempt = ""
    run.files = {name: (file,) for name, file in written.items()}
    fault("version.before_manifest")
    _check_lines(kept, files)
    manifest = run.commit(
        counts=Counts(rows_in=sum(row["count"] for row in tally), kept=kept, dropped=dict(sorted(withheld.items()))),
        config=of["config"],
        inputs=tuple(m.run_id for stage in ("curate", "labels") if (m := project.latest(stage))),
        facts={
            "of": of,
            "format": exporter.options.format,
            "splits": {split: files[split].rows if split in files else 0 for split in SPLITS},
            "lineage": _lineage(tally),
            "seed": project.loaded.config.seed,
            "environment": {name: package_version(name) for name in ("pyspark", "pyarrow", "numpy")},
        },
    )
    fault("version.after_manifest")
    return manifest


def _text_files(
    project: Project, run: Run, lines: DataFrame, part: str, names: tuple[str, ...] = SPLITS
) -> Iterator[tuple[str, DataFile]]:
    """Write `value` of each row, ordered by id, into one file a split; Spark's sorted parts are streamed into it."""
    folder = f"{run.path}/{run.attempt}/{part}"
    lines.orderBy("split", "id").select("split", "value").write.partitionBy("split").text(project.store.uri(folder))
    parts = project.store.files(folder)
    for name in names:
        own = [path for path, _ in parts if path.startswith(f"split={name}/")]
        if not own:
            continue
        target = f"{run.path}/{name}.jsonl"
        counter = _LineCounter()
        chunks = (chunk for path in own for chunk in counter.count(project.store.chunks(f"{folder}/{path}")))
        with contextlib.closing(chunks):
            digest, size = project.store.write(target, chunks)
        fault("version.file_written")
        yield name, DataFile(path=f"{name}.jsonl", bytes=size, sha256=digest, rows=counter.lines)


class _LineCounter:
    """Counts lines on their way, so that what was written is known without reading it again."""

    def __init__(self) -> None:
        self.lines = 0

    def count(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.lines += chunk.count(b"\n")
            yield chunk


def _check_lines(kept: int, files: dict[str, DataFile]) -> None:
    from washplant.errors import InvariantError

    lines = sum(file.rows or 0 for file in files.values())
    if lines != kept:
        raise InvariantError(f"{kept} rows kept but {lines} lines written", where="export", next_step="please report this")


def _digests(manifest: Manifest) -> dict[str, str | None]:
    return {name: files[0].sha256 for name, files in manifest.files.items()}


def _lineage(tally: list[Any]) -> dict[str, dict[str, int]]:
    """Lines per source and mapping."""
    found: dict[str, dict[str, int]] = {}
    for row in sorted((r for r in tally if r["withheld"] is None), key=lambda r: (r["source"], r["mapping"])):
        place = found.setdefault(row["source"], {})
        place[row["mapping"]] = place.get(row["mapping"], 0) + row["count"]
    return found
