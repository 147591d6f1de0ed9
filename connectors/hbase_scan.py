"""The rows of one range of keys: batches of bounded size, going on after the last row when a scanner is lost.

No row is lost in silence (SeaTunnel#10286 read the first region and reported success): the end of a scan is believed only
when a second scanner, opened after the last row, finds nothing more. No row is cut in two (DataX#359): the scan has no cell
batch size. A slow consumer lets a scanner expire (happybase#166, #257): it is opened again after the last row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import BATCH_BYTES
from connectors.hbase_session import client
from washplant.errors import SourceUnreachable

if TYPE_CHECKING:
    from connectors.hbase_options import HBaseOptions

log = logging.getLogger(__name__)

_ATTEMPTS, _BACKOFF_S = 6, 0.5
_FETCH_BYTES = BATCH_BYTES // 2
_MOST_ROWS = 2_000

Row = Any
"""happybase's TRowResult: `row`, and `columns` as {name: TCell(value, timestamp)}."""


@dataclass
class RangeReader:
    """Reads rows with start <= key < stop (b"": open end)."""

    options: HBaseOptions
    source: str
    columns: list[bytes]
    start: bytes
    stop: bytes
    server: int = 0
    filter: str | None = None

    def fetches(self) -> Iterator[list[Row]]:
        """Lists of whole rows, each of about 4 MB; the first ones are small, since a row may hold cells of any size."""
        failures, size = 0, 2
        while True:
            try:
                with client(self.options, self.source, self.server + failures) as thrift:
                    found = False
                    for rows in self._scan(thrift, size):
                        failures, found = 0, True
                        size = _next_size(rows)
                        yield rows
                    if not found:
                        return  # nothing after the last row: this is the end
            except SourceUnreachable as error:
                failures += 1
                if failures >= _ATTEMPTS:
                    raise
                log.warning("%s; attempt %d of %d follows", error.what, failures + 1, _ATTEMPTS)
                time.sleep(_BACKOFF_S * 2 ** (failures - 1))

    def _scan(self, thrift: Any, size: int) -> Iterator[list[Row]]:
        from Hbase_thrift import TScan

        scan = TScan(
            startRow=self.start, stopRow=self.stop, columns=self.columns, caching=_MOST_ROWS, filterString=self.filter
        )
        scanner = thrift.scannerOpenWithScan(self.options.table.encode(), scan, {})
        while rows := thrift.scannerGetList(scanner, size):
            yield rows
            # Only now: rows that were fetched but not taken are read again by whoever goes on.
            self.start = rows[-1].row + b"\0"
            size = _next_size(rows)
        thrift.scannerClose(scanner)


def _next_size(rows: list[Row]) -> int:
    """Rows to fetch next: at most four times as many, so that a table that turns wide does not fill the memory."""
    held = sum(len(row.row) + sum(len(name) + len(cell.value) for name, cell in row.columns.items()) for row in rows)
    return int(max(1, min(_MOST_ROWS, 4 * len(rows), _FETCH_BYTES * len(rows) // max(held, 1))))
