"""The S-curve of a banding: how probably a pair of some similarity is compared at all; as text, and as SVG."""

from __future__ import annotations

import numpy as np

from washplant.text.bands import candidate_probability

WIDTH, HEIGHT, LEFT, TOP = 560, 300, 50, 20


def drawn(bands: int, rows: int, threshold: float, *, columns: int = 61, lines: int = 12) -> str:
    """For a terminal: similarity from left to right, probability from below; `┆` is the threshold."""
    at = np.linspace(0, 1, columns)
    level = np.rint(candidate_probability(at, bands, rows) * (lines - 1)).astype(int)
    mark = round(threshold * (columns - 1))
    drawing = []
    for line in range(lines - 1, -1, -1):
        cells = "".join("•" if level[c] == line else "┆" if c == mark else " " for c in range(columns))
        label = f"{line / (lines - 1):>4.0%}" if line in (0, lines - 1) else "    "
        drawing.append(f"{label} │{cells}".rstrip())
    drawing.append("     └" + "─" * columns)
    drawing.append("      0" + f"{threshold:g}".rjust(mark) + "1".rjust(columns - mark - 1))
    return "\n".join(drawing)


def as_svg(bands: int, rows: int, threshold: float, title: str) -> str:
    """A picture of its own: no script, no font, nothing that is loaded."""
    at = np.linspace(0, 1, 201)
    found = candidate_probability(at, bands, rows)
    points = " ".join(f"{LEFT + x * WIDTH:.1f},{TOP + (1 - y) * HEIGHT:.1f}" for x, y in zip(at, found, strict=True))
    line = LEFT + threshold * WIDTH
    axes = "".join(
        f'<text x="{LEFT + x * WIDTH:.0f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{x:g}</text>'
        f'<text x="{LEFT - 8}" y="{TOP + (1 - x) * HEIGHT + 4:.0f}" text-anchor="end">{x:.0%}</text>'
        for x in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {TOP + HEIGHT + 40}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#5b6874"><title>{title}</title>'
        f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#e2e7eb"/>'
        f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{TOP}" y2="{TOP + HEIGHT}" stroke="#b3862c" stroke-dasharray="4 3"/>'
        f'<text x="{line - 6:.1f}" y="{TOP + 14}" text-anchor="end" fill="#b3862c">{threshold:g}</text>'
        f'<polyline points="{points}" fill="none" stroke="#1f6a74" stroke-width="2.5"/>{axes}</svg>\n'
    )
