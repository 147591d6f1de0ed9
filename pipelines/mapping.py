"""Mapping: business rows become samples.

Only what new raw rows touch is mapped again: rows that changed, rows joined to rows that changed, groups that a changed row
is or was part of. Everything else stays as it was curated.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines import raw, templates
from pipelines.frames import union
from pipelines.hashing import content_version, digest, row_key
from pipelines.project import Project
from washplant.config import MappingOptions
from washplant.errors import ConfigError
from washplant.manifest import Manifest
from washplant.sample import SAMPLE_COLUMNS, SAMPLE_DDL, TaskKind

MAPPED_DDL = f"{SAMPLE_DDL}, raw_run int"
NO_TURNS = "array<struct<role: string, content: string>>"


@dataclass(frozen=True)
class Mapped:
    """`samples`: what the touched rows make now. `touched`: ids whose samples may have changed or ended."""

    samples: DataFrame
    touched: DataFrame


def map_rows(project: Project, name: str, new_runs: dict[str, list[Manifest]], *, everything: bool) -> Mapped | None:
    """Apply the mapping `name` to what `new_runs` (by source) touch, or to `everything`; None when that is nothing."""
    return _Mapping(project, name).apply(new_runs, everything=everything)


@dataclass(frozen=True)
class _Mapping:
    project: Project
    name: str

    @property
    def options(self) -> MappingOptions:
        return self.project.loaded.config.map[self.name]

    def where(self, part: str) -> str:
        return self.project.loaded.at("map", self.name, part)

    def apply(self, new_runs: dict[str, list[Manifest]], *, everything: bool) -> Mapped | None:
        rows = raw.current(self.project, self.options.source)
        if rows is None:
            return None
        living = self._joined(rows.where(F.col(raw.OP) == raw.UPSERT))
        keys = None if everything else self._touched_keys(rows, new_runs)
        if keys is None and not everything:
            return None
        key = self._key(living)
        if keys is not None:
            living = living.join(keys, key == keys["_touched"], how="left_semi")
        samples = self._samples(living)
        every_key = (keys if keys is not None else rows.select(self._key(rows).alias("_touched"))).distinct()
        touched = every_key.select(self._id(F.col("_touched")).alias("id"))
        return Mapped(samples, touched)

    def _id(self, key: Column) -> Column:
        return digest(F.lit(self.options.source), F.lit(self.name), key)

    def _key(self, frame: DataFrame) -> Column:
        for column in self.options.group_by:
            templates.reference(column, frame.schema, self.where("group_by"))
        return row_key(self.options.group_by) if self.options.group_by else frame[raw.KEY]

    def _touched_keys(self, rows: DataFrame, new_runs: dict[str, list[Manifest]]) -> DataFrame | None:
        """Sample keys (`_touched`) that rows of the new runs make or made."""
        found: list[DataFrame] = []
        changed = raw.read(self.project, new_runs.get(self.options.source, []))
        if changed is not None:
            keys = changed.select(raw.KEY).distinct()
            past = raw.history(self.project, self.options.source) if self.options.group_by else changed
            assert past is not None, "a source with new runs has a history"
            # A row that moved to another group touches the one that it left as well.
            found.append(past.join(keys, on=raw.KEY, how="left_semi").select(self._key(past).alias("_touched")))
        for source, join in self.options.join.items():
            changed = raw.read(self.project, new_runs.get(source, []))
            if changed is not None:
                keys = changed.select(F.col(raw.KEY).alias("_joined")).distinct()
                found.append(
                    rows.join(keys, row_key(join.on) == keys["_joined"], how="left_semi").select(
                        self._key(rows).alias("_touched")
                    )
                )
        return union(found).distinct() if found else None

    def _joined(self, rows: DataFrame) -> DataFrame:
        """The driving rows, each joined source's row beside them as one struct column named after the source."""
        for source, join in self.options.join.items():
            for column in join.on:
                templates.reference(column, rows.schema, self.where("join"))
            if source in rows.columns:
                raise ConfigError(
                    f"{self.options.source} has a column named like the joined source {source!r}",
                    where=self.where("join"),
                    next_step="rename the source in the YAML",
                )
            other = raw.current(self.project, source)
            if other is None:
                raise ConfigError(
                    f"nothing was ever ingested from the joined source {source!r}",
                    where=self.where("join"),
                    next_step=f"run `washplant ingest --source {source}` first",
                )
            columns = [column for column in other.columns if column not in raw.OUR_COLUMNS]
            other = other.where(F.col(raw.OP) == raw.UPSERT).select(
                F.col(raw.KEY).alias("_joined"), F.struct(*(f"`{column}`" for column in columns)).alias(source)
            )
            rows = rows.join(other, row_key(join.on) == other["_joined"], how="left").drop("_joined")
        return rows

    def _samples(self, rows: DataFrame) -> DataFrame:
        rows = self._filtered(rows)
        content = self._dialogues(rows) if self.options.group_by else self._single(rows)
        frame = content.withColumns(
            {
                "source": F.lit(self.options.source),
                "mapping": F.lit(self.name),
                "task": F.lit(str(self.options.task)),
                "tags": F.array().cast("array<string>"),
                "scores": F.create_map().cast("map<string, double>"),
                "id": self._id(F.col("key")),
            }
        ).withColumn("version", content_version())
        return frame.select(*SAMPLE_COLUMNS, F.col("raw_run").cast("int"))

    def _filtered(self, rows: DataFrame) -> DataFrame:
        if self.options.when is None:
            return rows
        try:
            return rows.where(F.expr(self.options.when))
        except (AnalysisException, ParseException) as error:
            raise ConfigError(
                f"not a condition over the columns of {self.options.source}: {str(error).strip().splitlines()[0]}",
                where=self.where("when"),
                next_step="write a Spark SQL condition such as status = 'closed'",
            ) from error

    def _text(self, part: str, rows: DataFrame) -> Column:
        template = getattr(self.options, part)
        if template is None:
            return F.lit(None).cast("string")
        return templates.column(template, rows.schema, self.where(part))

    def _meta(self, rows: DataFrame) -> list[Column]:
        """Alternating names and values of the meta map."""
        pairs: list[Column] = []
        for name in self.options.meta:
            pairs += [F.lit(name), templates.reference(name, rows.schema, self.where("meta")).cast("string")]
        return pairs

    def _meta_map(self, rows: DataFrame) -> Column:
        pairs = self._meta(rows)
        return F.create_map(*pairs) if pairs else F.create_map().cast("map<string, string>")

    def _single(self, rows: DataFrame) -> DataFrame:
        question, answer = self._text("instruction", rows), self._text("output", rows)
        turns: list[Column] = []
        if self.options.task is not TaskKind.IMAGE_CLASSIFICATION:
            turns.append(_turn("user", question))
        if self.options.task is TaskKind.DIALOGUE:
            turns.append(_turn("assistant", answer))
        return rows.select(
            F.col(raw.KEY).alias("key"),
            F.col(raw.RUN).alias("raw_run"),
            (F.array(*turns) if turns else F.array()).cast(NO_TURNS).alias("messages"),
            *(self._text(part, rows).alias(part) for part in ("system", "input", "chosen", "rejected", "label", "image_path")),
            self._meta_map(rows).alias("meta"),
        )

    def _dialogues(self, rows: DataFrame) -> DataFrame:
        """One sample a group: rows in order, the turns of one speaker joined, from the first question to the last answer."""
        order = [templates.reference(name, rows.schema, self.where("order_by")) for name in self.options.order_by]
        roles = F.create_map(*(F.lit(part) for pair in self.options.roles.items() for part in pair))
        spoken = self._text("role", rows)
        turns = rows.select(
            row_key(self.options.group_by).alias("key"),
            F.col(raw.RUN).alias("_run_number"),
            F.struct(*(column.alias(f"o{i}") for i, column in enumerate(order)), F.col(raw.KEY).alias("tie")).alias("at"),
            # A speaker that the YAML does not name keeps its own name, and the shape check names it in the rejects.
            F.coalesce(F.try_element_at(roles, spoken), spoken, F.lit("")).alias("role"),
            F.coalesce(self._text("content", rows), F.lit("")).alias("content"),
            self._meta_map(rows).alias("meta"),
            self._text("system", rows).alias("system"),
        )
        grouped = turns.groupBy("key").agg(
            F.sort_array(F.collect_list(F.struct("at", "role", "content"))).alias("turns"),
            F.min_by("meta", "at").alias("meta"),
            F.min_by("system", "at").alias("system"),
            F.max("_run_number").alias("raw_run"),
        )
        nothing = F.lit(None).cast("string")
        return grouped.select(
            "key",
            "raw_run",
            "system",
            "meta",
            F.expr(_JOINED_TURNS).alias("messages"),
            *(nothing.alias(part) for part in ("input", "chosen", "rejected", "label", "image_path")),
        ).withColumn("messages", F.expr(_TRIMMED_TURNS))


def _turn(role: str, content: Column) -> Column:
    return F.struct(F.lit(role).alias("role"), F.coalesce(content, F.lit("")).alias("content"))


_JOINED_TURNS = f"""
aggregate(
  filter(turns, t -> t.role != 'skip' and translate(t.content, ' \\t\\r\\n\u3000', '') != ''),
  cast(array() as {NO_TURNS}),
  (done, t) -> case
    when size(done) > 0 and element_at(done, -1).role = t.role then concat(
      slice(done, 1, size(done) - 1),
      array(named_struct('role', t.role, 'content', concat(element_at(done, -1).content, '\\n', t.content))))
    else concat(done, array(named_struct('role', t.role, 'content', t.content))) end)
"""
"""Rows of one speaker in a row are one turn; a training template needs user and assistant to alternate."""

_TRIMMED_TURNS = """
slice(messages,
  greatest(1, array_position(transform(messages, t -> t.role), 'user')),
  greatest(0, size(messages) + 1
    - greatest(1, array_position(reverse(transform(messages, t -> t.role)), 'assistant'))
    + 1 - greatest(1, array_position(transform(messages, t -> t.role), 'user'))))
"""
"""Greetings before the first question and questions after the last answer teach nothing."""
