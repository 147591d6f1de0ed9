"""What people write passes the same gates as what the sources held: personal numbers masked, no empty part, turns in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from annotation.records import CONTENT, Reason, Verdict
from washplant.sample import MESSAGES_TYPE, Role, TaskKind
from washplant.text.pii import Policy, mask
from washplant.text.shape import is_blank

MASKED = Policy()
_TEXTS = (*(name for name in CONTENT if name != "messages"), "note")


def mask_content(rows: pa.Table, policy: Policy | Sequence[str] = MASKED) -> tuple[pa.Table, npt.NDArray[np.int32]]:
    """The rows with personal numbers masked in every text (`note` too, where there is one), and how many in each row.

    For answers and resolutions alike. Do it before answers are stored: nothing writes before it masks.
    """
    found = np.zeros(rows.num_rows, dtype=np.int32)
    rows = rows.combine_chunks()
    for name in (name for name in _TEXTS if name in rows.column_names):
        texts, counts = _masked(rows.column(name).combine_chunks(), policy)
        found += counts
        rows = rows.set_column(rows.column_names.index(name), rows.schema.field(name), texts)
    messages = list_array(rows.column("messages"))
    contents, counts = _masked(messages.values.field("content"), policy)
    np.add.at(found, parents(messages), counts)
    turns = pa.StructArray.from_arrays([messages.values.field("role"), contents], fields=list(MESSAGES_TYPE.value_type))
    rebuilt = pa.ListArray.from_arrays(
        messages.offsets, turns, type=MESSAGES_TYPE, mask=rows.column("messages").is_null().combine_chunks()
    )
    field = rows.schema.get_field_index("messages")
    return rows.set_column(field, pa.field("messages", MESSAGES_TYPE), rebuilt), found


def _masked(texts: pa.StringArray, policy: Policy | Sequence[str]) -> tuple[pa.StringArray, npt.NDArray[np.int32]]:
    result = mask(texts, policy)
    counts = np.zeros(len(texts), dtype=np.int32)
    for count in result.counts.values():
        counts += count.to_numpy(zero_copy_only=False)
    return result.texts, counts


def list_array(messages: pa.ChunkedArray) -> pa.ListArray:
    """A list column as one array whose offsets start at 0 and whose nulls are empty lists."""
    array = messages.cast(MESSAGES_TYPE).combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), array.flatten())


def parents(messages: pa.ListArray) -> npt.NDArray[np.int64]:
    """For each element of the lists, the row it belongs to."""
    return np.repeat(np.arange(len(messages)), np.diff(messages.offsets.to_numpy()))


def reshape(rows: pa.Table) -> tuple[pa.Table, list[Reason | None]]:
    """Answers with the turns that were emptied taken out, and per row why it is no example any more (None: it is one).

    A dialogue keeps user, assistant, user, … beginning with the user and ending with the assistant.
    """
    faults: list[Reason | None] = [None] * rows.num_rows
    for row in np.flatnonzero(_incomplete(rows)):
        faults[row] = Reason.SHAPE_EMPTY
    messages = list_array(rows.column("messages"))
    blank = np.asarray(is_blank(messages.values.field("content")).fill_null(True))
    touched = np.zeros(rows.num_rows, dtype=bool)
    touched[parents(messages)[blank]] = True
    touched &= _is(rows, "task", TaskKind.DIALOGUE) & _is(rows, "verdict", Verdict.EDIT)
    if not touched.any():
        return rows, faults
    contents = messages.to_pylist()
    starts = messages.offsets.to_numpy()
    for row in np.flatnonzero(touched):
        left = [turn for turn, empty in zip(contents[row], blank[starts[row] :], strict=False) if not empty]
        contents[row] = left
        faults[row] = _turn_fault([turn["role"] for turn in left])
    field = rows.schema.get_field_index("messages")
    return rows.set_column(field, pa.field("messages", MESSAGES_TYPE), pa.array(contents, MESSAGES_TYPE)), faults


def _turn_fault(roles: list[str]) -> Reason | None:
    if Role.USER not in roles or Role.ASSISTANT not in roles:
        return Reason.SHAPE_EMPTY
    expected = [str(Role.USER), str(Role.ASSISTANT)] * (len(roles) // 2)
    return None if roles == expected else Reason.SHAPE_ROLE_ORDER


def _incomplete(rows: pa.Table) -> npt.NDArray[np.bool_]:
    """A class without its label, a pair without one of its answers, a dialogue without turns."""
    blank = {name: np.asarray(is_blank(rows.column(name)).fill_null(True)) for name in ("chosen", "rejected", "label")}
    classes = _is(rows, "task", TaskKind.TEXT_CLASSIFICATION) | _is(rows, "task", TaskKind.IMAGE_CLASSIFICATION)
    pair = _is(rows, "task", TaskKind.PREFERENCE)
    silent = np.diff(list_array(rows.column("messages")).offsets.to_numpy()) == 0
    dialogue = _is(rows, "task", TaskKind.DIALOGUE)
    return (classes & blank["label"]) | (pair & (blank["chosen"] | blank["rejected"])) | (dialogue & silent)


def _is(rows: pa.Table, column: str, value: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.equal(rows.column(column), str(value)).fill_null(False))
