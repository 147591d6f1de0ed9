"""Pushing to files and pulling from exports: idempotent, atomic, and no file of another kind taken for an export."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation import BACKENDS, connect
from annotation.records import ANSWER_SCHEMA, Screen
from annotation.tasks import build_task
from tests.unit.annotation.make import accepted, annotation, backend, exported, put_export, sample, task_of
from washplant.errors import LabelError

BATCH = "demo-000001"
MIXED = [task_of(sample(kind, n)) for n, kind in enumerate(["dialogue", "dialogue", "image_classification"])]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "tasks").iterdir())}


def pulled(folder: Path, **options: Any) -> list[dict[str, Any]]:
    table = backend(folder, **options).pull(ANSWER_SCHEMA.empty_table(), {}).answers
    assert table.schema.equals(ANSWER_SCHEMA)
    return table.to_pylist()


def one_answer(folder: Path, name: str = "a.json", **more: Any) -> Path:
    return put_export(folder, name, exported(MIXED[0], annotation(accepted(dict(MIXED[0].data)), **more)))


def test_the_registered_backend_starts_at_the_yamls_folder(tmp_path: Path) -> None:
    options = BACKENDS["file"][0].model_validate({"kind": "file", "tasks": "t", "answers": "a/*.json"})
    receipt = connect(options, tmp_path).push(MIXED, BATCH)
    assert (tmp_path / "t" / f"{BATCH}.dialogue.json").exists() and receipt.written == 3


def test_a_project_has_one_screen_so_each_screen_has_its_file_and_configuration(tmp_path: Path) -> None:
    backend(tmp_path).push(MIXED, BATCH)
    screens = (Screen.DIALOGUE, Screen.IMAGE_CLASSIFICATION)
    assert set(files(tmp_path)) == {f"{s}.xml" for s in screens} | {f"{BATCH}.{s}.json" for s in screens}
    tasks = json.loads(files(tmp_path)[f"{BATCH}.dialogue.json"])
    assert [task["data"]["sample_id"] for task in tasks] == [MIXED[0].id, MIXED[1].id]


def test_pushing_the_same_batch_again_changes_nothing(tmp_path: Path) -> None:
    first = backend(tmp_path).push(MIXED, BATCH)
    before, times = files(tmp_path), {p.name: p.stat().st_mtime_ns for p in (tmp_path / "tasks").iterdir()}
    again = backend(tmp_path).push(MIXED, BATCH)
    assert (first.written, again.written, again.already, again.where) == (3, 0, 3, first.where)
    assert files(tmp_path) == before and times == {p.name: p.stat().st_mtime_ns for p in (tmp_path / "tasks").iterdir()}


def test_a_file_that_may_be_imported_already_is_never_rewritten(tmp_path: Path) -> None:
    backend(tmp_path).push(MIXED, BATCH)
    before = files(tmp_path)
    newer = task_of(sample(number=0, version="v2"))
    receipt = backend(tmp_path).push([*MIXED, newer], BATCH)
    added = set(files(tmp_path)) - set(before)
    assert added == {f"{BATCH}.dialogue.002.json"} and receipt.written == 1
    assert {name: files(tmp_path)[name] for name in before} == before
    assert backend(tmp_path).push([*MIXED, newer], BATCH).written == 0


def test_a_crash_in_the_middle_of_a_push_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole"
    backend(whole).push(MIXED, BATCH)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            backend(tmp_path).push(MIXED, BATCH)
    left = files(tmp_path)
    assert left and all(name.startswith(".") and name.endswith(".tmp") for name in left)
    backend(tmp_path).push(MIXED, BATCH)
    assert files(tmp_path) == files(whole)


def test_a_task_file_that_somebody_changed_is_an_error(tmp_path: Path) -> None:
    backend(tmp_path).push(MIXED, BATCH)
    (tmp_path / "tasks" / f"{BATCH}.dialogue.json").write_text("[{}", encoding="utf-8")
    with pytest.raises(LabelError, match="changed since it was pushed"):
        backend(tmp_path).push(MIXED, BATCH)


def test_a_batch_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="cannot name a file"):
        backend(tmp_path).push(MIXED, "../x")


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("a file", encoding="utf-8")
    with pytest.raises(LabelError, match="cannot be written"):
        backend(tmp_path).push(MIXED, BATCH)


def test_before_anybody_answered_there_are_no_answers(tmp_path: Path) -> None:
    assert pulled(tmp_path) == []


@pytest.mark.parametrize("answers", ["answers", "answers/*.json", "answers/a.json", "**/a.json"])
def test_answers_are_a_file_a_folder_or_a_glob(tmp_path: Path, answers: str) -> None:
    folder = tmp_path / "with [brackets]"
    one_answer(folder)
    options = BACKENDS["file"][0].model_validate({"kind": "file", "tasks": "t", "answers": answers})
    assert connect(options, folder).pull(ANSWER_SCHEMA.empty_table(), {}).answers.num_rows == 1


def test_of_several_exports_the_newest_state_of_an_annotation_counts(tmp_path: Path) -> None:
    one_answer(tmp_path, "a.json", at="2025-03-06T01:00:00Z", was_cancelled=True)
    one_answer(tmp_path, "b.json", at="2025-03-05T01:00:00Z")
    (row,) = pulled(tmp_path)
    assert row["verdict"] == "skip"


def test_the_same_states_in_other_files_give_the_same_answers(tmp_path: Path) -> None:
    results = []
    for names in (("a.json", "b.json"), ("b.json", "a.json")):
        folder = tmp_path / names[0]
        one_answer(folder, names[0], lead_time=1.0)
        one_answer(folder, names[1], lead_time=2.0)
        results.append(pulled(folder))
    assert results[0] == results[1]


def test_an_annotation_missing_from_a_newer_export_is_not_taken_as_deleted(tmp_path: Path) -> None:
    one_answer(tmp_path, "1.json", number=1)
    one_answer(tmp_path, "2.json", number=2, who=12)
    assert [row["deleted"] for row in pulled(tmp_path)] == [False, False]


def test_unless_told_that_exports_are_full(tmp_path: Path) -> None:
    one_answer(tmp_path, "1.json", number=1)
    one_answer(tmp_path, "2.json", number=2, who=12)
    other_project = exported(MIXED[1], annotation([], number=3, was_cancelled=True), project=2)
    put_export(tmp_path, "3.json", other_project)
    found = {row["annotation_id"]: row["deleted"] for row in pulled(tmp_path, missing="deleted")}
    assert found == {"1": True, "2": False, "3": False}


def test_unknown_samples_are_kept_as_data(tmp_path: Path) -> None:
    stranger = build_task(sample(number=999), batch="other-000001")
    put_export(tmp_path, "a.json", exported(stranger, annotation(accepted(dict(stranger.data)))))
    assert [row["id"] for row in pulled(tmp_path)] == [stranger.id]


def test_two_servers_with_the_same_annotation_number_are_told_apart(tmp_path: Path) -> None:
    one_answer(tmp_path, "a.json")
    put_export(tmp_path, "b.json", exported(MIXED[1], annotation([], was_cancelled=True)))
    with pytest.raises(LabelError, match="belongs to another sample"):
        pulled(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = one_answer(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(pulled(tmp_path)) == 1


FOREIGN = {"id": 1, "data": {"text": "hello"}, "annotations": []}
JSON_MIN = {"id": 1, "text": "hello", "label": "x", "annotator": 1}


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("", 1, "no list of tasks"),
        ('{"tasks": []}', 1, "no list of tasks"),
        ("id,label\n1,x\n", 1, "no list of tasks"),
        ('[\n{"id": 1,\n "data": }\n]', 3, "not JSON"),
        ("[\n", 2, "not JSON"),
        (f"[\n\n{json.dumps(JSON_MIN)}]", 3, "has no `data`"),
        (f"[\n{json.dumps(FOREIGN)}]", 2, "not pushed by washplant: its data has no sample_id, version, task"),
        (f"[\n{json.dumps(MIXED[0].as_label_studio())}]", 2, "holds no annotations"),
    ],
)
def test_a_file_that_is_no_full_export_says_where_and_what_to_export(
    tmp_path: Path, content: str, line: int, what: str
) -> None:
    path = put_export(tmp_path, "a.json")
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=what) as caught:
        pulled(tmp_path)
    assert caught.value.where == f"{path}:{line}" and "export" in caught.value.next_step.lower()


def test_a_cut_file_is_an_error_not_fewer_answers(tmp_path: Path) -> None:
    path = one_answer(tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:-1], encoding="utf-8")
    with pytest.raises(LabelError, match="not JSON"):
        pulled(tmp_path)


def test_other_encodings_are_an_error(tmp_path: Path) -> None:
    put_export(tmp_path, "a.json").write_bytes('["好"]'.encode("gb18030"))
    with pytest.raises(LabelError, match="not UTF-8"):
        pulled(tmp_path)
