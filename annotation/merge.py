"""Several exports as one set of answers: they overlap, and an older one may be lying beside a newer."""

from __future__ import annotations

from collections.abc import Iterable

from annotation.exports import Json
from annotation.parse import parse_task
from annotation.records import Answer
from washplant.errors import LabelError


class Merged:
    """Answers by annotation; of two states of one, the newer `updated_at` wins.

    An annotation that a later export lacks stays, because exports are often filtered; with `missing_is_deleted` it
    becomes `deleted`, when that export holds its project.
    """

    def __init__(self, *, missing_is_deleted: bool = False) -> None:
        self._missing_is_deleted = missing_is_deleted
        self._found: dict[str, tuple[Answer, str]] = {}  # annotation id: its newest state, its project
        self._deleted: set[str] = set()

    def add(self, tasks: Iterable[tuple[str, Json]]) -> None:
        """Take one export's tasks. Raises LabelError when two servers' annotations carry one number."""
        seen: set[str] = set()
        projects: set[str] = set()
        for where, task in tasks:
            project = str(task.get("project", ""))
            projects.add(project)
            for answer in parse_task(task, where):
                seen.add(answer.annotation_id)
                self._take(answer, project, where)
        if self._missing_is_deleted:
            gone = {key for key, (_, project) in self._found.items() if project in projects and key not in seen}
            self._deleted = (self._deleted - seen) | gone

    def answers(self) -> list[Answer]:
        """All answers, in the order of their sample's id, version and annotation."""
        rows = [
            answer.model_copy(update={"deleted": True}) if key in self._deleted else answer
            for key, (answer, _) in self._found.items()
        ]
        return sorted(rows, key=lambda answer: (answer.id, answer.version, answer.annotation_id))

    def _take(self, answer: Answer, project: str, where: str) -> None:
        known, _ = self._found.get(answer.annotation_id, (None, ""))
        if known is not None and (known.id, known.version) != (answer.id, answer.version):
            raise LabelError(
                f"annotation {answer.annotation_id} belongs to another sample in another export",
                where=where,
                next_step="keep exports of different Label Studio servers in different projects of washplant",
            )
        if known is None or _rank(answer) > _rank(known):
            self._found[answer.annotation_id] = (answer, project)


def _rank(answer: Answer) -> tuple[object, ...]:
    """Newest first; the content settles a tie, so that the order of files does not."""
    return (answer.updated_at, answer.model_dump_json())
