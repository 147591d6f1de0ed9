"""What a format is: which samples fit it, and the line that each becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from washplant.sample import TaskKind


class Exporter(ABC):
    """One format. Its columns and their types are the same on every line, as loaders demand (LLaMA-Factory#3281)."""

    tasks: ClassVar[tuple[TaskKind, ...]]

    def __init__(self, options: Any, folder: Path) -> None:
        self.options, self.folder = options, folder

    @abstractmethod
    def misfits(self) -> dict[str, Column]:
        """Conditions under which a sample cannot be told in this format, by reason."""

    @abstractmethod
    def fields(self) -> dict[str, Column]:
        """The line's keys, in order, as columns of the sample."""

    def checked(self, rows: DataFrame) -> DataFrame:
        """Rows with a column `misfit`: the reason why a row cannot be exported, or null."""
        reason = F.coalesce(
            *(F.when(condition, name) for name, condition in self.misfits().items()), F.lit(None).cast("string")
        )
        return rows.withColumn("misfit", reason)

    def line(self) -> Column:
        """A sample as one line of JSON; nothing is escaped that needs no escaping, so Chinese stays readable."""
        return F.to_json(
            F.struct(*(column.alias(name) for name, column in self.fields().items())), {"ignoreNullFields": "false"}
        )
