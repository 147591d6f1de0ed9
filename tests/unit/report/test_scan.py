"""Reading the newest rows with Arrow alone, and counting them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from washplant.report import scan
from washplant.report.tally import Approved, Tally

ENTRY = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "version", "mapping", "status", "drop_step", "drop_reason", "kept_id")),
        ("similarity", pa.float64()),
        ("view_hash", pa.string()),
        ("rules", pa.string()),
        ("changed_by", pa.list_(pa.string())),
        ("masked", pa.map_(pa.string(), pa.int32())),
        ("masked_in", pa.map_(pa.string(), pa.int32())),
    ]
)


def written(folder: Path, *runs: list[dict[str, Any]], schema: pa.Schema | None = None) -> list[ds.Dataset]:
    """Each run as a dataset of Parquet with row groups of two rows."""
    datasets = []
    for number, rows in enumerate(runs):
        path = folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=2)
        datasets.append(ds.dataset(str(path), format="parquet"))
    return datasets


def entry(name: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    step = None if reason is None else "dedup" if "duplicate" in reason else "shape"
    row = {"id": name, "version": "v", "mapping": "qa", "status": "dropped" if reason else "kept", "rules": "r"}
    row |= {"drop_step": step, "drop_reason": reason, "view_hash": f"h{name}"}
    return {**row, "changed_by": [], "masked": [], "masked_in": [], **more}


def counted(*rows: dict[str, Any], approved: Approved | None = None) -> Tally:
    """A tally of the rows, added in batches of three."""
    tally = Tally(approved or Approved())
    for batch in pa.Table.from_pylist(list(rows), schema=ENTRY).to_batches(max_chunksize=3):
        tally.add(batch)
    return tally


def test_of_every_id_the_newest_row_counts(tmp_path: Path) -> None:
    runs = written(
        tmp_path,
        [{"id": name, "at": 1, "text": "x"} for name in "abcdef"],
        [{"id": name, "at": 2, "text": "x"} for name in "bgh"],
        [{"id": name, "at": 3, "text": "x"} for name in "bhc"],
    )
    rows = [row for batch in scan.newest(runs, "id", ["id", "at"]) for row in batch.to_pylist()]
    assert sorted((row["id"], row["at"]) for row in rows) == [
        *(("a", 1), ("b", 3), ("c", 3), ("d", 1), ("e", 1), ("f", 1), ("g", 2), ("h", 3))
    ]


def test_no_runs_have_no_rows() -> None:
    assert list(scan.newest([], "id", ["id"])) == []
    assert scan.rows_of([], {"a"}, ["id"]) == {}


def test_the_rows_of_a_few_ids_are_the_newest(tmp_path: Path) -> None:
    runs = written(tmp_path, [{"id": name, "at": 1} for name in "abcdef"], [{"id": "b", "at": 2}])
    assert {name: row["at"] for name, row in scan.rows_of(runs, {"b", "f", "z"}, ["id", "at"]).items()} == {"b": 2, "f": 1}
    assert scan.rows_of(runs, set(), ["id"]) == {}


def test_rows_are_counted_by_outcome_and_gone_ones_not_at_all() -> None:
    tally = counted(
        *(entry(name) for name in "abcd"),
        entry("e", "empty_answer", mapping="chat"),
        entry("f", status="gone", rules="older"),
        entry("g", rules="older"),
    )
    assert tally.outcomes == {("qa", "kept", "", ""): 5, ("chat", "dropped", "shape", "empty_answer"): 1}
    assert tally.rules == {("qa", "r"): 4, ("chat", "r"): 1, ("qa", "older"): 1}


def test_masked_and_changed_rows_are_counted() -> None:
    tally = counted(
        entry("a", masked=[("mobile", 2), ("resident_id", 0)], changed_by=["mask", "normalise"]),
        entry("b", masked=None, changed_by=None),
        *(entry(name, masked=[("mobile", 1)], changed_by=["mask"]) for name in "cde"),
    )
    assert tally.masked_rows == {"mobile": 4}
    assert tally.masked_times == {"mobile": 5}
    assert tally.changed == {"mask": 4, "normalise": 1}


def test_masked_rows_are_counted_by_column() -> None:
    tally = counted(
        entry("a", masked_in=[("messages.mobile", 2), ("meta.note.name", 1)]),
        *(entry(name, masked_in=[("messages.mobile", 1)]) for name in "bcd"),
        entry("e", masked_in=None),
    )
    assert tally.masked_in_rows == {"messages.mobile": 4, "meta.note.name": 1}
    assert tally.masked_in_times == {"messages.mobile": 5, "meta.note.name": 1}


def test_a_label_counts_for_its_version_and_for_equal_views() -> None:
    approved = Approved(pa.array(["a:v", "b:old", "d:v"]), pa.array(["hc"]))
    tally = counted(entry("a"), entry("b"), entry("c"), entry("d", "empty_answer"), approved=approved)
    assert tally.labelled == {"qa": 2}


def test_examples_are_those_with_the_smallest_ids_in_any_order() -> None:
    rows = [entry(f"{number:02}", "empty_answer") for number in range(20)]
    for order in (rows, rows[::-1]):
        table = counted(*order).examples["shape", "empty_answer"]
        assert table.column("id").to_pylist() == ["00", "01", "02"]


def test_pairs_begin_with_the_least_alike() -> None:
    near = [entry(f"{n:02}", "near_duplicate", kept_id="k", similarity=0.80 + n / 100) for n in range(19, -1, -1)]
    exact = [entry(f"x{n}", "exact_duplicate", kept_id="k", similarity=1.0) for n in range(5)]
    tally = counted(*near, *exact, entry("aa", "near_duplicate", kept_id="k", similarity=0.29))
    pairs = tally.chosen_pairs()
    assert [row["id"] for row in pairs[:4]] == ["aa", "00", "01", "02"]
    assert len(pairs) == 10 and len({row["id"] for row in pairs}) == 10
    assert [row["id"] for row in pairs[-2:]] == ["x0", "x1"]
    assert tally.duplicates("near_duplicate") == 21


def test_the_histogram_reaches_from_the_threshold_to_one() -> None:
    rows = [entry(f"{n}", "near_duplicate", kept_id="k", similarity=s) for n, s in enumerate((0.8, 0.809, 0.99, 1.0))]
    bins = counted(*rows).histogram(0.8)
    assert (bins[0].low, bins[0].count, bins[-1].high, bins[-1].count, len(bins)) == (0.8, 2, 1.0, 2, 20)
    assert counted().histogram(0.8) == ()
    below = counted(entry("a", "near_duplicate", kept_id="k", similarity=0.29)).histogram(0.8)
    assert (below[0].low, below[0].count) == (0.29, 1)
