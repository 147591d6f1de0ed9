"""Image classification: `{"image_path", "label"}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.exporters.base import Exporter
from washplant.config import ExportOptions
from washplant.sample import TaskKind


class ImageOptions(ExportOptions):
    """Labelled images."""

    format: Literal["image"] = Field(description="image")
    root: str | None = Field(
        default=None,
        description="folder that the paths start at, relative to this file; images that are not there are withheld",
    )


class Image(Exporter):
    """Image paths as mapped, and their labels."""

    tasks: ClassVar[tuple[TaskKind, ...]] = (TaskKind.IMAGE_CLASSIFICATION,)
    options: ImageOptions

    def misfits(self) -> dict[str, Column]:
        """A path whose image is not below the root."""
        return {"image_missing": ~F.col("_there")} if self.options.root else {}

    def fields(self) -> dict[str, Column]:
        """image_path, label."""
        return {"image_path": F.col("image_path"), "label": F.col("label")}

    def checked(self, rows: DataFrame) -> DataFrame:
        """Rows with `misfit`; each image is looked for where its row is, not on the driver."""
        if self.options.root is None:
            return super().checked(rows)
        root = (self.folder / self.options.root).absolute()

        def looked_up(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                paths = [root / path for path in batch.column("image_path").to_pylist()]
                # A path that leads out of the root is as good as missing.
                there = [path.resolve().is_relative_to(root.resolve()) and path.is_file() for path in paths]
                yield pa.RecordBatch.from_arrays([batch.column("id"), pa.array(there, pa.bool_())], names=["id", "_there"])

        found = rows.select("id", "image_path").mapInArrow(looked_up, "id string, _there boolean")
        return super().checked(rows.join(found, on="id", how="inner")).drop("_there")
