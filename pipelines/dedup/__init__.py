"""Near duplicates on Spark: sketches, candidates, exact verification, and which row stays."""

from pipelines.dedup.job import Deduplicated, deduplicate
from pipelines.dedup.sketch import sketch
from washplant.duplicates import Sketching

__all__ = ["Deduplicated", "Sketching", "deduplicate", "sketch"]
