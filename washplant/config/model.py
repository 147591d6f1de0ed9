"""The configuration's shape. Parameters are described here once; `--help`, the JSON Schema and the reference come from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from washplant.config.clean import BoilerplateOptions, QualityOptions, SensitiveOptions, TextOptions
from washplant.config.guard import GuardOptions
from washplant.config.pii import PiiKind, PiiOptions
from washplant.config.schedule import ScheduleOptions
from washplant.config.source import OneOrMany, Options, ShortForm, SourceOptions
from washplant.config.template import Template
from washplant.config.train import TrainOptions
from washplant.sample import TaskKind
from washplant.text.pii import Policy

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]


class JoinOptions(Options):
    """How a source's rows find their one row in another source."""

    on: OneOrMany = Field(description="columns of the driving source that hold the joined source's key, in its order")


def _join(value: object) -> object:
    return {"on": value} if isinstance(value, str | list | tuple) else value


_JOIN_COLUMNS = ShortForm({"type": "string"}, {"type": "array", "items": {"type": "string"}})


class MappingOptions(Options):
    """How rows become samples. Texts are templates: `{column}`, or `{source.column}` for a joined source."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: str = Field(alias="from", description="the driving source: one row, or one group of rows, is one sample")
    task: TaskKind = Field(default=TaskKind.DIALOGUE, description="what the samples teach")
    join: dict[str, Annotated[JoinOptions, BeforeValidator(_join), _JOIN_COLUMNS]] = Field(
        default_factory=dict, description="other sources, each by the columns that hold its key"
    )
    when: str | None = Field(default=None, description="a Spark SQL condition; rows that do not meet it make no sample")
    system: Template | None = Field(default=None, description="the system prompt")
    instruction: Template | None = Field(default=None, description="the question (dialogue), the text (classification)")
    input: Template | None = Field(default=None, description="Alpaca's optional input")
    output: Template | None = Field(default=None, description="the answer")
    group_by: OneOrMany = Field(default=(), description="columns whose equal values make rows the turns of one dialogue")
    order_by: OneOrMany = Field(default=(), description="columns that order the turns of a group")
    role: Template | None = Field(default=None, description="who speaks in a row of a group")
    roles: dict[str, Literal["user", "assistant", "skip"]] = Field(
        default_factory=dict, description="which speaker is the user, which the assistant, and whose rows are left out"
    )
    content: Template | None = Field(default=None, description="what is said in a row of a group")
    chosen: Template | None = Field(default=None, description="the better answer (preference)")
    rejected: Template | None = Field(default=None, description="the worse answer (preference)")
    label: Template | None = Field(default=None, description="the class (classification)")
    image_path: Template | None = Field(default=None, description="the image (image classification)")
    meta: OneOrMany = Field(default=(), description="columns carried along beside the sample")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        required: dict[TaskKind, tuple[str, ...]] = {
            TaskKind.DIALOGUE: ("role", "roles", "content", "order_by") if self.group_by else ("instruction", "output"),
            TaskKind.PREFERENCE: ("instruction", "chosen", "rejected"),
            TaskKind.TEXT_CLASSIFICATION: ("instruction", "label"),
            TaskKind.IMAGE_CLASSIFICATION: ("image_path", "label"),
        }
        missing = [name for name in required[self.task] if not getattr(self, name)]
        if missing:
            raise ValueError(f"a {self.task} mapping needs {', '.join(missing)}")
        if self.group_by and (self.task is not TaskKind.DIALOGUE or self.instruction or self.output):
            raise ValueError("group_by makes dialogues of rows by role and content; leave instruction and output out")
        if not self.group_by and (self.role or self.roles or self.content or self.order_by):
            raise ValueError("role, roles, content and order_by need group_by")
        if self.group_by and self.join:
            raise ValueError("a grouped mapping cannot join other sources; join before, in a view of the source")
        return self


class LengthOptions(Options):
    """Bounds in characters, after cleaning."""

    question_min: int = Field(default=2, ge=0, description="shortest question")
    answer_min: int = Field(default=2, ge=0, description="shortest answer")
    total_max: int = Field(default=8000, ge=1, description="longest sample, all its texts together")


class CleanOptions(Options):
    """What is masked, repaired and dropped before deduplication."""

    pii: PiiOptions = Field(default=PiiOptions(), description="personal data, and what becomes of it before all else")
    mask: tuple[PiiKind, ...] | None = Field(default=None, description="short for `pii: {kinds: […]}`")
    length: LengthOptions = Field(default=LengthOptions(), description="bounds in characters, after cleaning")
    drop_truncated: bool = Field(default=True, description="drop answers that stop in mid-sentence")
    drop_dead_ends: bool = Field(default=True, description="drop answers that only stall: 请稍等, 转人工")
    text: TextOptions = Field(default=TextOptions(), description="how texts are written")
    boilerplate: BoilerplateOptions = Field(
        default=BoilerplateOptions(), description="what is cut from the start and the end of texts"
    )
    quality: QualityOptions = Field(default=QualityOptions(), description="scores, and when a row is tagged or dropped")
    sensitive: SensitiveOptions = Field(default=SensitiveOptions(), description="words that must not be learnt")

    def relative_to(self, folder: Path) -> Self:
        read = {name: getattr(self, name).relative_to(folder) for name in ("boilerplate", "sensitive")}
        return self.model_copy(update=read)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.mask is not None and "pii" in self.model_fields_set:
            raise ValueError("mask: is short for `pii: {kinds: […]}`; keep one of both")
        return self

    @property
    def personal(self) -> Policy:
        """What is personal, and what becomes of it."""
        return self.pii.policy() if self.mask is None else Policy(self.mask)


class DedupOptions(Options):
    """When two samples are the same."""

    threshold: float = Field(
        default=0.8, gt=0, lt=1, description="Jaccard similarity of character n-grams from which two are duplicates"
    )
    num_perm: int = Field(default=128, ge=16, le=1024, description="MinHash permutations")
    recall: float = Field(default=0.999, gt=0, lt=1, description="share of true pairs that the bands must find")
    keep: Literal["longest", "newest", "oldest"] = Field(
        default="longest", description="which of several new duplicates stays; a labelled one always does"
    )
    guard: GuardOptions = Field(default=GuardOptions(), description="what holds two similar samples apart")

    def relative_to(self, folder: Path) -> Self:
        return self.model_copy(update={"guard": self.guard.relative_to(folder)})


class BackendOptions(Options):
    """Where people answer."""

    kind: str = Field(description="what holds the tasks")


class LabelOptions(Options):
    """Which samples people see, and how their answers become one."""

    backend: SerializeAsAny[BackendOptions] | None = Field(default=None, description="where people answer")
    budget: int = Field(default=200, ge=0, description="tasks pushed per run at the most")
    conflicts_first: bool = Field(default=True, description="same question with different answers goes first")
    min_answers: int = Field(default=1, ge=1, description="answers that a task needs before it counts")


class SplitOptions(Options):
    """Shares of the splits; a duplicate cluster falls into one of them for good."""

    train: float = Field(default=0.9, ge=0, le=1, description="share of the clusters to train on")
    validation: float = Field(default=0.05, ge=0, le=1, description="share of the clusters to watch while training")
    test: float = Field(default=0.05, ge=0, le=1, description="share of the clusters for the last measurement")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must add up to 1")
        return self


class ExportOptions(Options):
    """One dataset: which mappings, and which rows of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    format: str = Field(description="the format of its lines")
    mappings: OneOrMany = Field(default=(), alias="from", description="mappings to export; all that fit when not given")
    include: Literal["approved", "unlabelled"] = Field(
        default="approved", description="approved: human-approved rows only; unlabelled: rows nobody looked at as well"
    )


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


