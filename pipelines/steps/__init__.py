"""Cleaning steps. Each is a small frozen model with one `apply`; order matters, and masking comes first."""

from __future__ import annotations

from pipelines.steps.base import Batch, Step
from pipelines.steps.boilerplate import Boilerplate
from pipelines.steps.length import Length
from pipelines.steps.mask import Mask
from pipelines.steps.normalise import Normalise
from pipelines.steps.quality import Quality
from pipelines.steps.sensitive import Sensitive
from pipelines.steps.shape import Shape
from washplant.config import CleanOptions


def chain(options: CleanOptions) -> tuple[Step, ...]:
    """The steps that the configuration asks for, in order."""
    mask = Mask(policy=options.personal)
    return (
        mask,
        Normalise(text=options.text),
        mask,  # a number split by markup is whole only now
        Boilerplate(
            kinds=options.boilerplate.kinds, lines=tuple(line for one in options.boilerplate.lists for line in one.words)
        ),
        Shape(drop_truncated=options.drop_truncated, drop_dead_ends=options.drop_dead_ends),
        Length(**options.length.model_dump()),
        Sensitive(
            lists=tuple((name, one.words) for name, one in options.sensitive.lists.items()), action=options.sensitive.action
        ),
        Quality(**{name: getattr(options.quality, name) for name in type(options.quality).model_fields}),
    )


__all__ = ["Batch", "Mask", "Normalise", "Step", "chain"]
