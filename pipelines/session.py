"""The Spark session that every job shares."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from pipelines.guard import check_packages
from washplant.config import Loaded
from washplant.errors import SetupError

JAVA_OPTIONS = "spark.driver.extraJavaOptions"


def start(loaded: Loaded, *, master: str | None = None, app: str = "washplant") -> SparkSession:
    """The session of a project: an existing one (spark-submit, notebooks, tests) is used, else one is made.

    Raises SetupError without Java.
    """
    check_packages()
    _prepare_environment()
    builder = SparkSession.builder.appName(f"{app}:{loaded.config.name}")
    for name, value in _settings(loaded, master or loaded.config.spark.master).items():
        builder = builder.config(name, value)
    if "hive" in {source.kind for source in loaded.config.sources.values()}:
        builder = builder.enableHiveSupport()
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _prepare_environment() -> None:
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise SetupError(
            "Spark needs Java 17 or newer and none was found",
            next_step="install one (Debian: apt install openjdk-17-jre-headless, macOS: brew install openjdk@17)",
        )
    # Workers must run this interpreter: the system's python3 has no pyarrow.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    # A worker starts in the current folder; a user's own pipelines/ there must not be imported.
    os.environ["PYTHONSAFEPATH"] = "1"


def _settings(loaded: Loaded, master: str | None) -> dict[str, str]:
    given = loaded.config.spark
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.executorEnv.PYTHONSAFEPATH": "1",
        "spark.sql.parquet.compression.codec": "zstd",
        # Old calendars: a date before 1900 is written as it stands instead of failing the job.
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    }
    submitted = "SPARK_ENV_LOADED" in os.environ  # spark-submit has already decided where to run
    if master or not submitted:
        master = master or "local[*]"
        settings["spark.master"] = master
        if master.startswith("local"):
            settings |= _local_settings(master)
    java = [f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}"]
    if given.warehouse:
        folder = (loaded.folder / given.warehouse).absolute()
        settings |= _warehouse_settings(folder)
        java.append(f'"-Dderby.system.home={folder}"')
    java += [given.conf.get(JAVA_OPTIONS, ""), os.environ.get("WASHPLANT_JAVA_OPTIONS", "")]
    return settings | dict(given.conf) | {JAVA_OPTIONS: " ".join(option for option in java if option)}


def _local_settings(master: str) -> dict[str, str]:
    inside = master.removeprefix("local").strip("[]").split(",")[0]
    cores = int(inside) if inside.isdigit() else (os.cpu_count() or 1 if inside == "*" else 1)
    return {
        # 200 partitions, Spark's default, cost more than the work on one machine.
        "spark.sql.shuffle.partitions": str(max(2, 2 * cores)),
        # Re-planning after each shuffle is for clusters: on one machine it doubled the time of a night with few new rows.
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
    }


def _warehouse_settings(folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return {
        # Not as a URI: Spark would take its %E6%B0%B4 for the folder's name.
        "spark.sql.warehouse.dir": str(folder),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore_db;create=true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }
