"""What the servers say of the table: its families, its regions, its first and last keys in a range."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.hbase.keys import bounds, shown
from connectors.hbase.scan import KEYS_ONLY
from washplant.errors import SourceSchemaError
from washplant.names import did_you_mean

if TYPE_CHECKING:
    from connectors.hbase.options import HBaseOptions


@dataclass(frozen=True)
class Table:
    """Questions to happybase's Thrift client about the options' table."""

    thrift: Any
    options: HBaseOptions
    where: str

    def names(self) -> list[str]:
        """Tables of all namespaces."""
        return [name.decode() for name in self.thrift.getTableNames()]

    def families_of(self, table: str) -> list[str]:
        return [name.decode().rstrip(":") for name in self.thrift.getColumnDescriptors(table.encode())]

    def families(self) -> list[str]:
        """Raises SourceSchemaError, with close names, for a table or family that is not there."""
        tables = self.names()
        if self.options.table not in tables:
            step = did_you_mean(self.options.table, tables, nothing="there are no tables at all")
            raise SourceSchemaError("there is no such table", where=self.where, next_step=step)
        known = self.families_of(self.options.table)
        for name, cell in self.options.cells.items():
            if cell.family not in known:
                step = did_you_mean(cell.family, known, nothing="the table has no families")
                raise SourceSchemaError(f"{name}: no column family {cell.family!r}", where=self.where, next_step=step)
        return known

    def regions(self) -> list[tuple[bytes, bytes]]:
        """Start and end of each region, in order; b"" is open."""
        found = sorted((region.startKey, region.endKey) for region in self.thrift.getTableRegions(self.options.table.encode()))
        for (_, end), (start, _) in itertools.pairwise(found):
            if end != start:
                # A region that is being split or moved is not listed for a moment; its keys would be read all the same.
                what = f"the regions do not join: one ends at {shown(end)}, the next begins at {shown(start)}"
                raise SourceSchemaError(what, where=self.where, next_step="run the same command again; else `hbase hbck`")
        if not found:
            raise SourceSchemaError("the table has no regions", where=self.where, next_step="is it disabled? `enable` it")
        return found

    def rows(self, count: int) -> list[Any]:
        """The first rows with the names of all their cells, without values."""
        start, stop = bounds(self.options.start, self.options.stop, self.options.prefix)
        return self._scan(count, startRow=start, stopRow=stop, filterString="KeyOnlyFilter()")

    def sampled_sizes(self, count: int) -> dict[bytes, int]:
        """By name, the bytes of the cells of the first rows, of all families."""
        start, stop = bounds(self.options.start, self.options.stop, self.options.prefix)
        sizes: dict[bytes, int] = {}
        for row in self._scan(count, startRow=start, stopRow=stop, filterString="KeyOnlyFilter(true)"):
            for name, cell in row.columns.items():  # the filter leaves each value's length in its place
                sizes[name] = sizes.get(name, 0) + len(name) + int.from_bytes(cell.value)
        return sizes

    def ascending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        return self._look(start, stop, count, backwards=False)

    def descending(self, start: bytes, stop: bytes, count: int) -> list[bytes]:
        # Backwards, the first key of the range is the one given as `stop`, which is not part of it, and `start` is left out.
        keys = self._look(stop, start, count + 1, backwards=True)
        keys = [key for key in keys if not stop or key < stop][:count]
        return keys if len(keys) == count else [*keys, *(key for key in self.ascending(start, start + b"\0", 1))]

    def _look(self, start: bytes, stop: bytes, count: int, *, backwards: bool) -> list[bytes]:
        found = self._scan(count, startRow=start, stopRow=stop, filterString=KEYS_ONLY, reversed=backwards)
        return [row.row for row in found]

    def _scan(self, count: int, **scan: Any) -> list[Any]:
        from Hbase_thrift import TScan

        scanner = self.thrift.scannerOpenWithScan(self.options.table.encode(), TScan(caching=count, **scan), {})
        rows: list[Any] = self.thrift.scannerGetList(scanner, count)
        self.thrift.scannerClose(scanner)
        return rows
