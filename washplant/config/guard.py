"""The options of the meaning guard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from washplant.config.clean import Words
from washplant.config.source import Options, ShortForm
from washplant.text.meaning import PARTS, Guard, Part


def _parts(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class GuardOptions(Options):
    """What holds two similar samples apart: they look alike and do not say the same."""

    parts: Annotated[tuple[Part, ...], BeforeValidator(_parts), ShortForm({"type": "string"})] = Field(
        default=PARTS, description="what must be the same in both; `[]` turns the guard off"
    )
    opposites: Words | None = Field(
        default=None, description="your own sets of words that exclude one another, one a line: 升级 / 降级"
    )

    def relative_to(self, folder: Path) -> Self:
        read = self.opposites.relative_to(folder) if self.opposites else None
        return self.model_copy(update={"opposites": read})

    @model_validator(mode="after")
    def _opposites_have_sides(self) -> Self:
        for line in self.opposites.words if self.opposites else ():
            if not all(side.split() for side in line.split("/")) or "/" not in line:
                raise ValueError(f"opposites: {line!r} has no two sides; write 升级 / 降级")
        return self

    @property
    def guard(self) -> Guard:
        """The guard itself."""
        return Guard(self.parts, self.opposites.words if self.opposites else ())
