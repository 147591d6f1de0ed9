"""The Label Studio configurations, one per screen. They hold no data: texts and classes come from each task."""

from __future__ import annotations

from importlib import resources

from annotation.records import Screen


def load(screen: Screen) -> str:
    """The labelling configuration (XML) of a screen, to be pasted into a Label Studio project."""
    return resources.files(__name__).joinpath(f"{screen}.xml").read_text(encoding="utf-8")
