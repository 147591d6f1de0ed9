"""The one door into `washplant.text`: whatever Arrow calls text becomes a flat `pa.StringArray` of valid UTF-8."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Texts: TypeAlias = pa.Array | pa.ChunkedArray  # string, large_string, string_view or a dictionary of them


def as_strings(texts: Texts) -> pa.StringArray:
    """`texts` as one flat string array; nulls stay null.

    Bytes that are not UTF-8 are repaired here, because Arrow takes them unchecked from other writers: surrogate pairs
    written as CESU-8 are joined, lone surrogates removed, anything else becomes U+FFFD.
    Raises TypeError when `texts` does not hold text, and `pa.ArrowInvalid` beyond 2 GiB in one array.
    """
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if not pa.types.is_string(array.type):
        array = _cast(array)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
        return _repair_utf8(array)
    return array


def _cast(array: pa.Array) -> pa.StringArray:
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not (pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_null(kind) or _is_view(kind)):
        raise TypeError(f"expected an array of text, got {array.type}")
    return array.cast(pa.string())


def _is_view(kind: pa.DataType) -> bool:
    return bool(getattr(pa.types, "is_string_view", lambda _: False)(kind))


def _repair_utf8(array: pa.StringArray) -> pa.StringArray:
    rows = array.cast(pa.binary()).to_pylist()
    return pa.array([None if row is None else _decode(row) for row in rows], pa.string())


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def utf8(array: pa.StringArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The bytes (uint8) behind a flat string array and where its rows end in them (int32[rows + 1]), uncopied.

    A null row is empty: the bytes that may lie behind it are no text.
    """
    if array.null_count:
        array = array.fill_null("")
    if not len(array):
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int32)
    ends = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    data = array.buffers()[2]
    return np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.empty(0, dtype=np.uint8), ends


@cache
def compiled_loops(module: str) -> Any:
    """A module of loops that numba compiles; None without numba (the extra `fast`): numpy gives the same output, slower."""
    try:
        return importlib.import_module(f"washplant.text.{module}")
    except ImportError:
        return None


def rows_where(condition: pa.BooleanArray) -> npt.NDArray[np.int64]:
    """The indices (int64) of the rows where `condition` is true; null counts as false."""
    return np.flatnonzero(condition.fill_null(False).to_numpy(zero_copy_only=False))


def map_rows(array: pa.StringArray, rows: npt.NDArray[np.int64], change: Callable[[str], str]) -> pa.StringArray:
    """`array` with `change` applied to the given rows only (indices ascending, none of them null)."""
    if not len(rows):
        return array
    new = [change(text) for text in array.take(pa.array(rows)).to_pylist()]
    return put_rows(array, rows, pa.array(new, pa.string()))


def put_rows(array: pa.StringArray, rows: npt.NDArray[np.int64], new: pa.StringArray) -> pa.StringArray:
    """`array` with `new[i]` in place of row `rows[i]` (indices ascending)."""
    mask = np.zeros(len(array), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(array, pa.array(mask), new)
