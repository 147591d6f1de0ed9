"""Alpaca: `{"instruction", "input", "output"}`, and on request `system` and `history`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.exporters.base import Exporter
from washplant.config import ExportOptions
from washplant.sample import TaskKind


class AlpacaOptions(ExportOptions):
    """Instruction rows, one JSON object a line."""

    format: Literal["alpaca"] = Field(description="alpaca")
    system: bool = Field(
        default=False, description="write the system prompt as `system`; without it rows that have one are withheld"
    )
    history: bool = Field(
        default=False,
        description="write earlier turns as `history`; without it dialogues of several turns are withheld",
    )


class Alpaca(Exporter):
    """Dialogues; the last question is the instruction, what was said before is the history."""

    tasks: ClassVar[tuple[TaskKind, ...]] = (TaskKind.DIALOGUE,)
    options: AlpacaOptions

    def misfits(self) -> dict[str, Column]:
        """Rows that would silently lose a part."""
        found = {}
        if not self.options.history:
            found["several_turns"] = F.size("messages") > 2
        if not self.options.system:
            found["system_prompt"] = F.coalesce(F.col("system"), F.lit("")) != ""
        return found

    def fields(self) -> dict[str, Column]:
        """instruction, input, output, then system and history if asked for; null texts are empty."""
        fields = {
            "instruction": F.element_at("messages", -2)["content"],
            "input": F.coalesce("input", F.lit("")),
            "output": F.element_at("messages", -1)["content"],
        }
        if self.options.system:
            fields["system"] = F.coalesce("system", F.lit(""))
        if self.options.history:
            fields["history"] = F.expr(
                "transform(sequence(1, size(messages) - 2, 2), i -> array(messages[i - 1].content, messages[i].content))"
            )
            earlier = F.size("messages") > 2
            fields["history"] = F.when(earlier, fields["history"]).otherwise(F.expr("cast(array() as array<array<string>>)"))
        return fields
