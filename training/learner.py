"""What an objective is: the model it starts from, the trainer that changes it, and how it is measured."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.version import Version
from washplant.config import TrainJob


@dataclass(frozen=True)
class Measured:
    """A model on the test split: figures over all rows, by origin, and each row for people to look at."""

    metrics: dict[str, float]
    groups: dict[str, dict[str, float]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    """Prompts of the regression file that it answers as the file says."""


class Learner(ABC):
    """One objective at work on one job."""

    falls: str = ""
    """The metric that must not rise by more than the tolerance."""
    rises: str = ""
    """The metric that must not fall, where there is none that must not rise."""

    def __init__(self, job: TrainJob, version: Version) -> None:
        self.job, self.options, self.version = job, job.options, version
        self.model: Any = None
        self.processor: Any = None

    @abstractmethod
    def load(self) -> None:
        """Load model and tokenizer (or image processor)."""

    @abstractmethod
    def trainer(self) -> Any:
        """The trainer, its data prepared; for adapters it wraps the model."""

    @abstractmethod
    def measure(self) -> Measured:
        """The model as it is now, on the test split."""

    def worse(self, before: Mapping[str, float], after: Mapping[str, float]) -> str | None:
        """Why the trained model must not be used; None when it may be."""
        tolerance = self.options.evaluate.tolerance
        # Said so that a figure that is no number (a diverged model's) is worse, too.
        if self.falls and not after[self.falls] <= before[self.falls] + tolerance:
            return f"{self.falls} on the test split rose from {before[self.falls]:.4f} to {after[self.falls]:.4f}"
        if self.rises and not after[self.rises] >= before[self.rises] - tolerance:
            return f"{self.rises} on the test split fell from {before[self.rises]:.4f} to {after[self.rises]:.4f}"
        return None

    def where(self, split: str) -> str:
        """A split for errors."""
        return self.version.store.full(f"{self.version.path}/{split}.jsonl")

    def dataset(self, split: str, rows: Callable[[], Iterable[Mapping[str, Any]]]) -> Any:
        """Rows as a dataset on the disk, so that memory does not bound it."""
        from datasets import Dataset

        cache = Path(self.job.folder) / "data" / split
        # Given, or datasets would pickle the generator, and with it the model, to make one.
        fingerprint = hashlib.sha256(f"{self.version.sha256}{self.job.model_dump_json()}{split}".encode()).hexdigest()[:32]
        return Dataset.from_generator(lambda: iter(rows()), cache_dir=str(cache), fingerprint=fingerprint)
