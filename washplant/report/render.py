"""The page: data in, one self-contained HTML text out."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from washplant.report.data import ReportData
from washplant.report.diff import side_by_side

LANGUAGES = ("en", "zh")

# Shown as a picture of themselves: they would be invisible, or turn the direction of what stands beside them.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_VISIBLE |= {0x7F: 0x2421, 0x2028: 0x21B5, 0x2029: 0x21B5}
_VISIBLE |= dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0x2426)
_VISIBLE |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


def render(data: ReportData, language: str) -> str:
    """The report as HTML. Raises ValueError for a language other than `LANGUAGES`."""
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}; known: {', '.join(LANGUAGES)}")
    template = _environment(language).get_template("page.html.j2")
    return template.render(data=data, language=language)


class Texts:
    """The page's own words in one language."""

    def __init__(self, language: str) -> None:
        self.words = {key: entry[language] for key, entry in words().items()}

    def __call__(self, key: str, **values: object) -> str:
        """A text with its values; an unknown key is an error. `n`: a number whose singular may have its own text."""
        one = self.words.get(f"{key}.one") if str(values.get("n")) == "1" else None
        return (one or self.words[key]).format(**values)

    def named(self, group: str, name: str) -> str:
        """What people call a reason or status; the name itself where there is no word for it."""
        return self.words.get(f"{group}.{name}", name)


def words() -> dict[str, dict[str, str]]:
    """All texts by key and language."""
    loaded: dict[str, dict[str, str]] = json.loads(files("washplant.report").joinpath("texts.json").read_text("utf-8"))
    return loaded


def shown(value: Any) -> Any:
    """Text with control and direction characters made visible; everything else as it is."""
    return value.translate(_VISIBLE) if isinstance(value, str) and not isinstance(value, Markup) else value


def number(value: int) -> str:
    """12,345"""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """12.3%; a little never reads as nothing, nor almost all as all."""
    if not whole:
        return "–"
    if 0 < part < whole:
        return f"{min(max(part / whole, 0.001), 0.999):.1%}"
    return f"{part / whole:.0%}"


def width(part: int, whole: int) -> str:
    """A bar's width for CSS: whole per mille, and at least a hair for what is there."""
    return f"{max(100 * part / whole, 0.3 if part else 0):.1f}%" if whole else "0%"


def size(value: int) -> str:
    """Bytes for a person: 999 B, 12.3 KB, 4.5 MB (powers of ten)."""
    for factor, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value} B"


def fields(line: str) -> list[tuple[str, str]]:
    """The fields of a JSON line, their values as text; a line that is no object stands for itself."""
    try:
        found = json.loads(line)
    except ValueError:
        return [("", line)]
    if not isinstance(found, dict):
        return [("", line)]
    return [(name, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) for name, one in found.items()]


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("washplant", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.filters.update(n=number, size=size, fields=fields)
    environment.globals.update(t=Texts(language), share=share, width=width, side_by_side=side_by_side)
    return environment
