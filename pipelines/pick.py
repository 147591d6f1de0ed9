"""Pick: which samples are worth a person's time, within a budget, the same ones in every replay."""

from __future__ import annotations

import logging

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines import entries, labels
from pipelines.frames import empty
from pipelines.hashing import unit_interval
from pipelines.project import Project, Run
from washplant.manifest import Counts, Manifest

log = logging.getLogger("washplant")

CHANGED, CONFLICT, STRATIFIED = "changed", "conflict", "stratified"


def pick(project: Project) -> Manifest | None:
    """Choose up to `label.budget` samples that nobody was asked about; None when there is nothing to choose.

    First rows whose answered version was replaced, then questions with several answers, then the mappings in turn.
    """
    options = project.loaded.config.label
    with project.writing():
        last, curated = project.latest("pick"), project.latest("curate")
        config = project.loaded.hash("label")
        of = {"curate": curated.number if curated else 0, "config": config}
        if curated is None or options.budget == 0 or (last and last.facts["of"] == of):
            return None
        run = Run(project, "pick")
        chosen = _chosen(project, run.number)
        reasons = [str(reason) for reason in chosen.column("reason").to_pylist()]
        if chosen.num_rows:
            labels.write(run, chosen, "picks")
        return run.commit(
            counts=Counts(rows_in=chosen.num_rows, kept=chosen.num_rows),
            config=config,
            inputs=(curated.run_id,),
            facts={"of": of, "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))}},
        )


def _chosen(project: Project, number: int) -> pa.Table:
    """The chosen samples as a table of at most `budget` rows (labels.TASK_SCHEMA)."""
    options, seed = project.loaded.config.label, project.loaded.config.seed
    open_rows = _unasked(project)
    several = (
        entries.pool(project)
        .where("task = 'dialogue'")
        .groupBy("question_hash")
        .agg(F.countDistinct("view_hash").alias("n"))
        .where("n > 1")
        .select("question_hash", F.lit(options.conflicts_first).alias("conflict"))
    )
    answered = _frame(project, labels.resolutions(project).select(["id"])).distinct().withColumn("changed", F.lit(True))
    draw = unit_interval(seed, F.col("id"))
    reason = F.when(F.col("changed"), CHANGED).when(F.col("conflict"), CONFLICT).otherwise(STRATIFIED)
    rows = (
        open_rows.join(several, on="question_hash", how="left")
        .join(answered, on="id", how="left")
        .withColumn("reason", reason)
        .withColumn("turn", F.row_number().over(Window.partitionBy("mapping", "reason").orderBy(draw, "id")))
    )
    urgency = F.when(F.col("reason") == CHANGED, 0).when(F.col("reason") == CONFLICT, 1).otherwise(2)
    # Answers to one question lie side by side on the annotator's screen.
    together = F.when(F.col("reason") == CONFLICT, F.col("question_hash"))
    ordered = rows.orderBy(urgency, together, "turn", "mapping", "id").limit(options.budget)
    table = ordered.select(
        "id", "version", "view_hash", "mapping", F.lit("").alias("batch"), "reason", F.lit(number).alias("run")
    ).toArrow()
    return table.cast(labels.TASK_SCHEMA)


def _unasked(project: Project) -> DataFrame:
    """Pool rows whose (id, version) is neither picked nor answered, and whose text nobody approved under another id."""
    asked = pa.concat_tables(
        [labels.picks(project).select(["id", "version"]), labels.resolutions(project).select(["id", "version"])]
    )
    resolved = labels.resolutions(project)
    approved = resolved.filter(pa.compute.is_in(resolved.column("status"), pa.array(labels.APPROVED)))
    rows = entries.pool(project).join(F.broadcast(_frame(project, asked)), on=["id", "version"], how="left_anti")
    return rows.join(F.broadcast(_frame(project, approved.select(["view_hash"]))), on="view_hash", how="left_anti")


def _frame(project: Project, table: pa.Table) -> DataFrame:
    if table.num_rows == 0:
        return empty(project.spark, ", ".join(f"{name} string" for name in table.column_names))
    return project.spark.createDataFrame(table)
