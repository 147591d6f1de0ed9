"""The contract over HBase's Thrift 1 servers (happybase): regions and parts of regions as splits, cells as typed columns.

Beside it: `options`; `columns`, `codecs`, `decimal` and `keys` (bytes to columns); `session` and `client` (connection, errors);
`table` and `splits` (regions, where to cut); `scan`, `changes`, `versions` and `count` (reading); `wire`, `parse` and `rows`
(replies in bulk). hbase-connectors has no module for Spark 4, so Thrift it is.

A row without any of the chosen cells is not there for a scan that asks for these cells: it is not read.
"""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import pyarrow as pa

from connectors.base import BATCH_BYTES, ColumnInfo, Comparison, Connector, Finding, Position, ReadPlan, Split, TableInfo
from connectors.hbase.changes import ChangedRows
from connectors.hbase.columns import Columns
from connectors.hbase.count import SETTLED_S, RangeCount
from connectors.hbase.keys import bounds, key_bytes, shown, written
from connectors.hbase.options import HBaseOptions
from connectors.hbase.scan import KEYS_ONLY, RangeReader
from connectors.hbase.session import connection, retried
from connectors.hbase.splits import cut, most_parts
from connectors.hbase.table import Table
from connectors.hbase.versions import versions_of
from washplant.errors import SourceDataError, WashplantError

_SAMPLE_ROWS = 100
_CELL_BYTES = 16  # what an empty cell takes in a batch, at most: offsets, validity, a number
_MOSTLY = 0.9


