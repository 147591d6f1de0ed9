"""Cleaning steps. Each is a small frozen model with one `apply`; order matters, and masking comes first."""

from __future__ import annotations

from pipelines.steps.base import Batch, Step
from pipelines.steps.length import Length
from pipelines.steps.mask import Mask
from pipelines.steps.normalise import Normalise
from pipelines.steps.shape import Shape
from washplant.config import CleanOptions


def chain(options: CleanOptions) -> tuple[Step, ...]:
    """The steps that the configuration asks for, in order."""
    mask = Mask(kinds=options.mask)
    return (
        mask,
        Normalise(),
        mask,  # a number split by markup is whole only now
        Shape(drop_truncated=options.drop_truncated, drop_dead_ends=options.drop_dead_ends),
        Length(**options.length.model_dump()),
    )


__all__ = ["Batch", "Step", "chain"]
