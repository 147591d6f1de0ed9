"""`washplant status`: how the store stands."""

from __future__ import annotations

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell


def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Show what was read, the pool, open labels and the datasets. Starts no Spark.

    Example: washplant status --json
    """
    from pipelines.project import open_project
    from pipelines.status import describe_status, read_status

    found = read_status(open_project(config))
    tell(describe_status(found), found, as_json)
