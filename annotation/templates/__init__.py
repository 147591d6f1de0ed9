"""The Label Studio configurations, one per screen. They hold no data: texts and classes come from each task."""

from __future__ import annotations

import json
from importlib import resources

from annotation.records import Screen


def load(screen: Screen) -> str:
    """The labelling configuration (XML) of a screen, to be pasted into a Label Studio project."""
    return resources.files(__name__).joinpath(f"{screen}.xml").read_text(encoding="utf-8")


def instructions(screen: Screen) -> str:
    """What annotators are told before they begin (HTML as the server keeps it, Chinese then English)."""
    texts = json.loads(resources.files(__name__).joinpath("instructions.json").read_text(encoding="utf-8"))
    return "<br>".join(f"<p>{paragraph}</p>" for paragraph in (*texts[screen], *texts["every_screen"]))
