"""TFetchResults through PyHive's public client: thrift's column objects as Arrow arrays, without a Python row.

The general path, for any transport; `wire` takes the reply's bytes instead and gives the same arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from connectors.hive.session import Session

KINDS: dict[int, tuple[str, pa.DataType]] = {
    1: ("boolVal", pa.bool_()),
    2: ("byteVal", pa.int8()),
    3: ("i16Val", pa.int16()),
    4: ("i32Val", pa.int32()),
    5: ("i64Val", pa.int64()),
    6: ("doubleVal", pa.float64()),
    7: ("stringVal", pa.string()),
    8: ("binaryVal", pa.binary()),
}
"""The members of the union TColumn by field number (TCLIService.thrift)."""


def request(handle: Any, rows: int) -> Any:
    """A TFetchResultsReq for the next `rows` rows of an operation."""
    from TCLIService import ttypes

    return ttypes.TFetchResultsReq(operationHandle=handle, orientation=ttypes.TFetchOrientation.FETCH_NEXT, maxRows=rows)


class PublicFetch:
    """One request after the other. A fetch gives the columns of some rows; no columns of rows mean the end."""

    def __init__(self, session: Session, handle: Any) -> None:
        self.session, self.handle = session, handle

    def fetch(self, rows: int) -> list[pa.Array]:
        answer = self.session.connection.client.FetchResults(request(self.handle, rows))
        self.session.succeeded(answer.status)
        return [array_of(column) for column in answer.results.columns or []]

    def prefetch(self, rows: int) -> None:
        """Nothing: thrift's client can only ask and wait."""

    def drop(self) -> None:
        """Nothing is on its way."""


def array_of(column: Any) -> pa.Array:
    """One TColumn: its values, and which of them are NULL."""
    for member, kind in KINDS.values():
        part = getattr(column, member)
        if part is not None:
            null = nulls(part.nulls, len(part.values))
            return pa.array(np.asarray(part.values, dtype=object), kind, mask=null)
    raise ValueError("a column without values")


def nulls(bits: bytes, rows: int) -> np.ndarray | None:
    """Java's BitSet, whose trailing zeros are left away, as one boolean a row; None when no row is NULL."""
    if not any(bits):
        return None
    known = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), bitorder="little")[:rows].astype(bool)
    return np.concatenate([known, np.zeros(rows - len(known), dtype=bool)])
