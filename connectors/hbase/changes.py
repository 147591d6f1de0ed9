"""Rows with a cell written at or after a moment.

Thrift 1 takes an upper bound for timestamps, but no lower one. So the values stay on the server in a first pass, which
brings keys and timestamps alone; then the rows that changed are fetched by their keys, or, where many did, their range is
scanned. The bound is inclusive and rows newer than the plan's own position are handed out, too: a row is never torn into an
old and a new half, ties are read again, and `lag_s` covers clocks that differ and writers that set old timestamps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from connectors.hbase.rows import Rows, Wanted
from connectors.hbase.scan import FETCH_BYTES, RangeReader, next_size, replies_of
from connectors.hbase.session import connection, retried

_MANY = 4  # one changed row in so many: scanning their range costs less than asking for each
_TOGETHER = 1_000


@dataclass
class ChangedRows:
    """The changed rows of what `reader` would read. Batches may hold unchanged rows, too: `is_new` tells."""

    reader: RangeReader
    since_ms: int
    _keys: list[bytes] = field(default_factory=list)

    def is_new(self, rows: Rows) -> np.ndarray:
        return rows.newest() >= self.since_ms

    def batches(self) -> Iterator[Rows]:
        if self.reader.filter:  # it may look at values, and a row fetched by its key would pass it by
            yield from self.reader.batches()
            return
        for rows in replace(self.reader, filter="KeyOnlyFilter()", wanted=Wanted((), ())).batches():
            new = np.flatnonzero(self.is_new(rows))
            if len(new) * _MANY > len(rows):
                first, last = rows.key(int(new[0])), rows.key(int(new[-1]))
                yield from replace(self.reader, start=first, stop=last + b"\0").batches()
            else:
                self._keys += [rows.key(int(row)) for row in new]
            if len(self._keys) >= _TOGETHER:
                yield from self._fetched()
        yield from self._fetched()

    def _fetched(self) -> Iterator[Rows]:
        """The rows of the collected keys. One that was deleted meanwhile is not there, as in any later read."""
        keys, self._keys = self._keys, []

        def missing(failures: int) -> Iterator[Rows]:
            with connection(self.reader.options, self.reader.source, self.reader.server + failures) as thrift:
                replies, size = replies_of(thrift, self.reader.options, self.reader.wanted), 2
                table = self.reader.options.table.encode()
                while keys:
                    asked = keys[:size]
                    replies.ask("getRowsWithColumns", tableName=table, rows=asked, columns=self.reader.names, attributes={})
                    held = count = 0
                    for rows in replies.rows(FETCH_BYTES, self.reader.batch_rows):
                        count, held = count + len(rows), held + rows.nbytes
                        yield rows
                        del keys[: bisect_right(keys, rows.key(len(rows) - 1))]
                    del keys[: bisect_right(keys, asked[-1])]
                    size = next_size(count, held) if count else size

        yield from retried(missing)
