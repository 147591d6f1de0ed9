"""Counting the entries of a store: one pass over narrow columns, in which the examples to show are chosen by their ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.report.data import Bin
from washplant.report.scan import map_items, smallest

KEPT, GONE, NEAR, EXACT = "kept", "gone", "near_duplicate", "exact_duplicate"
EXAMPLES, NEAR_PAIRS, PAIRS = 3, 8, 10
BINS = 100

COLUMNS = [
    *("id", "version", "mapping", "status", "drop_step", "drop_reason", "kept_id", "similarity", "view_hash", "rules"),
    *("changed_by", "masked", "masked_in"),
]
"""The columns of an entry (see `pipelines.entries`) that are counted."""

_OUTCOME = ["mapping", "status", "drop_step", "drop_reason"]
_SHOWN = ["id", "kept_id", "similarity", "drop_reason"]


@dataclass
class Approved:
    """What people approved: samples as `id:version`, and the views that carry an answer over to an equal text."""

    samples: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    views: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))


@dataclass
class Tally:
    """Counts of the newest entries. `outcomes` by (mapping, status, step, reason); `rules` by (mapping, rules); `masked_…` by
    kind, of what is said; `masked_in_…` by column and kind (messages.mobile), with the metadata."""

    approved: Approved
    outcomes: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    labelled: Counter[str] = field(default_factory=Counter)
    masked_rows: Counter[str] = field(default_factory=Counter)
    masked_times: Counter[str] = field(default_factory=Counter)
    masked_in_rows: Counter[str] = field(default_factory=Counter)
    masked_in_times: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    similarity: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    examples: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    alike_least: pa.Table | None = None
    alike_first: pa.Table | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch with `COLUMNS`."""
        batch = batch.filter(pc.not_equal(batch.column("status"), GONE))
        if not batch.num_rows:
            return
        table = pa.Table.from_batches([batch])
        _count(self.outcomes, table, _OUTCOME)
        _count(self.rules, table, ["mapping", "rules"])
        _count(self.labelled, table.filter(self._is_labelled(batch)), ["mapping"])
        _count_values(self.changed, pc.list_flatten(batch.column("changed_by")))
        _count_items(self.masked_rows, self.masked_times, batch.column("masked"))
        _count_items(self.masked_in_rows, self.masked_in_times, batch.column("masked_in"))
        self._add_examples(batch)

    def _is_labelled(self, batch: pa.RecordBatch) -> pa.Array:
        own = pc.binary_join_element_wise(batch.column("id"), batch.column("version"), ":")
        answered = pc.or_(pc.is_in(own, self.approved.samples), pc.is_in(batch.column("view_hash"), self.approved.views))
        return pc.and_(pc.equal(batch.column("status"), KEPT), answered)

    def _add_examples(self, batch: pa.RecordBatch) -> None:
        dropped = batch.filter(pc.is_valid(batch.column("drop_reason")))
        near = pc.equal(dropped.column("drop_reason"), NEAR)
        self._add_near(dropped.filter(near).select(_SHOWN))
        other = dropped.filter(pc.invert(near))
        for step, reason in {(r["drop_step"], r["drop_reason"]) for r in _distinct(other, ["drop_step", "drop_reason"])}:
            mine = other.filter(
                pc.and_(pc.equal(other.column("drop_step"), step), pc.equal(other.column("drop_reason"), reason))
            )
            self.examples[step, reason] = smallest(self.examples.get((step, reason)), mine.select(_SHOWN), ["id"], EXAMPLES)

    def _add_near(self, near: pa.RecordBatch) -> None:
        if not near.num_rows:
            return
        found = near.column("similarity").to_numpy(zero_copy_only=False)
        # A hair is added because 0.29 * 100 is 28.999999999999996.
        bins = np.clip(np.floor(np.nan_to_num(found) * BINS + 1e-9).astype(np.int64), 0, BINS - 1)
        self.similarity += np.bincount(bins, minlength=BINS)
        self.alike_least = smallest(self.alike_least, near, ["similarity", "id"], NEAR_PAIRS // 2)
        self.alike_first = smallest(self.alike_first, near, ["id"], NEAR_PAIRS)

    def duplicates(self, reason: str) -> int:
        """Rows dropped for one reason of deduplication."""
        return sum(count for (_, _, _, name), count in self.outcomes.items() if name == reason)

    def histogram(self, threshold: float) -> tuple[Bin, ...]:
        """Near duplicates by similarity in steps of 0.01, from the threshold, or from what lies below it, to 1."""
        filled = np.flatnonzero(self.similarity)
        if not len(filled):
            return ()
        start = min(int(threshold * BINS + 1e-9), int(filled[0]), BINS - 1)
        return tuple(Bin(i / BINS, (i + 1) / BINS, int(self.similarity[i])) for i in range(start, BINS))

    def chosen_pairs(self) -> list[dict[str, Any]]:
        """Up to ten duplicates: the least alike, then those with the smallest ids, then exact ones."""
        least = self.alike_least.to_pylist() if self.alike_least is not None else []
        first = self.alike_first.to_pylist() if self.alike_first is not None else []
        exact = self.examples.get(("dedup", EXACT))
        known = {row["id"] for row in least}
        near = [*least, *(row for row in first if row["id"] not in known)][:NEAR_PAIRS]
        return [*near, *(exact.to_pylist() if exact is not None else [])][:PAIRS]


def _count(into: Counter[Any], table: pa.Table, by: list[str]) -> None:
    for row in table.group_by(by).aggregate([([], "count_all")]).to_pylist():
        key = tuple(row[name] or "" for name in by)
        into[key if len(by) > 1 else key[0]] += row["count_all"]


def _count_items(rows: Counter[str], times: Counter[str], maps: pa.MapArray) -> None:
    """Add per key the maps that count it at all, and the sum of their counts."""
    names, counts = map_items(maps)
    table = pa.table({"name": names, "times": counts}).filter(pc.field("times") > 0)
    _count(rows, table, ["name"])
    for row in table.group_by("name").aggregate([("times", "sum")]).to_pylist():
        times[row["name"]] += row["times_sum"]


def _count_values(into: Counter[str], values: pa.Array) -> None:
    for row in pc.value_counts(values).to_pylist():
        into[row["values"]] += row["counts"]


def _distinct(batch: pa.RecordBatch, by: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.Table.from_batches([batch]).group_by(by).aggregate([]).to_pylist()
    return found
