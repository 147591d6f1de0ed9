"""`washplant report`: the HTML page."""

from __future__ import annotations

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell


def report(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Write the report of the store as one self-contained HTML page. Starts no Spark.

    Example: washplant report
    """
    from pipelines.project import open_project
    from pipelines.report import write_report

    path = write_report(open_project(config))
    tell(path, {"report": path}, as_json)
