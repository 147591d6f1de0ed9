"""Memory that ran out, as advice in the order in which it costs least."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from washplant.config import TrainOptions
from washplant.errors import TrainError


@contextlib.contextmanager
def memory_advice(options: TrainOptions, where: str) -> Iterator[None]:
    """Turn an out-of-memory error of the GPU or of the machine into a TrainError that says what to change."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise TrainError(
            f"the memory ran out: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            where=where,
            next_step=f"in this order: {'; '.join(advice(options))}. `washplant train plan` estimates before the next try",
        ) from error


def advice(options: TrainOptions) -> list[str]:
    """What may still be changed."""
    steps = []
    if options.device_batch > 1:
        steps.append(f"device_batch: {options.device_batch // 2} (the result stays the same)")
    if options.gradient_checkpointing is False:
        steps.append("gradient_checkpointing: true")
    if options.max_length > 512:
        steps.append(f"max_length: {options.max_length // 2}")
    if options.method == "full":
        steps.append("method: lora")
    elif options.method != "qlora":
        steps.append("method: qlora")
    return [*steps, "a smaller base model"]
