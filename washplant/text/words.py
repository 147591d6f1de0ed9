"""The word lists in `washplant/text/data`: UTF-8, one entry per line, `#` begins a comment."""

from __future__ import annotations

from importlib import resources


def entries(name: str) -> list[str]:
    """The entries of the list `name`, in the file's order."""
    text = resources.files("washplant.text").joinpath("data", name).read_text("utf-8")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def table(name: str) -> dict[str, frozenset[str]]:
    """A list whose lines begin with a heading: heading to all words under it."""
    groups: dict[str, set[str]] = {}
    for line in entries(name):
        heading, *words = line.split()
        groups.setdefault(heading, set()).update(words)
    return {heading: frozenset(words) for heading, words in groups.items()}
