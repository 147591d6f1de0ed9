"""One Spark session for all tests, and small projects on files that a test can change from night to night."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from pipelines import entries, session
from pipelines.curate import Curated, curate
from pipelines.export import Exported, export
from pipelines.ingest import ingest
from pipelines.project import Project, kinds, open_project
from washplant.config import load


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session that every project of the tests finds running."""
    folder = tmp_path_factory.mktemp("session") / "水务 项目"
    folder.mkdir()
    (folder / "washplant.yaml").write_text(
        "name: session\nsources: {r: {kind: files, path: r.csv}, h: {kind: hive, table: a.b}}\n"
        "map: {m: {from: r, instruction: x, output: y}}\nspark: {warehouse: warehouse, conf: {"
        # On a few rows compiling the generated code takes longer than running the plan as it is.
        "spark.sql.shuffle.partitions: 2, spark.sql.codegen.wholeStage: false, spark.sql.codegen.factoryMode: NO_CODEGEN}}\n"
    )
    found = session.start(load(folder / "washplant.yaml", kinds()), master="local[2]", app="tests")
    yield found
    found.stop()


@dataclass
class Nights:
    """A project over one Parquet file a source, and what its nights do."""

    folder: Path
    yaml: str
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def put(self, source: str, *rows: dict[str, Any]) -> None:
        """Insert or replace rows by their `id`, as the company's system would."""
        self.rows.setdefault(source, {}).update({str(row["id"]): row for row in rows})
        table = pa.Table.from_pylist(list(self.rows[source].values()))
        pq.write_table(table, self.folder / f"{source}.parquet")

    @property
    def project(self) -> Project:
        """The project, opened anew as each command does."""
        path = self.folder / "washplant.yaml"
        path.write_text(self.yaml, encoding="utf-8")
        return open_project(path, master="local[2]")

    def feed(self, *, stale: bool = False) -> Curated:
        """Ingest every source and curate."""
        project = self.project
        for source in project.loaded.config.sources:
            ingest(project, source)
        return curate(project, stale=stale)

    def export(self, dataset: str = "qa") -> Exported:
        """Export a dataset."""
        return export(self.project, dataset)

    def lines(self, dataset: str = "qa") -> list[dict[str, Any]]:
        """All lines of the newest version of a dataset."""
        project = self.project
        version = project.latest("versions", dataset)
        assert version is not None
        folder = Path(project.store.full(version.run_id))
        files = [folder / file.path for name, files in version.files.items() if name != "lineage" for file in files]
        return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]

    def state(self) -> dict[str, dict[str, Any]]:
        """The newest entry of every sample, by the row's id."""
        rows = entries.current(self.project).toArrow().to_pylist()
        return {json.loads(row["key"])[0]: row for row in rows}


QA = """
name: nights
sources:
  r: {kind: files, path: r.parquet, key: id, deleted: {column: gone}}
map:
  qa: {from: r, instruction: "{q}", output: "{a}", meta: [channel]}
dedup: {threshold: 0.8}
export:
  qa: {format: alpaca, include: unlabelled}
"""


@pytest.fixture
def nights(spark: SparkSession, tmp_path: Path) -> Callable[..., Nights]:
    """Makes a project in a folder of its own."""
    del spark

    def make(yaml: str = QA) -> Nights:
        return Nights(tmp_path, yaml)

    return make


def row(number: int | str, question: str, answer: str, *, channel: str = "app", gone: bool = False) -> dict[str, Any]:
    """A row of the source `r`."""
    return {"id": str(number), "q": question, "a": answer, "channel": channel, "gone": gone}
