"""Write reviewed.jsonl and held_out.jsonl anew: `python -m benchmarks.data.pii.make`. Same seed, same bytes.

A line is {"t": text, "s": [[start, end, kind], ...]}, offsets in code points. Whole templates are held out, every third by a
digest of its text, so that no phrase of held_out.jsonl is seen while the rules are made.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.data.pii.values import PERSONAL, PLAIN

SEED = 20250307
FOLDER = Path(__file__).parent
PER_PERSONAL, PER_NONE = 12, 14  # texts a template
_SLOT = re.compile(r"(?<!\{)\{([a-z]+\d*(?:_[a-z]+)?)\}")


def main() -> None:
    """Write both files and say what is in them."""
    written: dict[str, list[str]] = {"reviewed": [], "held_out": []}
    for template, times in templates():
        part = "held_out" if hashlib.sha256(template.encode()).digest()[0] % 3 == 0 else "reviewed"
        texts = {json.dumps(fill(template, n), ensure_ascii=False, separators=(",", ":")): None for n in range(times)}
        written[part] += texts
    for part, lines in written.items():
        (FOLDER / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        negative = sum('"s":[]' in line for line in lines)
        print(f"{part}: {len(lines)} texts, {negative} of them without anything personal")


def templates() -> Iterator[tuple[str, int]]:
    """Every template, and how many texts are made of it: one where it has no slot."""
    times = 0
    for line in (FOLDER / "templates.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            times = PER_NONE if line.startswith("[none") else PER_PERSONAL
        elif line and not line.startswith("#"):
            yield line, times if _SLOT.search(line) else 1


def fill(template: str, number: int) -> dict[str, Any]:
    """The text number `number` of a template, and its spans."""
    r = random.Random(f"{SEED} {number} {template}")
    text, spans, end = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        end = slot.end()
        if slot[1] in PERSONAL:
            kind, make = PERSONAL[slot[1]]
            value = make(r)
            before, _, inner = value.rpartition("‹") if "‹" in value else ("", "", value)
            inner, _, after = inner.partition("›")
            spans.append([len(text) + len(before), len(text) + len(before) + len(inner), kind])
            value = before + inner + after
        else:
            value = PLAIN[slot[1]](r)
        text += value
    text += template[end:]
    return {"t": text.replace("{{", "{").replace("}}", "}"), "s": spans}


if __name__ == "__main__":
    main()
