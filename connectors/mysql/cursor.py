"""The rows of a query by PyMySQL's public unbuffered cursor: slower than `wire`, for a PyMySQL without what it uses.

The same batches come out, so everything after them is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pymysql
from pymysql.connections import Connection

from connectors.mysql.cells import RawBatch


def stream(connection: Connection[Any], sql: str, columns: int, batch_bytes: int, batch_rows: int) -> Iterator[RawBatch]:
    """As `wire.stream`."""
    connection.use_unicode = False  # cells as they were sent
    cursor = connection.cursor(pymysql.cursors.SSCursor)
    finished = False
    try:
        cursor.execute(sql)
        rows: list[tuple[bytes | None, ...]] = []
        held = 0
        for row in cursor.fetchall_unbuffered():
            rows.append(row)
            held += sum(len(cell) for cell in row if cell is not None)
            if held > batch_bytes or len(rows) >= batch_rows:
                yield _batch(rows, columns)
                rows, held = [], 0
        if rows:
            yield _batch(rows, columns)
        finished = True
    finally:
        # Closing a cursor reads what the server still sends; closing the connection stops it.
        cursor.close() if finished else connection.close()


def _batch(rows: list[tuple[bytes | None, ...]], columns: int) -> RawBatch:
    size = np.array([[-1 if row[i] is None else len(row[i] or b"") for row in rows] for i in range(columns)], np.int32)
    data = np.frombuffer(b"".join(row[i] or b"" for i in range(columns) for row in rows), dtype=np.uint8)
    ends = np.cumsum(np.maximum(size, 0).ravel(), dtype=np.int64).reshape(size.shape)
    return RawBatch(data, ends - np.maximum(size, 0), size, None)
