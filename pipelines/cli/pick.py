"""`washplant pick`: choose samples for people."""

from __future__ import annotations

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def pick(
    config: ConfigOption = DEFAULT_CONFIG,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose up to `label.budget` samples that are worth a person's time.

    Example: washplant pick
    """
    from pipelines.pick import pick as do
    from pipelines.progress import shown
    from pipelines.project import open_project
    from pipelines.run import describe_pick, look_ahead

    project = open_project(config, master=master, limit=limit)
    look_ahead(project, curated=True)
    with shown("pick"):
        run = do(project)
    tell(describe_pick(run), {"run": run.run_id if run else None, **(run.facts if run else {})}, as_json)
