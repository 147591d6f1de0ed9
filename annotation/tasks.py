"""A sample as a Label Studio task: what the annotator sees, and all that is needed to read the answer without the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from annotation.records import Screen, Task
from washplant.sample import Message, Role, Sample, TaskKind

IMAGE_PREFIX = "/data/local-files/?d="  # where Label Studio serves LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT
PREDICTION = "previous answer"  # the `model_version` of our predictions
SPEAKERS = {Role.USER: "用户 User", Role.ASSISTANT: "客服 Assistant"}
LEFT, RIGHT = "left", "right"

Regions = list[dict[str, Any]]

_HINTS = {
    "changed": "源数据已更新，编辑框里是上次的回答 · the row changed; the box holds the last answer",
    "conflict": "同一问题另有不同回答 · the same question has other answers",
}


def screen_of(sample: Sample) -> Screen:
    """The screen that a sample is answered on."""
    if sample.task is not TaskKind.DIALOGUE:
        return Screen(sample.task)
    single = [message.role for message in sample.messages] == [Role.USER, Role.ASSISTANT]
    return Screen.DIALOGUE if single else Screen.DIALOGUE_MULTI_TURN


def build_task(
    sample: Sample,
    *,
    batch: str,
    reason: str = "",
    previous: Mapping[str, Any] | None = None,
    labels: Sequence[str] = (),
) -> Task:
    """The task of a sample. `reason`: why it was picked. `previous`: the content people gave its earlier version, as a row
    of resolutions. `labels`: the classes to choose from; the sample's own is always among them."""
    screen = screen_of(sample)
    data: dict[str, Any] = {
        "sample_id": sample.id,
        "version": sample.version,
        "push_batch": batch,
        "source": sample.source,
        "mapping": sample.mapping,
        "task": str(sample.task),
        "reason": reason,
        "hints": _hints(sample, reason),
        "system": sample.system or "",
        "input": sample.input or "",
        **_SHOWN[screen](sample),
    }
    if screen in (Screen.TEXT_CLASSIFICATION, Screen.IMAGE_CLASSIFICATION):
        data["labels"] = _choices({*labels, sample.label or ""})
    regions = _PREDICTED[screen](data, previous) if previous else []
    return Task(
        id=sample.id,
        version=sample.version,
        task=sample.task,
        screen=screen,
        batch=batch,
        data=data,
        predictions=({"model_version": PREDICTION, "result": regions},) if regions else (),
    )


def _hints(sample: Sample, reason: str) -> str:
    parts = [_HINTS.get(reason, "")]
    parts += [f"{name}: {value}" for name, value in sorted(sample.meta.items()) if value]
    parts += [", ".join(sample.tags)]
    return "\n".join(part for part in parts if part)


def _choices(labels: set[str]) -> list[dict[str, str]]:
    """Choices that the screen loads from the data; the first nine have the digits as hotkeys."""
    ordered = sorted(label for label in labels if label)
    return [{"value": label, **({"hotkey": str(n)} if n <= 9 else {})} for n, label in enumerate(ordered, 1)]


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": str(turn.role), "speaker": SPEAKERS[turn.role], "content": turn.content} for turn in messages]


def _transcript(messages: Sequence[Message]) -> str:
    """The turns as one text to read; a single question without its speaker."""
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"{SPEAKERS[turn.role]}\n{turn.content}" for turn in messages)


def _dialogue(sample: Sample) -> dict[str, Any]:
    question, answer = sample.messages
    return {"instruction": question.content, "output": answer.content}


def _multi_turn(sample: Sample) -> dict[str, Any]:
    return {"messages": _turns(sample.messages), "transcript": _transcript(sample.messages)}


def _preference(sample: Sample) -> dict[str, Any]:
    """Sides are drawn by the sample's version: people prefer the left one, and the same task must be the same bytes."""
    chosen_left = hashlib.sha256(f"{sample.id}:{sample.version}".encode()).digest()[0] % 2 == 0
    left, right = ("chosen", "rejected") if chosen_left else ("rejected", "chosen")
    texts = {"chosen": sample.chosen or "", "rejected": sample.rejected or ""}
    sides = {"left_is": left, "response_a": texts[left], "response_b": texts[right]}
    return {"messages": _turns(sample.messages), "transcript": _transcript(sample.messages), **sides}


def _text(sample: Sample) -> dict[str, Any]:
    text = "\n".join(turn.content for turn in sample.messages)
    return {"text": text, "messages": _turns(sample.messages), "label": sample.label or ""}


def _image(sample: Sample) -> dict[str, Any]:
    path = sample.image_path or ""
    address = path if "://" in path else IMAGE_PREFIX + quote(path)
    turns = _turns(sample.messages)
    return {"image": address, "image_path": path, "messages": turns, "label": sample.label or ""}


def _predicted_dialogue(data: Mapping[str, Any], previous: Mapping[str, Any]) -> Regions:
    """Every box is in it, the answer's with the old answer: boxes that a prediction lacks may come up empty."""
    old = previous.get("messages") or []
    output = str(old[-1]["content"]) if len(old) == 2 else data["output"]
    texts = {"instruction": data["instruction"], "input": data["input"], "output": output}
    return [_text_region(name, "original", text) for name, text in texts.items() if text]


def _predicted_turns(data: Mapping[str, Any], previous: Mapping[str, Any]) -> Regions:
    """The old answers in the assistant's turns, when the dialogue still has as many turns."""
    turns, old = data["messages"], previous.get("messages") or []
    same = [turn["role"] for turn in old] == [turn["role"] for turn in turns]
    spoken = [o if same and t["role"] == Role.ASSISTANT else t for t, o in zip(turns, old if same else turns, strict=True)]
    return [_text_region(f"messages_{n}", "original", turn["content"]) for n, turn in enumerate(spoken)]


def _predicted_side(data: Mapping[str, Any], previous: Mapping[str, Any]) -> Regions:
    sides = {data["response_a"]: LEFT, data["response_b"]: RIGHT}
    side = sides.get(previous.get("chosen") or "")
    value = {"selected": side}
    return [_region("preference", "response_a", "pairwise", value)] if side else []


def _predicted_label(data: Mapping[str, Any], previous: Mapping[str, Any]) -> Regions:
    label = previous.get("label")
    known = [choice["value"] for choice in data["labels"]]
    target = "image" if "image" in data else "text"
    return [_region("label", target, "choices", {"choices": [label]})] if label in known else []


def _text_region(name: str, target: str, text: str) -> dict[str, Any]:
    return _region(name, target, "textarea", {"text": [text]})


def _region(name: str, target: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": target, "type": kind, "value": value}


_SHOWN: dict[Screen, Callable[[Sample], dict[str, Any]]] = {
    Screen.DIALOGUE: _dialogue,
    Screen.DIALOGUE_MULTI_TURN: _multi_turn,
    Screen.PREFERENCE: _preference,
    Screen.TEXT_CLASSIFICATION: _text,
    Screen.IMAGE_CLASSIFICATION: _image,
}
_PREDICTED: dict[Screen, Callable[[Mapping[str, Any], Mapping[str, Any]], Regions]] = {
    Screen.DIALOGUE: _predicted_dialogue,
    Screen.DIALOGUE_MULTI_TURN: _predicted_turns,
    Screen.PREFERENCE: _predicted_side,
    Screen.TEXT_CLASSIFICATION: _predicted_label,
    Screen.IMAGE_CLASSIFICATION: _predicted_label,
}
