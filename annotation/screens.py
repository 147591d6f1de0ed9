"""What a labelling configuration asks for, and whether answers given under one can be read under another."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from xml.etree import ElementTree

from annotation import templates
from annotation.records import Screen

_CONTROLS = {"TextArea", "Choices", "Rating", "Pairwise", "Labels"}
_VALUES = {"Choice", "Label"}


class Control(NamedTuple):
    """One thing that an annotator fills in; `values` are those of its choices, none when they come from the data."""

    kind: str
    objects: tuple[str, ...]
    values: frozenset[str]


def version(screen: Screen) -> str:
    """The version of a screen's configuration: a digest of its text."""
    return hashlib.sha256(templates.load(screen).encode()).hexdigest()[:8]


def controls(configuration: str) -> dict[str, Control]:
    """The controls of a configuration (XML) by name."""
    found = {}
    for tag in ElementTree.fromstring(configuration).iter():
        if tag.tag in _CONTROLS and tag.get("name"):
            values = frozenset(child.get("value", "") for child in tag.iter() if child.tag in _VALUES)
            found[tag.attrib["name"]] = Control(tag.tag, tuple(sorted(tag.get("toName", "").split(","))), values)
    return found


def broken(before: str, after: str) -> list[str]:
    """What of the answers given under `before` would be lost or misread under `after`; empty: it can be changed.

    Layout, words and hotkeys may change, controls and choices may be added; what people have used may not go.
    """
    old, new = controls(before), controls(after)
    faults = []
    for name, was in old.items():
        now = new.get(name)
        if now is None:
            faults.append(f"{name} is gone")
        elif (now.kind, now.objects) != (was.kind, was.objects):
            faults.append(f"{name} was {was.kind} of {', '.join(was.objects)}, now {now.kind} of {', '.join(now.objects)}")
        elif was.values - now.values:
            faults.append(f"{name} has lost {', '.join(sorted(was.values - now.values))}")
    return faults
