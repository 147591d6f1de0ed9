"""`washplant reconcile`: deletes and misses that a watermark cannot see."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, MasterOption, SourceOption
from pipelines.cli.output import tell


def reconcile(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    max_deleted: Annotated[
        float, typer.Option("--max-deleted", min=0, max=1, help="stop above this share of deleted rows")
    ] = 0.1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count")] = False,
    master: MasterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the keys of each source with the stored ones: mark what the source lost, read what the store missed.

    Example: washplant reconcile --source tickets --dry-run
    """
    from pipelines.checks import known_source
    from pipelines.progress import shown
    from pipelines.project import open_project
    from pipelines.reconcile import reconcile as do

    project = open_project(config, master=master)
    found = {}
    for name in source or list(project.loaded.config.sources):
        known_source(project, name)
        with shown(f"reconcile {name}"):
            found[name] = do(project, name, max_deleted=max_deleted, dry_run=dry_run)
    lines = [
        f"{name}: {done.deleted:,} deleted in the source, {done.missed:,} missed"
        + (f" ({done.skipped})" if done.skipped else ", only counted" if dry_run else "")
        for name, done in found.items()
    ]
    tell("\n".join(lines), {name: vars(done) for name, done in found.items()}, as_json)
