"""`washplant run`: the whole chain."""

from __future__ import annotations

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, LimitOption, MasterOption
from pipelines.cli.output import tell


def run(
    config: ConfigOption = DEFAULT_CONFIG,
    master: MasterOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ingest, curate, pick, push, pull, adjudicate and export what is new. Never waits for people.

    Example: washplant run --limit 200
    """
    from pipelines import run as runs
    from pipelines.project import open_project
    from pipelines.report import write_report

    project = open_project(config, master=master, limit=limit)
    done = runs.run(project)
    report = write_report(project)
    lines = [runs.describe_ingest(one) for one in done.ingested] + [runs.describe_curate(done.curated)]
    if done.labelled is not None:
        lines += [runs.describe_pick(done.picked), done.labelled.describe()]
    lines += ["", "from rows to samples, as the store stands:", *runs.funnel_lines(project), ""]
    lines += [runs.describe_export(project, one) for one in done.exported]
    lines += [f"report: {report}", ""]
    lines += [runs.pretty(line) for line in runs.sample_lines(project)]
    if limit is not None:
        lines.append(f"a look at {limit} rows a source; nothing was kept but {project.store.full('')}, delete it when done")
    if not done.changed:
        lines = ["nothing new: no stage had anything to do", *lines]
    tell("\n".join(lines), {**runs.as_data(done), "report": report}, as_json)
