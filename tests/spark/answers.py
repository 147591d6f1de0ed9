"""What annotators would export from Label Studio: each pushed task with one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def pushed(folder: Path) -> dict[str, dict[str, Any]]:
    """The tasks in the task files, by the id of their sample; of several versions the last pushed."""
    files = sorted(folder.glob("*.json"))
    tasks = [task for file in files for task in json.loads(file.read_text(encoding="utf-8"))]
    return {task["data"]["sample_id"]: task for task in tasks}


def answer(task: dict[str, Any], number: int, output: str | None = None, *, at: str = "2025-03-05T10:00:00Z") -> dict[str, Any]:
    """A task as exported, with one annotation: accepted as it stands, or with another answer."""
    data = task["data"]
    texts = {"instruction": data["instruction"], "output": output or data["output"]}
    regions = [
        {"id": name, "from_name": name, "to_name": "original", "type": "textarea", "value": {"text": [text]}}
        for name, text in texts.items()
    ]
    verdict = {"id": "v", "from_name": "verdict", "to_name": "original", "type": "choices", "value": {"choices": ["accept"]}}
    annotation = {
        "id": number,
        "completed_by": 7,
        "result": [*regions, verdict],
        "was_cancelled": False,
        "created_at": "2025-03-05T09:00:00Z",
        "updated_at": at,
        "lead_time": 12.5,
    }
    return {"id": 1000 + number, "data": data, "annotations": [annotation]}


def write(path: Path, *answered: dict[str, Any]) -> None:
    """A Label Studio export."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(answered), ensure_ascii=False), encoding="utf-8")
