"""Label Studio's annotations as answers.

The task's own data is the original that an answer is compared with: boxes nobody touched come back too, and an emptied box
gives no result at all (FIELD-NOTES §7). Drafts and predictions are not answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from annotation.records import Answer, Screen, Verdict
from annotation.tasks import LEFT
from washplant.errors import LabelError
from washplant.sample import Message, Role, TaskKind

NOTHING_CHOSEN = "nothing_chosen"  # the reason of a skip that was submitted like an answer
UNKNOWN_ANNOTATOR = "unknown"  # whose account was deleted; all of them count as one person, never as agreement

_VERDICTS = {
    "accept": Verdict.ACCEPT,
    "accept_with_edit": Verdict.ACCEPT,
    "edit": Verdict.ACCEPT,
    "reject": Verdict.REJECT,
}
"""Whether an accepted text was edited is seen from the text, not from the button."""

Json = Mapping[str, Any]


class Content(NamedTuple):
    """The parts of a sample that annotators may change."""

    system: str | None
    input: str | None
    messages: tuple[tuple[str, str], ...]
    chosen: str | None
    rejected: str | None
    label: str | None


class Regions(NamedTuple):
    """An annotation's result by control: texts of boxes, picks of choices, the side of a pair, stars."""

    texts: dict[str, str]
    choices: dict[str, list[str]]
    sides: dict[str, str]
    ratings: dict[str, int]


def parse_task(task: Json, where: str) -> Iterator[Answer]:
    """The answers of one exported task. `where` is named in errors. Raises LabelError for a result we cannot read."""
    data, annotations = task["data"], task["annotations"]
    original = _original(data, where) if annotations else None
    for annotation in annotations:
        place = f"{where}: annotation {annotation.get('id') if isinstance(annotation, dict) else annotation}"
        assert original is not None
        try:
            yield _answer(task, data, annotation, original, place)
        except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
            raise LabelError(
                f"cannot be read as an annotation: {type(error).__name__}: {error}",
                where=place,
                next_step="export again as JSON; if it stays, take this annotation out and report it",
            ) from error


def _answer(task: Json, data: Json, annotation: Json, original: Content, where: str) -> Answer:
    regions = _regions(annotation.get("result") or [], where)
    content = _content(data, regions, original)
    created = annotation.get("created_at") or annotation["updated_at"]
    rating = next(iter(regions.ratings.values()), None)
    verdict, reasons = _verdict(annotation, data, regions, content == original, where)
    used = content if verdict is Verdict.EDIT else original
    return Answer(
        id=data["sample_id"],
        version=data["version"],
        annotation_id=str(annotation["id"]),
        task_id=str(task.get("id", "")),
        annotator=_annotator(annotation.get("completed_by")),
        task=TaskKind(data["task"]),
        verdict=verdict,
        reasons=reasons,
        note=regions.texts.get("note") or None,
        rating=rating,
        **{**used._asdict(), "messages": tuple(Message(role=Role(r), content=c) for r, c in used.messages)},
        created_at=_time(created),
        updated_at=_time(annotation.get("updated_at") or created),
        lead_time_s=annotation.get("lead_time"),
    )


