"""Answers of three synthetic annotators: `annotators.py --tasks DIR --out FILE --date 2025-03-05`.

Nobody real answered. It reads the task files that `washplant label push` wrote and writes what Label Studio would export
if 小陈, 小林 and 小赵 had worked through them: about 70 % used as they are, 20 % edited, 7 % rejected, 3 % skipped;
a fifth of the tasks have two answers, of which about 85 % agree. Every choice hangs on the sample's id, so the same
tasks give the same bytes. Tasks that another export beside FILE answers already are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ANNOTATORS = {11: "chen@example.com", 12: "lin@example.com", 13: "zhao@example.com"}
PROJECT = 1
OVERLAP, AGREEMENT = 0.20, 0.85
SHARES = (("skip", 0.03), ("reject", 0.10), ("edit", 0.30), ("accept", 1.0))  # cumulative
REASONS = ("wrong", "off_topic", "incomplete", "other")
FILLERS = ("亲，", "嗯，", "呃，", "额，", "那个，")
GREETINGS = ("您好", "你好", "尊敬的", "感谢")
SENTENCE_ENDS = "。！？!?.~）)"

Json = dict[str, Any]


def drawn(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def number(*parts: object) -> int:
    """A stable id below 2^40."""
    return int(drawn("id", *parts) * 2**40)


def polished(text: str, draw: float) -> str:
    """The answer as a careful colleague would leave it: filler out, greeting in, the last sentence finished."""
    better = text.strip()
    for filler in FILLERS:
        better = better.replace(filler, "")
    if better and better[-1] not in SENTENCE_ENDS:
        better = better.rstrip("，,、；;：:") + "。"
    if better and not better.startswith(GREETINGS):
        better = ("您好，" if draw < 0.6 else "您好，感谢来电。") + better
    elif draw < 0.5:
        better += "如有疑问请随时联系我们。"
    return better


def region(name: str, target: str, kind: str, value: Json) -> Json:
    return {"id": name, "from_name": name, "to_name": target, "type": kind, "origin": "manual", "value": value}


def textarea(name: str, text: str) -> Json:
    return region(name, "original", "textarea", {"text": [text]})


def texts(data: Json, edit: float | None) -> list[Json]:
    """The boxes of a dialogue; `edit`: the draw of an edit, None to leave them. Empty boxes give no result."""
    if "messages" not in data:
        output = data["output"] if edit is None else polished(data["output"], edit)
        boxes = {"instruction": data["instruction"], "input": data["input"], "output": output}
    else:
        turns = [turn["content"] for turn in data["messages"]]
        if edit is not None:
            last = max(n for n, turn in enumerate(data["messages"]) if turn["role"] == "assistant")
            turns[last] = polished(turns[last], edit)
        boxes = {f"messages_{n}": text for n, text in enumerate(turns)}
    return [textarea(name, text) for name, text in boxes.items() if text]


def picked(data: Json, edit: float | None) -> list[Json]:
    """The class; an edit is another one, where there is another."""
    label = data["label"]
    others = [choice["value"] for choice in data["labels"] if choice["value"] != label]
    if edit is not None and others:
        label = others[int(edit * len(others))]
    return [region("label", data["task"].removesuffix("_classification"), "choices", {"choices": [label]})]


def preferred(data: Json, edit: float | None) -> list[Json]:
    """The side of the better answer; an edit is the other one."""
    left = (data["left_is"] == "chosen") == (edit is None)
    return [region("preference", "response_a", "pairwise", {"selected": "left" if left else "right"})]


def result(data: Json, verdict: str, edit: float) -> list[Json]:
    """What one annotator left on the screen."""
    show = {"dialogue": texts, "preference": preferred}.get(data["task"], picked)
    target = {"dialogue": "original", "preference": "prompt"}.get(data["task"])
    target = target or data["task"].removesuffix("_classification")
    if verdict == "skip":
        return []
    if verdict == "reject":
        reason = REASONS[int(edit * len(REASONS))]
        boxes = texts(data, None) if data["task"] == "dialogue" else []
        choices = [("verdict", "reject"), ("reasons", reason)]
        return boxes + [region(name, target, "choices", {"choices": [value]}) for name, value in choices]
    found = show(data, edit if verdict == "edit" else None)
    if data["task"] == "dialogue":
        found.append(region("verdict", target, "choices", {"choices": ["accept"]}))
    return found


def verdict_of(data: Json, who: str) -> str:
    draw = drawn(data["sample_id"], data["version"], who, "verdict")
    return next(name for name, share in SHARES if draw < share)


def annotation(data: Json, user: int, verdict: str, edit: float, started: datetime) -> Json:
    seconds = round(8 + 50 * drawn(data["sample_id"], user, "seconds"), 1)
    when = started + timedelta(seconds=int(8 * 3600 * drawn(data["sample_id"], data["version"], user, "time")))
    stamp = when.isoformat().replace("+00:00", "Z")
    return {
        "id": number(data["sample_id"], data["version"], user),
        "completed_by": {"id": user, "email": ANNOTATORS[user]},
        "result": result(data, verdict, edit),
        "was_cancelled": verdict == "skip",
        "ground_truth": False,
        "created_at": stamp,
        "updated_at": stamp,
        "lead_time": seconds,
    }


def answered(task: Json, started: datetime) -> Json:
    """The task as exported. The second annotator agrees with the first in AGREEMENT of the cases, and else decides alone."""
    data = task["data"]
    users = sorted(ANNOTATORS, key=lambda user: drawn(data["sample_id"], "who", user))
    edit = drawn(data["sample_id"], data["version"], "edit")
    first = verdict_of(data, "first")
    found = [annotation(data, users[0], first, edit, started)]
    if drawn(data["sample_id"], "overlap") < OVERLAP and first != "skip":
        agrees = drawn(data["sample_id"], data["version"], "agree") < AGREEMENT
        other = {"accept": "edit", "edit": "reject", "reject": "accept"}[first]
        found.append(annotation(data, users[1], first if agrees else other, edit, started))
    return {
        "id": number(data["sample_id"], data["version"], data["push_batch"]),
        "data": data,
        "annotations": found,
        "drafts": [],
        "predictions": [],
        "project": PROJECT,
    }


def tasks_in(folder: Path, leave_out: Path | None = None) -> Iterator[Json]:
    """All tasks of the JSON files in a folder."""
    for path in sorted(folder.glob("*.json")):
        if path != leave_out:
            yield from json.loads(path.read_text(encoding="utf-8"))


def key(task: Json) -> tuple[str, str]:
    return task["data"]["sample_id"], task["data"]["version"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, required=True, help="folder of the pushed task files")
    parser.add_argument("--out", type=Path, required=True, help="the export to write")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="day on which they worked")
    options = parser.parse_args()
    started = datetime.combine(options.date, datetime.min.time(), UTC) + timedelta(hours=1)
    done = {key(task) for task in tasks_in(options.out.parent, leave_out=options.out)}
    tasks = {key(task): task for task in tasks_in(options.tasks) if key(task) not in done}.values()
    export = sorted((answered(task, started) for task in tasks), key=lambda task: task["id"])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(export, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{sum(len(task['annotations']) for task in export)} answers to {len(export)} tasks in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
