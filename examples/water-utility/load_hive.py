"""Bring the company's systems to the state of a day: tickets into the Hive table `crm.tickets`, images to where paths point.

    python examples/water-utility/load_hive.py FOLDER DAY

Stands in for the ticket system's own nightly load; washplant only reads the table.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pyspark.sql import Window
from pyspark.sql import functions as F

from pipelines import session
from pipelines.project import open_project


def load(folder: Path, day: int) -> None:
    """Replace the table by the newest row of each ticket up to the day."""
    loaded = open_project(folder / "washplant.yaml").loaded
    spark = session.start(loaded, master="local[2]", app="load-hive")
    files = [str(folder / "data" / f"day{number}" / "tickets.parquet") for number in range(1, day + 1)]
    newest = Window.partitionBy("ticket_id").orderBy(F.col("updated_at").desc())
    rows = spark.read.parquet(*files).withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank")
    if not spark.catalog.databaseExists("crm"):  # "if not exists" logs Hive's stack trace when it does
        spark.sql("create database crm")
    rows.write.mode("overwrite").format("parquet").saveAsTable("crm.tickets")
    spark.stop()
    shutil.copytree(folder / "data" / f"day{day}" / "images", folder / "data" / "images", dirs_exist_ok=True)
    (folder / "data" / f"day{day}" / "loaded").touch()


if __name__ == "__main__":
    load(Path(sys.argv[1]).absolute(), int(sys.argv[2]))
