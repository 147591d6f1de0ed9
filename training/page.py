"""The run as one HTML page: figures before and after, and the answers of base and trained model side by side."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from training.card import Card
from training.learner import Measured

_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{border-bottom:1px solid #d8dee6;padding:.4rem .6rem;
text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}th{background:#f3f6f9}td.n{text-align:right}
.bad{background:#fdecea;padding:.6rem}.good{background:#e9f6ec;padding:.6rem}@media(prefers-color-scheme:dark){
body{background:#11161c;color:#dbe3ec}th{background:#1b232d}td,th{border-color:#2c3845}.bad{background:#4a1f1c}
.good{background:#1c3a24}}
"""


def write_page(path: Path, card: Card, before: Measured, after: Measured) -> None:
    """Write the page; every text is escaped."""
    verdict = f'<p class="bad">{escape(card.verdict)}</p>' if card.verdict else '<p class="good">not worse than the base</p>'
    parts = [
        f"<h1>{escape(card.name)} {card.number}: {escape(card.dataset)} → {escape(Path(card.base).name)}</h1>",
        verdict,
        *(f"<p>{escape(note)}</p>" for note in card.notes),
        _table(("test split", "base", "trained"), _figures(before.metrics, after.metrics)),
    ]
    if card.groups:
        parts.append(_groups(card.groups))
    if after.rows:
        parts.append(_answers(before.rows, after.rows))
    body = "\n".join(parts)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(card.name)}</title><style>{_STYLE}</style>{body}'
    )
    path.write_text(page + "</html>\n", encoding="utf-8")


def _figures(before: dict[str, float], after: dict[str, float]) -> list[tuple[str, ...]]:
    return [(name, _figure(before.get(name)), _figure(value)) for name, value in after.items()]


def _groups(groups: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(groups.values())))
    rows = [(group, *(_figure(figures.get(name)) for name in names)) for group, figures in groups.items()]
    return _table(("trained, by origin", *names), rows)


def _answers(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    keys = [key for key in ("prompt", "wanted") if key in after[0]]
    shown = "answer" if "answer" in after[0] else "chosen"
    said = [row.get(shown, "") for row in before] or [""] * len(after)
    rows = [(*(str(row[key]) for key in keys), str(old), str(row.get(shown, ""))) for row, old in zip(after, said, strict=True)]
    return _table((*keys, "base", "trained"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + line(head, "th") + "".join(line(row, "td") for row in rows) + "</table>"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
