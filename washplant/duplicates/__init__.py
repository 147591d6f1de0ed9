"""Near duplicates as pure functions over arrays: no Spark. `pipelines.dedup` runs them on a cluster, `files` on one machine.

sketching   a text's band keys, and how pairs are measured
buckets     rows that share a key
greedy      which of several similar rows stays
"""

from washplant.duplicates.sketching import Sketching, pair_sizes

__all__ = ["Sketching", "pair_sizes"]
