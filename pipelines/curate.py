"""Curate: what new raw rows changed becomes a delta of the pool and of the rejects.

A changed or deleted row leaves the index, and the rows that it had displaced are decided again. A row removed as a duplicate
names the kept row and the exact similarity. Nothing here depends on partitioning or on the order of the input.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines import entries, labels
from pipelines.clean import clean
from pipelines.dedup import Deduplicated, Sketching, deduplicate, sketch
from pipelines.dedup.sketch import INDEX_DDL
from pipelines.entries import DROPPED, ENTRY_COLUMNS, GONE, KEPT, PARTS
from pipelines.frames import empty, union
from pipelines.hashing import unit_interval
from pipelines.mapping import MAPPED_DDL, Mapped, map_rows
from pipelines.project import Project, Run
from washplant.errors import ConfigError, InvariantError
from washplant.manifest import Counts, Manifest
from washplant.sample import CONTENT_COLUMNS

log = logging.getLogger("washplant")

TEXT_RULES = 3
"""Raised whenever a change of the code changes what cleaning or comparison give: older rows become stale."""


@dataclass(frozen=True)
class Curated:
    """What a curate did: the committed run (None: nothing was new) and how many rows older rules curated."""

    run: Manifest | None
    stale: int


def curate(project: Project, *, stale: bool = False) -> Curated:
    """Curate what is new since the last run; with `stale`, also the rows that other rules curated."""
    with project.writing():
        job = _Job(project, stale)
        if not job.has_work:
            log.info("curate: nothing new")
            return Curated(None, job.last_stale)
        return job.run()


def rules(project: Project, mapping: str) -> str:
    """Digest of everything that decides how a mapping's rows are curated."""
    config = project.loaded.config
    parts = {
        "map": config.map[mapping].model_dump(mode="json"),
        "clean": config.clean.model_dump(mode="json"),
        "dedup": config.dedup.model_dump(mode="json"),
        "text": TEXT_RULES,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


class _Job:
    """One run of curate."""

    def __init__(self, project: Project, stale: bool) -> None:
        self.project, self.stale = project, stale
        self.config = project.loaded.config
        self.previous = project.latest("curate")
        self.sketching = Sketching.of(self.config.dedup, self.config.seed)
        self.consumed: dict[str, int] = dict(self.previous.facts["raw"]) if self.previous else {}
        self.rules = {name: rules(project, name) for name in self.config.map}

    @cached_property
    def raw_runs(self) -> dict[str, list[Manifest]]:
        """All ingest runs of the sources that a mapping uses."""
        used = {name for mapping in self.config.map.values() for name in (mapping.source, *mapping.join)}
        return {name: self.project.manifests("raw", name) for name in sorted(used)}

    @cached_property
    def new_runs(self) -> dict[str, list[Manifest]]:
        """Those of them that were not curated yet."""
        return {name: [r for r in runs if r.number > self.consumed.get(name, 0)] for name, runs in self.raw_runs.items()}

    @property
    def known_rules(self) -> dict[str, str]:
        """Rules of the mappings when they were last curated."""
        return dict(self.previous.facts["rules"]) if self.previous else {}

    @property
    def last_stale(self) -> int:
        return int(self.previous.facts["stale"]) if self.previous and self.known_rules == self.rules else 0

    @property
    def has_work(self) -> bool:
        """Whether there is anything that the last run did not see. Changed rules alone are no work without `stale`,
        except that the number of stale rows has to be counted anew."""
        fresh = any(run.files.get("rows") for runs in self.new_runs.values() for run in runs)
        return fresh or self.known_rules != self.rules or (self.stale and self.last_stale > 0)

    def run(self) -> Curated:
        """Decide about everything that the new rows touch, and commit it."""
        run = Run(self.project, "curate")
        try:
            cleaned = run.staged(self._cleaned(), "cleaned")
        except PySparkException as error:
            raise self._told(error) from error
        state = run.staged(entries.current(self.project).select(*_STATE_COLUMNS, _meta_digest().alias("meta_digest")), "state")
        change = _Change.of(state, cleaned, self._removed_mappings)
        full = entries.current(self.project)
        work = change.work.unionByName(_displaced(full, state, change.leaving, change.away))
        decided, result = self._decided(run, full, state, run.staged(work, "work"), change)
        number = F.lit(run.number)
        decided, renewed = _with_new_metadata(decided, change.renewed)
        delta = union([_entries(decided, number), _renewed(full, renewed, number), _gone(full, change.ended, number)])
        split = F.coalesce("split", F.when(F.col("cluster").isNotNull(), self._split(F.col("cluster"))))
        run.write_parts(delta.withColumn("split", split).select(*ENTRY_COLUMNS), PARTS, by="status")
        run.write(sketch(self._to_index(run, full), self.sketching), "index")
        run.write(result.links, "links")
        self._write_held(run, result.held)
        return self._commit(run, state, result.held.num_rows)

    def _write_held(self, run: Run, held: pa.Table) -> None:
        """The pairs that were held apart, for `washplant show` and the report."""
        if held.num_rows:
            run.write(self.project.spark.createDataFrame(held).coalesce(1), "held")

    @property
    def _index_base(self) -> int | None:
        """The run that the usable index begins with; None when the parameters of the sketches changed, or at the start."""
        same = self.previous is not None and self.previous.facts["sketching"] == self.sketching.name
        return int(self.previous.facts["index_base"]) if self.previous and same else None

    def _to_index(self, run: Run, full: DataFrame) -> DataFrame:
        """The rows whose band keys this run writes: those it kept, or the whole pool where a new index begins."""
        kept = entries.read_back(run, KEPT)
        if self._index_base is not None:
            return kept
        untouched = full.where(F.col("status") == KEPT).join(
            entries.read_back(run, *PARTS).select("id"), on="id", how="left_anti"
        )
        return kept.unionByName(untouched)

    @property
    def _removed_mappings(self) -> list[str]:
        return [name for name in self.known_rules if name not in self.config.map]

    def _cleaned(self) -> DataFrame:
        """Everything the new rows touch, mapped and cleaned, and (with a null version) ids that make no sample now."""
        found: list[DataFrame] = []
        for name in self.config.map:
            mapped = self._mapped(name)
            if mapped is not None:
                cleaned = clean(mapped.samples, self.config.clean, MAPPED_DDL)
                rule = F.lit(self.rules[name]).alias("rules")
                found.append(cleaned.join(mapped.touched, on="id", how="full").select("*", rule))
        return union(found) if found else empty(self.project.spark, _CLEANED_DDL)

    def _mapped(self, name: str) -> Mapped | None:
        everything = self.stale or name not in self.known_rules
        return map_rows(self.project, name, self.new_runs, everything=everything)

    def _told(self, error: PySparkException) -> Exception:
        """The error of a condition that fails on a row, found by trying each alone; any other error as it is."""
        for name, mapping in self.config.map.items():
            mapped = self._mapped(name) if mapping.when else None
            if mapped is None:
                continue
            try:
                mapped.samples.select("id").write.format("noop").mode("overwrite").save()
            except PySparkException as found:
                return ConfigError(
                    f"the condition fails on a row: {str(found).splitlines()[0]}",
                    where=self.project.loaded.at("map", name, "when"),
                    next_step="cast with try_cast, which gives null where the value is none, and run again",
                )
        return error

    def _decided(
        self, run: Run, full: DataFrame, state: DataFrame, work: DataFrame, change: _Change
    ) -> tuple[DataFrame, Deduplicated]:
        """The work with its outcome, cluster and split, and what deduplication found beside it."""
        turn = 0
        while True:
            away = work.select("id").unionByName(change.ended.select("id"))
            incumbents = state.where(F.col("status") == KEPT).join(away, on="id", how="left_anti")
            result = self._deduplicated(run, full, work.where(F.col("drop_reason").isNull()), incumbents, turn)
            evicted = run.staged(result.evicted, f"evicted{turn}")
            if evicted.isEmpty():
                break
            turn += 1
            # A labelled row takes the place of pool rows; they and what they had displaced are decided again.
            back = _as_work(full.join(evicted, on="id", how="left_semi"))
            more = back.unionByName(_displaced(full, state, evicted, away.unionByName(evicted)))
            work = run.staged(work.unionByName(more), f"work{turn}")
        outcomes = run.staged(result.outcomes.withColumnRenamed("cluster", "met_cluster"), "outcomes")
        joined = work.join(outcomes, on="id", how="left")
        joined = joined.withColumn("cluster", F.coalesce("cluster", "met_cluster")).drop("met_cluster")
        known = state.where("cluster is not null").groupBy("cluster").agg(F.min("split").alias("known_split"))
        joined = joined.join(known, on="cluster", how="left")
        return joined.withColumn("split", F.coalesce("split", "known_split")).drop("known_split"), result

    def _deduplicated(self, run: Run, full: DataFrame, alive: DataFrame, incumbents: DataFrame, turn: int) -> Deduplicated:
        preference = {
            "longest": -F.col("answer_length"),
            "newest": -F.col("raw_run"),
            "oldest": F.col("raw_run"),
        }[self.config.dedup.keep].cast("double")
        labelled = self._labelled()

        def prepared(frame: DataFrame, keys: DataFrame) -> DataFrame:
            return (
                frame.select("id", "version", "task", "view_hash", "cluster", preference.alias("preference"))
                .join(labelled, on=["id", "version"], how="left")
                .withColumn("labelled", F.coalesce("labelled", F.lit(False)))
                .join(keys.select("id", "keys"), on="id", how="left")
                .drop("version")
            )

        pool = run.staged(prepared(incumbents, self._index(incumbents, full)), f"pool{turn}")
        rows = run.staged(prepared(alive, sketch(alive, self.sketching)), f"alive{turn}")
        views = alive.select("id", "task", "view").unionByName(
            full.join(incumbents.select("id"), on="id", how="left_semi").select("id", "task", "view")
        )
        return deduplicate(run.staged, rows, pool, views, self.config.dedup.threshold, self.config.dedup.guard.guard, turn)

    def _index(self, incumbents: DataFrame, full: DataFrame) -> DataFrame:
        """Band keys of the pool's rows, from the index; sketched anew where the index was made with other parameters."""
        if self.previous is None:
            return empty(self.project.spark, INDEX_DDL)
        base = self._index_base
        if base is None:
            log.warning("dedup parameters changed: the pool is sketched anew in this run")
            return sketch(full.join(incumbents.select("id"), on="id", how="left_semi"), self.sketching)
        runs = [run for run in self.project.manifests("curate") if run.number >= base]
        paths = [path for run in runs for path in self.project.paths(run, "index")]
        index = self.project.spark.read.schema(INDEX_DDL).parquet(*paths)
        # An id may have been kept with other texts before, and twice with the same.
        return index.join(incumbents.select("id", "view_hash"), on=["id", "view_hash"], how="left_semi").dropDuplicates(["id"])

    def _labelled(self) -> DataFrame:
        """(id, version, labelled) of samples that people approved."""
        found = labels.resolutions(self.project)
        approved = found.filter(pa.compute.is_in(found.column("status"), pa.array(labels.APPROVED)))
        if approved.num_rows == 0:
            return empty(self.project.spark, "id string, version string, labelled boolean")
        return self.project.spark.createDataFrame(approved.select(["id", "version"])).withColumn("labelled", F.lit(True))

    def _split(self, cluster: Column) -> Column:
        shares = self.config.split
        at = unit_interval(self.config.seed, cluster)
        return F.when(at < shares.train, "train").when(at < shares.train + shares.validation, "validation").otherwise("test")

    def _commit(self, run: Run, before: DataFrame, held_apart: int) -> Curated:
        written = entries.read_back(run, *PARTS)
        _check_once(written, run.path)
        untouched = before.join(written.select("id"), on="id", how="left_anti")
        tally = _tally(untouched.select(*_TALLIED).unionByName(written.select(*_TALLIED)))
        stale = sum(row["count"] for row in tally if row["rules"] != self.rules.get(row["mapping"]) and row["status"] != GONE)
        counts = _counts(written)
        manifest = run.commit(
            counts=counts,
            config=self.project.loaded.hash("map", "clean", "dedup", "split"),
            inputs=tuple(r.run_id for runs in self.raw_runs.values() for r in runs if r in self.new_runs[r.name]),
            facts={
                "raw": {name: max((r.number for r in runs), default=0) for name, runs in self.raw_runs.items()},
                "rules": self.rules,
                "sketching": self.sketching.name,
                "index_base": self._index_base or run.number,
                "stale": stale,
                "held_apart": held_apart,
                "funnel": _funnel(tally),
            },
        )
        if stale and not self.stale:
            log.warning("%d rows were curated by older rules; `washplant curate --stale` does them again", stale)
        return Curated(manifest, stale)


_CLEANED_DDL = (
    f"{MAPPED_DDL}, changed_by array<string>, masked map<string, int>, masked_in map<string, int>, "
    "answer_length int, view string, drop_step string, drop_reason string, view_hash string, question_hash string, rules string"
)
_WORK_COLUMNS = tuple(
    name for name in ENTRY_COLUMNS if name not in ("status", "kept_id", "similarity", "cluster", "split", "first_run", "run")
)
_TALLIED = ("mapping", "status", "drop_step", "drop_reason", "rules")
_STATE_COLUMNS = (
    *("id", "version", "task", "raw_run", "answer_length", "view_hash", "kept_id", "cluster", "split", "first_run"),
    *_TALLIED,
)


def _meta_digest() -> Column:
    return F.xxhash64(F.to_json("meta"))


@dataclass(frozen=True)
class _Change:
    """What the touched rows are, beside what was decided before. `work`: new content; `renewed`: new metadata alone;
    `ended`: no sample any more; `leaving`: ids that leave the pool; `away`: ids that are decided in this run."""

    work: DataFrame
    renewed: DataFrame
    ended: DataFrame
    leaving: DataFrame
    away: DataFrame

    @classmethod
    def of(cls, state: DataFrame, cleaned: DataFrame, removed_mappings: list[str]) -> _Change:
        """Compare the cleaned rows with the state of their ids. A row is the same if content and rules are."""
        old = state.select("id", F.struct(*(name for name in state.columns if name != "id")).alias("old"))
        compared = cleaned.join(old, on="id", how="left")
        living = F.col("version").isNotNull()
        same = (F.col("old.version") == F.col("version")) & (F.col("old.rules") == F.col("rules"))
        same = living & F.coalesce(same & F.col("old.status").isin(KEPT, DROPPED), F.lit(False))
        work = compared.where(living & ~same).select(
            *_WORK_COLUMNS, *(F.col(f"old.{name}").alias(name) for name in ("cluster", "split", "first_run"))
        )
        # Only metadata changed: the decision stands, and so do the labels.
        renewed = compared.where(same & (_meta_digest() != F.col("old.meta_digest")))
        alive = state.where(F.col("status") != GONE)
        ended = alive.join(compared.where(~living).select("id"), on="id", how="left_semi")
        if removed_mappings:
            ended = ended.unionByName(alive.where(F.col("mapping").isin(removed_mappings)))
        away = work.select("id").unionByName(ended.select("id"))
        leaving = state.where(F.col("status") == KEPT).join(away, on="id", how="left_semi").select("id")
        return cls(
            work,
            renewed.select("id", F.col("meta").alias("new_meta"), F.col("raw_run").alias("new_raw_run")),
            ended,
            leaving,
            away,
        )


def _displaced(full: DataFrame, state: DataFrame, leaving: DataFrame, away: DataFrame) -> DataFrame:
    """Rows that were dropped as duplicates of rows that leave, ready to be decided again."""
    gone = leaving.select(F.col("id").alias("kept_id"))
    ids = state.where(F.col("status") == DROPPED).join(gone, on="kept_id", how="left_semi").select("id")
    return _as_work(full.join(ids.join(away, on="id", how="left_anti"), on="id", how="left_semi"))


def _as_work(rows: DataFrame) -> DataFrame:
    """Entries as rows to be decided again: a former duplicate is alive until it is compared."""
    nothing = F.lit(None).cast("string")
    return rows.withColumns({"drop_step": nothing, "drop_reason": nothing}).select(
        *_WORK_COLUMNS, "cluster", "split", "first_run"
    )


def _entries(decided: DataFrame, number: Column) -> DataFrame:
    duplicate = F.col("reason").isNotNull()
    dropped = duplicate | F.col("drop_reason").isNotNull()
    return decided.withColumns(
        {
            "status": F.when(dropped, DROPPED).otherwise(KEPT),
            "drop_step": F.when(duplicate, "dedup").otherwise(F.col("drop_step")),
            "drop_reason": F.coalesce("reason", "drop_reason"),
            "first_run": F.coalesce("first_run", number),
            "run": number,
        }
    ).select(*ENTRY_COLUMNS)


def _with_new_metadata(decided: DataFrame, renewed: DataFrame) -> tuple[DataFrame, DataFrame]:
    """A row may be decided again because another row left and have new metadata in the same night: it is one entry."""
    joined = decided.join(renewed, on="id", how="left")
    taken = {"meta": F.coalesce("new_meta", "meta"), "raw_run": F.coalesce("new_raw_run", "raw_run")}
    return joined.withColumns(taken), renewed.join(decided.select("id"), on="id", how="left_anti")


def _renewed(full: DataFrame, renewed: DataFrame, number: Column) -> DataFrame:
    """Entries whose metadata alone changed."""
    return (
        full.join(renewed, on="id", how="inner")
        .withColumns({"meta": F.col("new_meta"), "raw_run": F.col("new_raw_run"), "run": number})
        .select(*ENTRY_COLUMNS)
    )


def _gone(full: DataFrame, ended: DataFrame, number: Column) -> DataFrame:
    """What is remembered of an ended sample: who it was, its cluster and split, none of its texts."""
    rows = full.join(ended.select("id"), on="id", how="left_semi")
    emptied = {name: F.lit(None).cast(_type_of(rows, name)) for name in (*CONTENT_COLUMNS, *_EMPTIED)}
    return rows.withColumns({**emptied, "status": F.lit(GONE), "run": number}).select(*ENTRY_COLUMNS)


_EMPTIED = (
    "meta",
    "changed_by",
    "masked",
    "masked_in",
    "view",
    "view_hash",
    "question_hash",
    "drop_step",
    "drop_reason",
    "kept_id",
    "similarity",
)


def _type_of(frame: DataFrame, name: str) -> str:
    return frame.schema[name].dataType.simpleString()


def _tally(state: DataFrame) -> list[dict[str, Any]]:
    """How many entries there are by mapping, status, reason and rules: a handful of rows."""
    return [row.asDict() for row in state.groupBy(*_TALLIED).count().orderBy(*_TALLIED).collect()]


def _check_once(written: DataFrame, where: str) -> None:
    """Raise InvariantError when an id has two entries in one run."""
    twice = written.groupBy("id").count().where("count > 1").limit(1).collect()
    if twice:
        raise InvariantError(
            f"sample {twice[0]['id']} was decided {twice[0]['count']} times in one run",
            where=where,
            next_step="nothing was committed; please report this with the YAML",
        )


def _counts(written: DataFrame) -> Counts:
    """What this run decided; ended rows count as dropped."""
    rows = written.groupBy("status", "drop_step", "drop_reason").count().collect()
    dropped: dict[str, int] = {}
    for row in rows:
        if row["status"] != KEPT:
            reason = GONE if row["status"] == GONE else f"{row['drop_step']}.{row['drop_reason']}"
            dropped[reason] = dropped.get(reason, 0) + row["count"]
    kept = sum(row["count"] for row in rows if row["status"] == KEPT)
    return Counts(rows_in=sum(row["count"] for row in rows), kept=kept, dropped=dict(sorted(dropped.items())))


def _funnel(tally: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Per mapping: samples mapped, kept, and dropped by reason, as the store stands after this run."""
    funnel: dict[str, dict[str, Any]] = {}
    for row in tally:
        if row["status"] == GONE:
            continue
        place = funnel.setdefault(row["mapping"], {"mapped": 0, "kept": 0, "dropped": {}})
        place["mapped"] += row["count"]
        if row["status"] == KEPT:
            place["kept"] += row["count"]
        else:
            reason = f"{row['drop_step']}.{row['drop_reason']}"
            place["dropped"][reason] = place["dropped"].get(reason, 0) + row["count"]
    return funnel
