"""Whose answer counts: the newest of each annotator on each (id, version). And when two answers say the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from annotation.recheck import list_array
from annotation.records import CONTENT, Verdict
from washplant.text.view import matching_view

REJECT_KEY = -1  # all rejections agree


def votes(answers: pa.Table) -> pd.DataFrame:
    """One row per annotator and (id, version), sorted by these, skips included.

    Columns: `group` (one number per (id, version), in their order), `row` in `answers`, `verdict`, `updated_at`,
    `annotator`, and `key`: equal for answers that agree. Of an annotation its newest state counts, of an annotator the
    newest annotation; one that was deleted is a skip. Ties are settled by annotation, verdict and content, never by
    the order of the rows.
    """
    frame = answers.select(["verdict", "annotator", "updated_at", "deleted"]).to_pandas()
    frame["row"] = np.arange(len(frame))
    frame["group"] = _ranks(pc.binary_join_element_wise(answers.column("id"), answers.column("version"), "\t"))
    frame["annotation"] = _ranks(answers.column("annotation_id"))
    frame["person"] = _ranks(answers.column("annotator"))
    frame["content"] = pd.util.hash_array(content_key(answers, matching=False).to_numpy(zero_copy_only=False))
    frame = _last(frame, ["group", "annotation"], ["updated_at", "deleted", "verdict", "content"])
    frame["stands"] = ~frame["deleted"].to_numpy(dtype=bool)
    frame = _last(frame, ["group", "person"], ["stands", "updated_at", "annotation"])
    # Kept as a skip: without the row, what the deleted answer had settled would stay settled.
    frame["verdict"] = frame["verdict"].where(frame["stands"], str(Verdict.SKIP))
    views = content_key(answers.take(pa.array(frame["row"])), matching=True)
    frame["key"] = np.where(frame["verdict"] == Verdict.REJECT, REJECT_KEY, _ranks(views))
    return frame[["group", "row", "verdict", "updated_at", "annotator", "key"]].reset_index(drop=True)


def _ranks(texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Each text's place among the distinct ones, sorted by code point."""
    return pd.factorize(texts.to_numpy() if isinstance(texts, pa.ChunkedArray) else texts.to_numpy(False), sort=True)[0]


def _last(frame: pd.DataFrame, group: list[str], order: list[str]) -> pd.DataFrame:
    """Of each group the last row in `order`; sorted by group."""
    return frame.sort_values([*group, *order], kind="stable").drop_duplicates(group, keep="last")


def content_key(rows: pa.Table, *, matching: bool) -> pa.StringArray:
    """One text per row that is equal exactly when the contents are: as compared (`matching`), or to the letter.

    Null and empty are the same: an annotator sees no difference. Classes are always compared to the letter (C, C++).
    """
    parts = [
        _messages_key(rows, matching) if name == "messages" else _text_key(rows, name, matching and name != "label")
        for name in CONTENT
    ]
    return pc.binary_join_element_wise(*parts, "")


def _text_key(rows: pa.Table, name: str, matching: bool) -> pa.StringArray:
    texts = pc.fill_null(rows.column(name).combine_chunks(), "")
    return _prefixed(matching_view(texts) if matching else texts)


def _messages_key(rows: pa.Table, matching: bool) -> pa.StringArray:
    messages = list_array(rows.column("messages"))
    contents = pc.fill_null(messages.values.field("content"), "")
    turns = pc.binary_join_element_wise(
        messages.values.field("role"), _prefixed(matching_view(contents) if matching else contents), ""
    )
    return _prefixed(pc.binary_join(pa.ListArray.from_arrays(messages.offsets, turns), ""))


def _prefixed(texts: pa.StringArray) -> pa.StringArray:
    """Length first, so that ("a", "bc") and ("ab", "c") differ."""
    return pc.binary_join_element_wise(pc.utf8_length(texts).cast(pa.string()), texts, ":")