def _verdict(annotation: Json, data: Json, regions: Regions, same: bool, where: str) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict and, of a rejection, its reasons."""
    if annotation.get("was_cancelled"):
        return Verdict.SKIP, ()
    chosen = regions.choices.get("verdict", [])
    unknown = [name for name in chosen if name not in _VERDICTS]
    if unknown:
        raise LabelError(
            f"unknown verdict {unknown[0]!r}; known: {', '.join(_VERDICTS)}",
            where=where,
            next_step="keep the values of the Choices named verdict in the labelling configuration; only their html may change",
        )
    if any(_VERDICTS[name] is Verdict.REJECT for name in chosen):
        return Verdict.REJECT, tuple(sorted(set(regions.choices.get("reasons", []))))
    if not chosen and not _is_answered(data, regions):
        return Verdict.SKIP, (NOTHING_CHOSEN,)
    return (Verdict.ACCEPT if same else Verdict.EDIT), ()


def _is_answered(data: Json, regions: Regions) -> bool:
    """Whether the part that a screen asks for is there; a screen without a verdict button asks for a pick or a text."""
    kind = data["task"]
    if kind == TaskKind.PREFERENCE:
        return "preference" in regions.sides
    if kind == TaskKind.DIALOGUE:
        return any(name != "note" for name in regions.texts)
    return bool(regions.choices.get("label"))


def _original(data: Json, where: str) -> Content:
    """The content as it was shown. Raises LabelError when the data is not what `build_task` writes."""
    try:
        turns = _turns(data)
        sides: dict[str, str | None] = {"chosen": None, "rejected": None}
        if data["task"] == TaskKind.PREFERENCE:
            left, right = ("chosen", "rejected") if data["left_is"] == "chosen" else ("rejected", "chosen")
            sides = {left: data["response_a"], right: data["response_b"]}
        texts = [_clean(data.get(name) or "") or None for name in ("system", "input")]
        return Content(texts[0], texts[1], turns, sides["chosen"], sides["rejected"], data.get("label") or None)
    except (KeyError, TypeError, AttributeError) as error:
        raise LabelError(
            f"the task's data is not as washplant pushed it: {type(error).__name__}: {error}",
            where=where,
            next_step="do not edit task data in Label Studio; import the task file again",
        ) from error


def _turns(data: Json) -> tuple[tuple[str, str], ...]:
    if screen_of(data) is Screen.DIALOGUE:
        return ((str(Role.USER), _clean(data["instruction"])), (str(Role.ASSISTANT), _clean(data["output"])))
    return tuple((turn["role"], _clean(turn["content"])) for turn in data["messages"])


def screen_of(data: Json) -> Screen:
    """The screen that a task's data belongs to."""
    if data["task"] == TaskKind.DIALOGUE and "messages" in data:
        return Screen.DIALOGUE_MULTI_TURN
    return Screen(data["task"])


def _content(data: Json, regions: Regions, original: Content) -> Content:
    """What the annotator left on the screen."""
    texts, picked = regions.texts, regions.choices.get("label", [])
    content = original
    if "system" in texts:
        content = content._replace(system=_kept(original.system, texts["system"]))
    if data["task"] == TaskKind.DIALOGUE and any(name != "note" for name in texts):
        content = _edited_dialogue(data, texts, content)
    if picked:
        content = content._replace(label=picked[0])
    side = regions.sides.get("preference")
    if side and (data["left_is"] == "chosen") != (side == LEFT):
        content = content._replace(chosen=original.rejected, rejected=original.chosen)
    return content


def _edited_dialogue(data: Json, texts: Mapping[str, str], original: Content) -> Content:
    """An empty box gives no result, so a box that is missing was emptied; that all are missing means that none was shown."""
    if screen_of(data) is Screen.DIALOGUE:
        names = ["instruction", "output"]
        original = original._replace(input=_kept(original.input, texts.get("input")))
    else:
        names = [f"messages_{n}" for n in range(len(original.messages))]
    turns = zip(names, original.messages, strict=True)
    return original._replace(messages=tuple((role, _kept(text, texts.get(name)) or "") for name, (role, text) in turns))


def _kept(original: str | None, box: str | None) -> str | None:
    """The box's text, or the original where they differ in nothing one can see: a browser changes line ends and may trim."""
    if box == original or _visible(box or "") == _visible(original or ""):
        return original
    return box or None


def _visible(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _regions(result: list[Json], where: str) -> Regions:
    found = Regions({}, {}, {}, {})
    texts: dict[str, list[str]] = {}
    for region in result:
        name, value = region.get("from_name"), region.get("value") or {}
        if name is None:
            continue  # a relation between regions
        kind = region.get("type")
        if kind == "textarea":
            text = value["text"]
            texts.setdefault(name, []).extend([text] if isinstance(text, str) else text)
        elif kind == "choices":
            found.choices.setdefault(name, []).extend(_clean(choice) for choice in value["choices"])
        elif kind == "pairwise":
            found.sides[name] = value["selected"]
        elif kind == "rating":
            found.ratings[name] = int(value["rating"])
    if len(found.choices.get("label", [])) > 1:
        raise LabelError(
            f"two classes: {', '.join(found.choices['label'])}", where=where, next_step='keep choice="single-radio" for label'
        )
    return found._replace(texts={name: _clean("\n".join(parts)) for name, parts in texts.items()})


def _annotator(who: object) -> str:
    """Label Studio gives a user's number, or an object with it; the number is there in both, so it names the person."""
    if isinstance(who, dict):
        who = who.get("id") or who.get("email")
    return UNKNOWN_ANNOTATOR if who is None else str(who)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clean(text: str) -> str:
    """JSON may hold halves of surrogate pairs, which no UTF-8 file can: pairs are joined, lone halves removed."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text
