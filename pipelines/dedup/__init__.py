"""Near duplicates: sketches, candidates, exact verification, and which row stays."""

from pipelines.dedup.job import Deduplicated, deduplicate
from pipelines.dedup.sketch import Sketching, sketch

__all__ = ["Deduplicated", "Sketching", "deduplicate", "sketch"]
