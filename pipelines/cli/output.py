"""Results on stdout: text for people, one JSON object for machines."""

from __future__ import annotations

import json
from typing import Any


def tell(text: str, data: dict[str, Any], as_json: bool) -> None:
    """Print the text, or the data as JSON."""
    print(json.dumps(data, ensure_ascii=False, default=str) if as_json else text)


def table(rows: list[tuple[object, ...]], indent: str = "  ") -> str:
    """Rows as aligned columns; numbers to the right. Chinese characters count for two columns."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(_width(row[i]) for row in texts) for i in range(len(texts[0]))] if texts else []
    lines = []
    for row, cells in zip(rows, texts, strict=True):
        padded = [
            (" " * (width - _width(cell)) + cell) if isinstance(value, int | float) else cell + " " * (width - _width(cell))
            for value, cell, width in zip(row, cells, widths, strict=True)
        ]
        lines.append(indent + "  ".join(padded).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
