"""HBase through its Thrift 1 servers (happybase): regions and parts of regions as splits, cells as typed columns.

This file has the contract. Beside it: `hbase_options`, `hbase_session` (connection, errors), `hbase_scan` (rows of a range),
`hbase_codecs` (bytes to types). hbase-connectors has no module for Spark 4, so Thrift it is.

A row without any of the chosen cells is not there for a scan that asks for these cells: it is not read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.base import ColumnInfo, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.hbase_codecs import CODECS
from connectors.hbase_options import CellOptions, HBaseOptions
from connectors.hbase_scan import RangeReader, Row
from connectors.hbase_session import client
from connectors.types import CellError
from washplant.errors import SourceDataError, SourceSchemaError, WashplantError
from washplant.names import did_you_mean

_KEYS_ONLY = "FirstKeyOnlyFilter() AND KeyOnlyFilter()"
_SAMPLE_ROWS = 100


@dataclass(frozen=True)
class HBase(Connector[HBaseOptions]):
    """See `connectors.base.Connector`."""

    def check(self) -> list[Finding]:
        options = self.options
        try:
            with client(options, self.name) as thrift:
                findings = [Finding(True, f"a Thrift server answers ({options.transport}, {options.protocol})")]
                families = self._families(thrift)
                findings.append(Finding(True, f"table {options.table}: families {', '.join(families)}"))
                findings.append(Finding(True, f"{len(self._regions(thrift))} regions"))
            for row in itertools.islice(self._sample(), 1):
                self._batch([row], self._schema(None))
                findings.append(Finding(True, "a row was read with these codecs"))
        except WashplantError as error:
            return [Finding(False, f"{error.where}: {error.what}", error.next_step or "see `washplant check` of the source")]
        return findings

    def discover(self) -> list[TableInfo]:
        """The columns are the options', then the qualifiers of the first hundred rows: HBase keeps no list of them."""
        with client(self.options, self.name) as thrift:
            self._families(thrift)
        columns = [
            ColumnInfo(field.name, self._declared(field.name), str(field.type), field.name != self.options.row_key)
            for field in self._schema(None)
        ]
        chosen = {self._declared(column.name) for column in columns}
        seen = {name.decode(errors="backslashreplace") for row in self._sample(every_cell=True) for name in row.columns}
        columns += [ColumnInfo(name, name, "binary") for name in sorted(seen - chosen)]
        return [TableInfo(self.options.table, tuple(columns), (self.options.row_key,))]

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        schema = self._schema(columns)
        low, high = (_bytes_of(key or "") for key in (self.options.start, self.options.stop))
        with client(self.options, self.name) as thrift:
            self._families(thrift)
            ranges = [(low, high)] if limit is not None else list(self._ranges(thrift, low, high))
        shown = [f"{_shown(start) or 'first row'} … {_shown(stop) or 'last row'}" for start, stop in ranges]
        splits = tuple(
            Split(i, shown[i], {"start": start.hex(), "stop": stop.hex(), "limit": limit})
            for i, (start, stop) in enumerate(ranges)
        )
        scanned = ", ".join(name.decode() for name in self._names(schema)) or "keys alone"
        return ReadPlan(schema, splits, since, since, tuple(f"scan {self.options.table} [{scanned}] {each}" for each in shown))

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        spec = split.spec
        keys_only = schema.names == [self.options.row_key]
        reader = RangeReader(
            self.options,
            self.name,
            self._names(self._schema(None)) if keys_only else self._names(schema),
            bytes.fromhex(spec["start"]),
            bytes.fromhex(spec["stop"]),
            server=split.index,
            filter=" AND ".join(f"({each})" for each in (self.options.filter, _KEYS_ONLY if keys_only else None) if each)
            or None,
        )
        left = spec["limit"]
        for rows in reader.fetches():
            yield self._batch(rows if left is None else rows[:left], schema)
            if left is not None:
                left -= len(rows)
                if left <= 0:
                    return

    def _where(self) -> str:
        return f"source {self.name}, table {self.options.table}"

    def _declared(self, column: str) -> str:
        return "row key" if column == self.options.row_key else self.options.cells[column].cell

    def _schema(self, columns: tuple[str, ...] | None) -> pa.Schema:
        options = self.options
        key = pa.binary() if options.row_key_codec == "binary" else pa.string()
        types: dict[str, pa.DataType] = {options.row_key: key}
        for name, cell in options.cells.items():
            arrow = CODECS[cell.codec].arrow
            types[name] = pa.map_(pa.string(), arrow) if cell.wildcard else arrow
        wanted = columns or options.columns or tuple(types)
        for name in wanted:
            if name not in types:
                step = did_you_mean(name, types, nothing="name it under `cells`")
                raise SourceSchemaError(f"there is no column {name!r}", where=self._where(), next_step=step)
        return pa.schema([pa.field(name, types[name]) for name in wanted])

    def _names(self, schema: pa.Schema) -> list[bytes]:
        """What the scan asks for; a family alone means all of its cells."""
        cells = [self.options.cells[name] for name in schema.names if name != self.options.row_key]
        if not cells:
            cells = list(self.options.cells.values())
        return [(cell.family if cell.wildcard else cell.cell).encode() for cell in cells]

    def _families(self, thrift: Any) -> list[str]:
        """The table's column families. Raises SourceSchemaError for a table or family that is not there."""
        tables = [name.decode() for name in thrift.getTableNames()]
        if self.options.table not in tables:
            step = did_you_mean(self.options.table, tables, nothing="there are no tables at all")
            raise SourceSchemaError("there is no such table", where=self._where(), next_step=step)
        known = [name.decode().rstrip(":") for name in thrift.getColumnDescriptors(self.options.table.encode())]
        for name, cell in self.options.cells.items():
            if cell.family not in known:
                step = did_you_mean(cell.family, known, nothing="the table has no families")
                raise SourceSchemaError(f"{name}: no column family {cell.family!r}", where=self._where(), next_step=step)
        return known

    def _regions(self, thrift: Any) -> list[tuple[bytes, bytes]]:
        """Start and end of each region, in order; b"" is open."""
        return sorted((region.startKey, region.endKey) for region in thrift.getTableRegions(self.options.table.encode()))

    def _ranges(self, thrift: Any, low: bytes, high: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Regions within [low, high), each cut into `splits_per_region` parts at keys that are there. The ranges cover
        everything whatever the regions do meanwhile: they are ranges of keys."""
        regions = self._regions(thrift)
        cuts = {start for start, _ in regions} | {low}
        for start, end in regions:
            cuts |= set(self._inner_cuts(thrift, max(start, low), min((end, high), key=lambda key: key or b"\xff" * 64)))
        inside = sorted(cut for cut in cuts if cut >= low and (not high or cut < high))
        yield from zip(inside, [*inside[1:], high], strict=True)

    def _inner_cuts(self, thrift: Any, start: bytes, end: bytes) -> Iterator[bytes]:
        """Keys that part a range, found by asking for the first key at or after evenly spaced points between its first and
        last one: a table of one region is still read in parallel."""
        parts = self.options.splits_per_region
        if parts == 1 or (end and start >= end):
            return
        first, last = self._key_at(thrift, start, end), self._key_at(thrift, end, start, backwards=True)
        if first is None or last is None or first >= last:
            return
        width = max(len(first), len(last)) + 2
        least, most = (int.from_bytes(key.ljust(width, b"\0"), "big") for key in (first, last))
        for part in range(1, parts):
            point = (least + (most - least) * part // parts).to_bytes(width, "big")
            found = self._key_at(thrift, point, end)
            if found is not None and found > first:
                yield found

    def _key_at(self, thrift: Any, start: bytes, stop: bytes, *, backwards: bool = False) -> bytes | None:
        from Hbase_thrift import TScan

        scan = TScan(startRow=start, stopRow=stop, caching=1, filterString=_KEYS_ONLY, reversed=backwards)
        scanner = thrift.scannerOpenWithScan(self.options.table.encode(), scan, {})
        rows = thrift.scannerGetList(scanner, 1)
        thrift.scannerClose(scanner)
        return rows[0].row if rows else None

    def _sample(self, *, every_cell: bool = False) -> list[Row]:
        names = [] if every_cell else self._names(self._schema(None))
        reader = RangeReader(self.options, self.name, names, _bytes_of(self.options.start or ""), b"")
        rows: list[Row] = []
        for fetched in reader.fetches():
            rows += fetched
            if len(rows) >= _SAMPLE_ROWS:
                break
        return rows

    def _batch(self, rows: list[Row], schema: pa.Schema) -> pa.RecordBatch:
        keys = pa.array([row.row for row in rows], pa.binary())
        arrays = []
        for field in schema:
            try:
                if field.name == self.options.row_key:
                    arrays.append(_key_column(keys, self.options.row_key_codec))
                else:
                    arrays.append(_column(rows, self.options.cells[field.name], field.type))
            except CellError as error:
                where = f"{self._where()}, column {field.name}, row key {_shown(rows[error.row].row)}"
                raise SourceDataError(error.reason, where=where, next_step=error.next_step) from None
        return pa.record_batch(arrays, schema=schema)


def _column(rows: list[Row], cell: CellOptions, arrow: pa.DataType) -> pa.Array:
    codec = CODECS[cell.codec]
    if not cell.wildcard:
        name = cell.cell.encode()
        return codec.decode(pa.array([row.columns[name].value if name in row.columns else None for row in rows], pa.binary()))
    prefix = f"{cell.family}:".encode()
    found = [sorted((name, held.value) for name, held in row.columns.items() if name.startswith(prefix)) for row in rows]
    offsets = pa.array([0, *itertools.accumulate(map(len, found))], pa.int32())
    owners = [row for row, cells in enumerate(found) for _ in cells]
    try:
        names = CODECS["utf8"].decode(pa.array([name[len(prefix) :] for cells in found for name, _ in cells], pa.binary()))
        values = codec.decode(pa.array([value for cells in found for _, value in cells], pa.binary()))
    except CellError as error:
        raise CellError(owners[error.row], error.reason, error.next_step) from None
    return pa.MapArray.from_arrays(offsets, names, values).cast(arrow)


def _key_column(keys: pa.Array, codec: str) -> pa.Array:
    if codec == "hex":
        return pa.array([key.hex() for key in keys.to_pylist()], pa.string())
    return keys if codec == "binary" else CODECS["utf8"].decode(keys)


def _bytes_of(text: str) -> bytes:
    r"""A key as HBase's shell writes it: `\x00abc`."""
    return re.sub(rb"\\x([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())


def _shown(key: bytes) -> str:
    return key.decode("utf-8", errors="backslashreplace")