SparkSetting = Annotated[str, BeforeValidator(_as_text), ShortForm({"type": "boolean"}, {"type": "number"})]


class SparkOptions(Options):
    """Spark's own settings; `--master` on the command line wins."""

    master: str | None = Field(default=None, description="for example local[*], spark://host:7077, yarn")
    warehouse: str | None = Field(
        default=None,
        description="folder of an embedded Hive warehouse and metastore; none when hive-site.xml says where",
    )
    conf: dict[str, SparkSetting] = Field(default_factory=dict, description="any spark.* setting")


class Config(Options):
    """A project: where rows come from and what becomes of them."""

    name: Name = Field(description="name of the project")
    store: str = Field(default="store", description="folder or URI that holds everything; relative to this file")
    ledger: str | None = Field(
        default=None, description="SQLAlchemy URL of the ledger; SQLite beside a local store when not given"
    )
    seed: int = Field(default=0, description="seed of everything random")
    sources: Mapping[Name, SerializeAsAny[SourceOptions]] = Field(min_length=1, description="where rows come from")
    map: dict[Name, MappingOptions] = Field(min_length=1, description="how rows become samples")
    clean: CleanOptions = Field(default=CleanOptions(), description="what is masked, repaired and dropped")
    dedup: DedupOptions = Field(default=DedupOptions(), description="when two samples are the same")
    label: LabelOptions = Field(default=LabelOptions(), description="which samples people see")
    split: SplitOptions = Field(default=SplitOptions(), description="shares of train, validation and test")
    export: Mapping[Name, SerializeAsAny[ExportOptions]] = Field(default_factory=dict, description="datasets that are made")
    train: dict[Name, TrainOptions] = Field(default_factory=dict, description="models that are trained")
    spark: SparkOptions = Field(default=SparkOptions(), description="Spark's own settings")
    schedule: ScheduleOptions = Field(default=ScheduleOptions(), description="when a scheduler runs the project")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name, mapping in self.map.items():
            for place, source in (("from", mapping.source), *((f"join.{source}", source) for source in mapping.join)):
                if source not in self.sources:
                    raise ValueError(f"map.{name}.{place}: no source {source!r}; known: {', '.join(self.sources)}")
            for source in mapping.join:
                if len(self.sources[source].key) != len(mapping.join[source].on):
                    raise ValueError(
                        f"map.{name}.join.{source}: `on` names {len(mapping.join[source].on)} columns, "
                        f"the key of {source} has {len(self.sources[source].key)}"
                    )
        for source in self.schedule.pools:
            if source not in self.sources:
                raise ValueError(f"schedule.pools: no source {source!r}; known: {', '.join(self.sources)}")
        for name, export in self.export.items():
            for wanted in export.mappings:
                if wanted not in self.map:
                    raise ValueError(f"export.{name}.from: no mapping {wanted!r}; known: {', '.join(self.map)}")
        for name, train in self.train.items():
            if train.dataset_name not in self.export:
                raise ValueError(f"train.{name}.dataset: no export {train.dataset_name!r}; known: {', '.join(self.export)}")
        return self
