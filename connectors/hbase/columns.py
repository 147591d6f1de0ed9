"""The columns that the options name: their types, what a scan must ask for, and rows as record batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import CellError
from connectors.hbase.avro import AVRO
from connectors.hbase.codecs import codec
from connectors.hbase.keys import shown, split_keys
from connectors.hbase.options import CellOptions, HBaseOptions
from connectors.hbase.rows import Family, Rows, Wanted
from washplant.errors import SourceDataError, SourceSchemaError
from washplant.names import did_you_mean

Versions = Callable[[Rows, CellOptions], pa.Array]
"""Several versions of a cell, as a list of {at, value} for each row."""

INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Columns:
    """Pure functions of the options; `where` is for errors."""

    options: HBaseOptions
    where: str

    def types(self) -> dict[str, pa.DataType]:
        options = self.options
        types = {options.row_key: codec(options.row_key_codec).arrow}
        types |= {part.name: codec(part.codec).arrow for part in options.row_key_parts}
        types |= {name: cell_type(cell) for name, cell in options.cells.items()}
        return types | ({options.timestamp: INSTANT} if options.timestamp else {})

    def schema(self, columns: tuple[str, ...] | None) -> pa.Schema:
        """Of `columns`, else of those in the options, else of all. Raises SourceSchemaError for a name that is not there."""
        types = self.types()
        wanted = columns or self.options.columns or tuple(types)
        for name in wanted:
            if name not in types:
                step = did_you_mean(name, types, nothing="name it under `cells`")
                raise SourceSchemaError(f"there is no column {name!r}", where=self.where, next_step=step)
        return pa.schema([pa.field(name, types[name]) for name in wanted])

    def declared(self, column: str) -> str:
        if column in self.options.cells:
            cell = self.options.cells[column]
            name = cell.codec if not AVRO.fullmatch(cell.codec) else "avro"
            return cell.cell if name == "utf8" else f"{cell.cell} {name}"
        return "timestamp of the newest cell" if column == self.options.timestamp else "row key"

    def cells(self, schema: pa.Schema) -> list[CellOptions]:
        return [self.options.cells[name] for name in schema.names if name in self.options.cells]

    def names(self, schema: pa.Schema, whole: Sequence[str] = ()) -> list[bytes]:
        """What a scan asks for; a family alone means all of its cells, as for those of `whole`. A schema of keys alone asks
        for all the options' cells, so that it finds the rows that a full read finds."""
        cells = self.cells(schema) or list(self.options.cells.values())
        families = {cell.family for cell in cells if cell.wildcard} | set(whole)
        # Asked for a family and one of its cells, HBase gives that cell alone.
        single = {cell.cell for cell in cells if cell.family not in families}
        return sorted(name.encode() for name in families | single)

    def wanted(self, schema: pa.Schema) -> Wanted:
        cells = self.cells(schema)
        return Wanted(
            tuple(sorted({cell.cell.encode() for cell in cells if not cell.wildcard})),
            tuple(sorted({f"{cell.family}:".encode() for cell in cells if cell.wildcard})),
        )

    def batch(self, rows: Rows, schema: pa.Schema, versions: Versions) -> pa.RecordBatch:
        """Raises SourceDataError with column and row key for bytes that are not what their codec says."""
        keys = rows.keys()
        arrays = []
        for field in schema:
            try:
                arrays.append(self._array(field.name, rows, keys, versions))
            except CellError as error:
                where = f"{self.where}, column {field.name}, row key {shown(rows.key(error.row))}"
                raise SourceDataError(error.reason, where=where, next_step=error.next_step) from None
        return pa.record_batch(arrays, schema=schema)

    def _array(self, name: str, rows: Rows, keys: pa.Array, versions: Versions) -> pa.Array:
        options = self.options
        if name == options.row_key:
            return codec(options.row_key_codec).decode(keys)
        if name == options.timestamp:
            return pa.array(rows.newest() * 1000).cast(INSTANT)
        if name in options.cells:
            cell = options.cells[name]
            if cell.wildcard:
                return _map(rows, cell)
            return versions(rows, cell) if cell.versions > 1 else codec(cell.codec).decode(rows.cells(cell.cell.encode()))
        number = next(i for i, part in enumerate(options.row_key_parts) if part.name == name)
        parts = list(split_keys(keys, options.row_key_parts[: number + 1]))
        return codec(options.row_key_parts[number].codec).decode(parts[number])


def cell_type(cell: CellOptions) -> pa.DataType:
    arrow = codec(cell.codec).arrow
    if cell.wildcard:
        return pa.map_(pa.string(), arrow)
    return pa.list_(pa.struct([("at", INSTANT), ("value", arrow)])) if cell.versions > 1 else arrow


def _map(rows: Rows, cell: CellOptions) -> pa.Array:
    family = _sorted(rows.family(cell.family.encode()))
    try:
        names, values = codec("utf8").decode(family.names), codec(cell.codec).decode(family.values)
    except CellError as error:
        # The error counts cells; the row is the one whose cells these are.
        owner = int((family.offsets.to_numpy() <= error.row).sum()) - 1
        raise CellError(owner, error.reason, error.next_step) from None
    return pa.MapArray.from_arrays(family.offsets, names, values).cast(cell_type(cell))


def _sorted(family: Family) -> Family:
    """Each row's cells in HBase's own order; the Thrift server sorts bytes as signed, which puts 水 before a."""
    names = family.names
    if not len(names) or np.frombuffer(names.buffers()[2], np.uint8).max() < 0x80:
        return family
    owners = np.repeat(np.arange(len(family.offsets) - 1), np.diff(family.offsets.to_numpy()))
    order = pc.sort_indices(
        pa.table({"row": owners, "name": names}), sort_keys=[("row", "ascending"), ("name", "ascending")]
    )
    return Family(family.offsets, names.take(order), family.values.take(order))
