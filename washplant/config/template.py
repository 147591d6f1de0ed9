"""Templates of the YAML: text with `{column}` or `{source.column}` in it; `{{` and `}}` are literal braces."""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator


def parse(text: str) -> list[tuple[str, str | None]]:
    """(literal text, column that follows it or None), in order. Raises ValueError for anything but plain names."""
    parts: list[tuple[str, str | None]] = []
    for literal, field, spec, conversion in Formatter().parse(text):
        if spec or conversion:
            raise ValueError(f"{{{field}}} takes no format: write the column's name alone")
        if field is not None and not field.strip():
            raise ValueError("{} names no column; write {{ and }} for literal braces")
        parts.append((literal, field.strip() if field is not None else None))
    return parts


def columns(text: str) -> list[str]:
    """The columns a template names, in order, once each."""
    return list(dict.fromkeys(field for _, field in parse(text) if field is not None))


def _checked(text: str) -> str:
    parse(text)
    return text


Template = Annotated[str, AfterValidator(_checked)]
