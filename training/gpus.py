"""How long a run takes on which GPU: the arithmetic that it needs over the arithmetic that the GPU does."""

from __future__ import annotations

from dataclasses import dataclass

from washplant.config import TrainOptions

UTILISATION = 0.35
"""Share of the peak that training of 1 to 70 billion parameters reaches; an assumption, not a measurement of ours."""


@dataclass(frozen=True)
class Gpu:
    """Peak of dense bf16 arithmetic in TFLOP/s and memory in GiB, by the maker's data sheet."""

    name: str
    tflops: float
    gib: float


GPUS = (
    Gpu("A10 24 GB", 125, 24),
    Gpu("RTX 4090 24 GB", 165, 24),
    Gpu("L40S 48 GB", 362, 48),
    Gpu("A100 80 GB", 312, 80),
    Gpu("H20 96 GB", 148, 96),
    Gpu("H100 80 GB", 989, 80),
    Gpu("H200 141 GB", 989, 141),
)


def operations(options: TrainOptions, parameters: int, tokens: float) -> float:
    """Floating-point operations of a run over so many tokens (epochs counted).

    A token costs 2 a parameter forward, 2 backward to the inputs, 2 more to the weights where those are trained
    (Kaplan et al. 2020, arXiv:2001.08361, section 2.1), and 2 where activations are computed twice.
    """
    forward_and_backward = 4 if options.adapter else 6
    again = 0 if options.gradient_checkpointing is False else 2
    return float((forward_and_backward + again) * parameters * tokens)


def hours(options: TrainOptions, parameters: int, tokens: float, gib: float) -> dict[str, float]:
    """Hours on one GPU of each type whose memory suffices."""
    needed = operations(options, parameters, tokens)
    return {gpu.name: needed / (gpu.tflops * 1e12 * UTILISATION) / 3600 for gpu in GPUS if gib <= gpu.gib}
