"""HBase's own count of a range, against which a read is held (SeaTunnel#10286 read one region and reported success)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from connectors.hbase.rows import Wanted
from connectors.hbase.scan import KEYS_ONLY, RangeReader

SETTLED_S = 60
"""Rows written later than so long before the read are not counted: they may have come behind the scan."""


class RangeCount:
    """Counts beside the reading, on a connection of its own: one scanner keeps neither the servers nor us busy.

    `reader()` gives a new reader of the range; `before_ms` is the moment whose rows must have been read.
    """

    def __init__(self, reader: Callable[[], RangeReader], before_ms: int) -> None:
        self._reader, self._before_ms = reader, before_ms
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1, "hbase-count")
        self._beside: Future[int] = self._pool.submit(self._count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(wait=False)

    def above(self, found: int) -> int | None:
        """The count, if it is more than the `found` rows. A row that was counted may have been deleted before it was read,
        so a count that is too high is taken again."""
        if self._beside.result() <= found:
            return None
        counted = self._count()
        return counted if counted > found else None

    def _count(self) -> int:
        reader = self._reader()
        reader.filter, reader.wanted, reader.before_ms = KEYS_ONLY, Wanted((), ()), self._before_ms
        counted = 0
        for rows in reader.batches():
            counted += len(rows)
            if self._stop.is_set():
                break
        return counted