@dataclass(frozen=True)
class HBase(Connector[HBaseOptions]):
    """See `connectors.base.Connector`. A position is {"timestamp_ms": …}: cells from then on are new."""

    before: datetime.datetime | None = None

    def check(self) -> list[Finding]:
        options = self.options
        findings: list[Finding] = []
        try:
            for number, address in enumerate(options.thrift):
                alone = options.model_copy(update={"thrift": (address,)})
                with connection(alone, self.name) as thrift:
                    table = Table(thrift.client, options, self._where)
                    families = table.families()
                    findings.append(Finding(True, f"{address} answers ({options.transport}, {options.protocol})"))
                    if not number:
                        findings.append(Finding(True, f"table {options.table}: families {', '.join(families)}"))
                        findings.append(Finding(True, f"{len(table.regions())} regions"))
            findings += self._watermark_findings()
            schema = self._columns.schema(None)
            for rows in itertools.islice(self._reader(schema, limit=1).batches(), 1):
                self._columns.batch(rows, schema, versions_of(options, self.name, 0))
                findings.append(Finding(True, f"the row {shown(rows.key(0))} was read with these codecs"))
        except WashplantError as error:
            findings.append(Finding(False, f"{error.where}: {error.what}", error.next_step or "see HBase's own log"))
        return findings

    def discover(self) -> list[TableInfo]:
        """The options' table: their columns, then the qualifiers of the first hundred rows, since HBase keeps no list of
        them. Of other tables the families."""
        columns = [
            ColumnInfo(field.name, self._columns.declared(field.name), str(field.type), field.name in self.options.cells)
            for field in self._columns.schema(None)
        ]
        chosen = {cell.cell for cell in self.options.cells.values()}
        with connection(self.options, self.name) as thrift:
            table = Table(thrift.client, self.options, self._where)
            there = self.options.table in table.names()
            seen = {shown(name) for row in table.rows(_SAMPLE_ROWS) for name in row.columns} if there else set()
            others = {name: table.families_of(name) for name in table.names() if name != self.options.table}
        columns += [ColumnInfo(name, name, "binary") for name in sorted(seen - chosen)]
        found = [TableInfo(self.options.table, tuple(columns), (self.options.row_key,))] if there else []
        for name, families in others.items():
            found.append(TableInfo(name, tuple(ColumnInfo(f"{family}:*", "family", "map") for family in families)))
        return found

    def plan(self, since: Position, *, columns: tuple[str, ...] | None = None, limit: int | None = None) -> ReadPlan:
        options, schema = self.options, self._columns.schema(columns)
        low, high = bounds(options.start, options.stop, options.prefix)

        def attempt(failures: int) -> Iterator[tuple[list[str], list[tuple[bytes, bytes, int | None]]]]:
            with connection(options, self.name, failures) as thrift:
                table = Table(thrift.client, options, self._where)
                table.families()
                if limit is not None:
                    yield [], [(low, high, None)]
                else:
                    yield self._whole_families(table, schema), list(self._ranges(table, low, high))

        # Somebody may be waiting for the plan: each server is asked once.
        ((whole, ranges),) = retried(attempt, most=len(options.thrift))
        since_ms = self._since_ms(since)
        shared = {"limit": limit, "since_ms": since_ms, "whole": whole}
        splits = tuple(
            Split(i, _described(start, stop), {"start": start.hex(), "stop": stop.hex(), **shared}, rows)
            for i, (start, stop, rows) in enumerate(ranges)
        )
        until = since
        if options.watermark and limit is None:
            now_ms = int(time.time() * 1000)
            last_ms = now_ms if self.before is None else min(now_ms, int(self.before.timestamp() * 1000))
            until = {"timestamp_ms": max(last_ms, since.get("timestamp_ms", 0))}
        known = [rows for _, _, rows in ranges if rows is not None]
        return ReadPlan(schema, splits, since, until, self._statements(schema, splits, since_ms), sum(known) if known else None)

    def bounded(self, until: datetime.datetime) -> Self | None:
        """The position alone: a row's newest cells are read, and read again by the next run."""
        return replace(self, before=until) if self.options.watermark else None

    def narrowed(self, comparisons: Sequence[Comparison]) -> Self:
        """The row key's bounds become `start` and `stop`: text sorts as its UTF-8 bytes do, here and in Spark."""
        options = self.options
        low, high = key_bytes(options.start or ""), key_bytes(options.stop or "")
        for each in comparisons:
            texts = [value.encode() for value in each.values if isinstance(value, str)]
            if each.column != options.row_key or options.row_key_codec != "utf8" or len(texts) < max(1, len(each.values)):
                continue
            if each.operator in ("=", "in", ">", ">="):
                low = max(low, min(texts))
            if each.operator in ("=", "in", "<", "<="):
                high = min(key for key in (high, max(texts) + b"\0") if key)
        bounded = {"start": written(low) or None, "stop": written(high) or None}
        return replace(self, options=options.model_copy(update=bounded))

    def read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        spec, options = split.spec, self.options
        if not options.count_rows or spec["since_ms"] or spec["limit"] is not None or options.filter:
            yield from self._read(split, schema)
            return
        start, stop = bytes.fromhex(spec["start"]), bytes.fromhex(spec["stop"])
        settled = int((time.time() - SETTLED_S) * 1000)
        with RangeCount(lambda: self._reader(schema, start, stop, server=split.index + 1), settled) as count:
            found = 0
            for batch in self._read(split, schema):
                found += batch.num_rows
                yield batch
            if counted := count.above(found):
                raise SourceDataError(
                    f"{found} rows were read of {_described(start, stop)}, and HBase counts {counted}",
                    where=self._where,
                    next_step="run the same command again; if it stays so, look for failed regions in HBase's master",
                )

    def _read(self, split: Split, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        spec, columns = split.spec, self._columns
        start, stop = bytes.fromhex(spec["start"]), bytes.fromhex(spec["stop"])
        since_ms, left = spec["since_ms"], spec["limit"]
        # A limited look at changed rows cannot know how many rows it must pass before it finds one.
        reader = self._reader(schema, start, stop, spec["whole"], server=split.index, limit=None if since_ms else left)
        changes = ChangedRows(reader, since_ms) if since_ms else None
        versions = versions_of(self.options, self.name, split.index)
        for rows in changes.batches() if changes else reader.batches():
            batch = columns.batch(rows, schema, versions)
            if changes:
                batch = batch.filter(pa.array(changes.is_new(rows)))
            if spec["whole"]:
                batch = batch.filter(pa.array(rows.having(reader.wanted)))
            if left is not None:
                batch = batch.slice(0, left)
                left -= batch.num_rows
            if batch.num_rows:
                yield batch
            if left == 0:
                return

    @property
    def _where(self) -> str:
        return f"source {self.name}, table {self.options.table}"

    @property
    def _columns(self) -> Columns:
        return Columns(self.options, self._where)

    def _ranges(self, table: Table, low: bytes, high: bytes) -> Iterator[tuple[bytes, bytes, int | None]]:
        """Regions within [low, high), or parts of them. They cover everything whatever the regions do meanwhile: they are
        ranges of keys."""
        regions = [(max(start, low), _least(end, high)) for start, end in table.regions()]
        regions = [(start, end) for start, end in regions if not end or start < end]
        for start, end in regions:
            yield from cut(table, start, end, self.options.split_rows, most_parts(len(regions)))

    def _whole_families(self, table: Table, schema: pa.Schema) -> list[str]:
        """Families asked for as a whole, since nearly all of their bytes are wanted: naming each cell costs the server a
        search of every row, a fifth of its time with ten cells. Not where another cell's presence would show."""
        if self.options.filter or self.options.timestamp or not self._columns.cells(schema):
            return []
        wanted = self._columns.wanted(schema).names
        sizes = table.sampled_sizes(_SAMPLE_ROWS)
        families = {name.split(b":")[0] for name in wanted}
        held = {family: sum(size for name, size in sizes.items() if name.startswith(family + b":")) for family in families}
        kept = {family: sum(sizes.get(name, 0) for name in wanted if name.startswith(family + b":")) for family in families}
        return sorted(family.decode() for family in families if kept[family] and kept[family] >= _MOSTLY * held[family])

    def _reader(
        self,
        schema: pa.Schema,
        start: bytes = b"",
        stop: bytes = b"",
        whole: Sequence[str] = (),
        *,
        server: int = 0,
        limit: int | None = None,
    ) -> RangeReader:
        options, columns = self.options, self._columns
        if not start and not stop:
            start, stop = bounds(options.start, options.stop, options.prefix)
        # Whoever wants keys alone is not sent the cells; without the first one's value there is still its timestamp.
        brief = None if columns.cells(schema) else "KeyOnlyFilter()" if options.timestamp in schema.names else KEYS_ONLY
        filters = [f"({each})" for each in (options.filter, brief) if each]
        return RangeReader(
            options,
            self.name,
            columns.names(schema, whole),
            columns.wanted(schema),
            start,
            stop,
            server=server,
            filter=" AND ".join(filters) or None,
            limit=limit,
            batch_rows=max(1, BATCH_BYTES // 2 // (_CELL_BYTES * len(schema))),
        )

    def _since_ms(self, since: Position) -> int | None:
        mark = self.options.watermark
        return since["timestamp_ms"] - mark.lag_s * 1000 if mark and since else None

    def _watermark_findings(self) -> list[Finding]:
        mark = self.options.watermark
        if mark is None:
            return []
        step = "" if mark.lag_s else "give `lag_s`: it covers clocks that differ and writers that set timestamps themselves"
        return [Finding(True, f"watermark {mark.column}: timestamps of cells, re-read for {mark.lag_s} s", step)]

    def _statements(self, schema: pa.Schema, splits: tuple[Split, ...], since_ms: int | None) -> tuple[str, ...]:
        reader = self._reader(schema)
        names = ", ".join(shown(name) for name in reader.names)
        by = f" filter {reader.filter}" if reader.filter else ""
        new = f" with a cell of {_instant(since_ms)} or later" if since_ms else ""
        return tuple(f"scan {self.options.table} [{names}] {split.describe}{by}{new}" for split in splits)


def _least(end: bytes, high: bytes) -> bytes:
    return min((key for key in (end, high) if key), default=b"")


def _described(start: bytes, stop: bytes) -> str:
    return f"{shown(start) or 'first row'} … {shown(stop) or 'last row'}"


def _instant(millis: int) -> str:
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=millis)
    return moment.isoformat(timespec="milliseconds")
