"""Source systems, a package each; third parties register theirs under the entry point group `washplant.connectors`."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from connectors.base import Catalog, Connector
from connectors.files import Files, FilesOptions
from connectors.hbase import HBase, HBaseOptions
from connectors.hive import Hive, HiveOptions
from connectors.mysql import MySQL, MySQLOptions
from washplant.config import SourceOptions

CONNECTORS: dict[str, tuple[type[SourceOptions], type[Connector[Any]]]] = {
    "files": (FilesOptions, Files),
    "hbase": (HBaseOptions, HBase),
    "hive": (HiveOptions, Hive),
    "mysql": (MySQLOptions, MySQL),
}


def registered() -> dict[str, tuple[type[SourceOptions], type[Connector[Any]]]]:
    """Our connectors and those of installed third parties, by kind; an entry point loads a (options, connector) pair."""
    return CONNECTORS | {point.name: point.load() for point in entry_points(group="washplant.connectors")}


def connect(name: str, options: SourceOptions, folder: Path, catalog: Catalog | None = None) -> Connector[Any]:
    """The connector of the source `name`; relative paths in its options start at `folder`."""
    kind = registered()[options.kind][1]
    if kind is Hive:
        return Hive(name, options.relative_to(folder), catalog)  # type: ignore[arg-type]
    return kind(name, options.relative_to(folder))


__all__ = ["CONNECTORS", "connect", "registered"]
