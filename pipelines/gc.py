"""Garbage: folders of attempts and runs that no manifest makes count."""

from __future__ import annotations

from pipelines.project import Project
from washplant import manifest as manifests
from washplant.ledger.ledger import run_folders


def collect(project: Project, *, dry_run: bool = False) -> list[str]:
    """Delete orphans under the store's lock; the paths, relative to the store."""
    with project.writing():
        orphans = list(_orphans(project))
        if not dry_run:
            for path in orphans:
                project.store.delete(path)
        return orphans


def _orphans(project: Project) -> list[str]:
    found = []
    for path in run_folders(project.store):
        manifest = manifests.read(project.store, path)
        if manifest is None:
            found.append(path)
            continue
        listed = {manifests.MANIFEST, manifest.attempt} | {
            file.path.split("/")[0] for files in manifest.files.values() for file in files if not manifest.attempt
        }
        found += [f"{path}/{child}" for child in project.store.children(path) if child not in listed]
    return found
