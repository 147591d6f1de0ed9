"""Several versions of a cell. A scan of Thrift 1 gives the newest alone, so each row is asked for its own: many requests are
sent before their answers are read, or the way to the server and back would be paid once a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from connectors.base import CellError
from connectors.hbase.codecs import codec
from connectors.hbase.columns import INSTANT, cell_type
from connectors.hbase.rows import Rows
from connectors.hbase.session import connection, retried

if TYPE_CHECKING:
    from connectors.hbase.options import CellOptions, HBaseOptions

_AHEAD = 64  # requests on their way; their few kilobytes fit into the sockets' buffers, so neither side blocks the other


def versions_of(options: HBaseOptions, source: str, server: int) -> Callable[[Rows, CellOptions], pa.Array]:
    """A function that fetches the versions of a cell for rows: `connectors.hbase.columns.Versions`."""

    def fetch(rows: Rows, cell: CellOptions) -> pa.Array:
        keys = rows.keys().to_pylist()
        answers: list[list[Any]] = []

        def missing(failures: int) -> Iterator[None]:
            with connection(options, source, server + failures) as thrift:
                while len(answers) < len(keys):
                    some = keys[len(answers) : len(answers) + _AHEAD]
                    answers.extend(thrift.pipelined("getVer", [_request(options, key, cell) for key in some]))
                    yield

        for _ in retried(missing):
            pass
        return _lists(answers, cell)

    return fetch


def _request(options: HBaseOptions, key: bytes, cell: CellOptions) -> dict[str, Any]:
    name, table = cell.cell.encode(), options.table.encode()
    return {"tableName": table, "row": key, "column": name, "numVersions": cell.versions, "attributes": {}}


def _lists(answers: list[list[Any]], cell: CellOptions) -> pa.Array:
    found = [version for answer in answers for version in answer]
    offsets = np.concatenate([[0], np.cumsum([len(answer) for answer in answers])]).astype(np.int32)
    try:
        values = codec(cell.codec).decode(pa.array([version.value for version in found], pa.binary()))
    except CellError as error:
        row = int(np.searchsorted(offsets, error.row, side="right")) - 1
        raise CellError(row, error.reason, error.next_step) from None
    at = pa.array([version.timestamp * 1000 for version in found], pa.int64()).cast(INSTANT)
    structs = pa.StructArray.from_arrays([at, values], fields=list(cell_type(cell).value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), structs).cast(cell_type(cell))
