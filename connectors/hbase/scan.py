"""The rows of one range of keys: batches of bounded size, going on after the last row when a scanner is lost.

No row is lost in silence (SeaTunnel#10286 read the first region and reported success): the end of a scan is believed only
when a second scanner, opened after the last row, finds nothing more, and HBase's own count of the range must not be larger
than what was read. No row is cut in two (DataX#359): the scan has no cell batch size. A slow consumer lets a scanner expire
(happybase#166, #257, shc#175): it is opened again after the last row.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import BATCH_BYTES
from connectors.hbase.rows import Rows, Wanted
from connectors.hbase.session import connection, retried

if TYPE_CHECKING:
    from connectors.hbase.client import ClientReplies, Connection
    from connectors.hbase.options import HBaseOptions
    from connectors.hbase.wire import Replies

KEYS_ONLY = "FirstKeyOnlyFilter() AND KeyOnlyFilter()"
FETCH_BYTES = BATCH_BYTES // 2
_MOST_ROWS, _FIRST_ROWS = 2_000, 2


@dataclass
class RangeReader:
    """Reads rows with start <= key < stop (b"": open end), all cells under `names` (family:qualifier, or a family)."""

    options: HBaseOptions
    source: str
    names: list[bytes]
    wanted: Wanted
    start: bytes
    stop: bytes
    server: int = 0
    filter: str | None = None
    limit: int | None = None
    before_ms: int | None = None
    batch_rows: int = 1 << 16

    def batches(self) -> Iterator[Rows]:
        """Whole rows of about 4 MB; the first batches are small, since a row may hold cells of any size."""
        yield from retried(self._until_the_end)

    def _until_the_end(self, failures: int) -> Iterator[Rows]:
        with connection(self.options, self.source, self.server + failures) as thrift:
            found = True
            while found and self.limit != 0:
                found = False  # nothing after the last row: this is the end
                for rows in self._scan(thrift):
                    found = True
                    yield rows
                    # Only now: rows that were fetched but not taken are read again by whoever goes on.
                    self.start = rows.key(len(rows) - 1) + b"\0"
                    self.limit = None if self.limit is None else self.limit - len(rows)

    def _scan(self, thrift: Connection) -> Iterator[Rows]:
        from Hbase_thrift import TScan

        scan = TScan(
            startRow=self.start,
            stopRow=self.stop,
            columns=self.names,
            caching=_MOST_ROWS,
            filterString=self.filter,
            timestamp=self.before_ms,
        )
        scanner = thrift.client.scannerOpenWithScan(self.options.table.encode(), scan, {})
        replies, left = replies_of(thrift, self.options, self.wanted), self.limit
        size = _FIRST_ROWS if left is None else min(_FIRST_ROWS, left)
        replies.ask("scannerGetList", id=scanner, nbRows=size)
        while size:
            count = held = 0
            last: Rows | None = None
            for rows in replies.rows(FETCH_BYTES, self.batch_rows):
                if last is not None:
                    yield last
                last, count, held = rows, count + len(rows), held + rows.nbytes
            if last is None:
                break
            size = next_size(count, held)
            if left is not None:
                left -= count
                size = min(size, left)
            if size:
                replies.ask("scannerGetList", id=scanner, nbRows=size)  # the server works while these rows are decoded
            yield last
        thrift.client.scannerClose(scanner)


def replies_of(thrift: Connection, options: HBaseOptions, wanted: Wanted) -> Replies | ClientReplies:
    """In bulk where numba is installed, else by thriftpy2: the same rows, slower."""
    if not compiled():
        from connectors.hbase.client import ClientReplies

        return ClientReplies(thrift)
    from connectors.hbase.wire import Replies

    return Replies(thrift, wanted, framed=options.transport == "framed", compact=options.protocol == "compact")


def compiled() -> bool:
    return importlib.util.find_spec("numba") is not None


def next_size(count: int, held: int) -> int:
    """Rows to fetch next: at most four times as many, so that a table that turns wide does not fill the server's memory."""
    return max(1, min(_MOST_ROWS, 4 * count, FETCH_BYTES * count // max(held, 1)))
