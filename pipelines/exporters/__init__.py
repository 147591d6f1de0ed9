"""Dataset formats, by the `format` of an export. Third parties use the entry point group `washplant.exporters`."""

from __future__ import annotations

from pipelines.exporters.alpaca import Alpaca, AlpacaOptions
from pipelines.exporters.base import Exporter
from pipelines.exporters.image import Image, ImageOptions
from washplant.config import ExportOptions

EXPORTERS: dict[str, tuple[type[ExportOptions], type[Exporter]]] = {
    "alpaca": (AlpacaOptions, Alpaca),
    "image": (ImageOptions, Image),
}

__all__ = ["EXPORTERS", "Exporter"]
