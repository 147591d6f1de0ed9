"""Samples, tasks and exports as the tests need them; `annotate` answers as Label Studio's screen would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from annotation.file_backend import FileBackend, FileBackendOptions
from annotation.records import Answer, Task, Verdict, answer_table
from annotation.tasks import build_task
from washplant.sample import SAMPLE_SCHEMA, Message, Sample

Json = dict[str, Any]


def message(role: str, content: str) -> Message:
    return Message(role=role, content=content)


def sample(task: str = "dialogue", number: int = 1, **content: Any) -> Sample:
    """A sample of a task; `turns` are the contents of user and assistant in turn."""
    turns = content.pop("turns", {"dialogue": ("停水了？", "今晚恢复。"), "preference": ("停水了？",)}.get(task, ("水表照片",)))
    defaults: dict[str, Json] = {
        "preference": {"chosen": "今晚八点恢复。", "rejected": "不知道"},
        "text_classification": {"label": "报修"},
        "image_classification": {"label": "正常", "image_path": "images/001 a.png"},
    }
    roles = ("user", "assistant")
    return Sample(
        id=f"{number:032x}",
        version=content.pop("version", "v1"),
        source="tickets",
        mapping="qa",
        key=f'["{number}"]',
        task=task,
        messages=[message(roles[n % 2], text) for n, text in enumerate(turns)],
        **{**defaults.get(task, {}), **content},
    )


def task_of(made: Sample, **options: Any) -> Task:
    return build_task(made, batch="demo-000001", **options)


def originals(*samples: Sample) -> pa.Table:
    return pa.Table.from_pylist([made.model_dump(mode="json") for made in samples], schema=SAMPLE_SCHEMA)


def region(name: str, kind: str, value: Json) -> Json:
    return {"id": name, "from_name": name, "to_name": "original", "type": kind, "value": value}


def text(name: str, content: str) -> Json:
    return region(name, "textarea", {"text": [content]})


def choice(name: str, *values: str) -> Json:
    return region(name, "choices", {"choices": list(values)})


def side(value: str) -> Json:
    return region("preference", "pairwise", {"selected": value})


def screen(data: Json, **changed: str) -> list[Json]:
    """The boxes as the browser sends them: untouched ones too, empty ones not at all."""
    if "messages" in data:
        boxes = {f"messages_{n}": turn["content"] for n, turn in enumerate(data["messages"])}
    else:
        boxes = {name: data[name] for name in ("instruction", "input", "output")}
    return [text(name, content) for name, content in {**boxes, **changed}.items() if content]


def accepted(data: Json) -> list[Json]:
    """What a click on "use" leaves, on any screen."""
    if data["task"] == "preference":
        return [side("left" if data["left_is"] == "chosen" else "right")]
    if data["task"] != "dialogue":
        return [choice("label", data["label"])]
    return [*screen(data), choice("verdict", "accept")]


def annotation(
    result: list[Json], number: int = 1, who: Any = 11, at: str = "2025-03-05T01:00:00.000000Z", **more: Any
) -> Json:
    return {
        "id": number,
        "completed_by": who,
        "result": result,
        "was_cancelled": False,
        "created_at": at,
        "updated_at": at,
        "lead_time": 12.5,
        **more,
    }


def exported(task: Task | Json, *annotations: Json, **more: Any) -> Json:
    data = task["data"] if isinstance(task, dict) else dict(task.data)
    return {"id": 7, "data": data, "annotations": list(annotations), "drafts": [], "predictions": [], "project": 1, **more}


def backend(folder: Path, **options: Any) -> FileBackend:
    settings = FileBackendOptions(kind="file", tasks="tasks", answers="answers/*.json", **options)
    return FileBackend(settings.relative_to(folder))


def put_export(folder: Path, name: str, *tasks: Json) -> Path:
    path = folder / "answers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(tasks), ensure_ascii=False), encoding="utf-8")
    return path


def answer(made: Sample, who: str = "11", verdict: str = "accept", at: int = 1, **changed: Any) -> Answer:
    """An answer with the sample's content, but for what changed; `at`: minutes after the start."""
    stamp = f"2025-03-05T01:{at:02d}:00Z"
    content = {name: getattr(made, name) for name in ("system", "input", "messages", "chosen", "rejected", "label")}
    return Answer(
        **{
            "id": made.id,
            "version": made.version,
            "annotation_id": f"{made.id[-4:]}{who}",
            "task_id": "7",
            "annotator": who,
            "task": made.task,
            "verdict": Verdict(verdict),
            **content,
            "created_at": stamp,
            "updated_at": stamp,
            **changed,
        }
    )


def edited(made: Sample, output: str, who: str = "11", at: int = 1, **changed: Any) -> Answer:
    turns = (*made.messages[:-1], message("assistant", output))
    return answer(made, who, "edit", at, messages=turns, **changed)


def table(*answers: Answer) -> pa.Table:
    return answer_table(answers)
