"""The real Label Studio: projects, push exactly once, pull by what changed, whatever the network does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from annotation import push as pushing
from annotation import templates
from annotation.adjudicate import adjudicate
from annotation.client import Client
from annotation.doctor import examine
from annotation.label_studio_backend import LabelStudioBackend
from annotation.records import Screen
from sandbox.label_studio import ADMIN
from tests.unit.annotation.make import choice, originals, sample, screen, task_of
from tests.unit.annotation.test_round_trip import HOSTILE, SAMPLES
from washplant.errors import LabelError, LabelUnreachable

from .http_proxy import http_proxy
from .labelling import Team, dialogues, nothing, tasks_of

pytestmark = pytest.mark.services


def keys(team: Team) -> Counter[tuple[str, str]]:
    return Counter((task["data"]["sample_id"], task["data"]["version"]) for task in team.tasks())


def once(count: int) -> Counter[tuple[str, str]]:
    return Counter((made.id, made.version) for made in dialogues(count))


class Puller:
    """Pulls again and again, as `washplant label pull` does: what is known grows."""

    def __init__(self, backend: LabelStudioBackend) -> None:
        self.backend, self.position = backend, dict[str, Any]()
        self.known = nothing()

    def __call__(self) -> list[dict[str, Any]]:
        found, position = self.backend.pull(self.known, self.position)
        self.position = dict(position)
        states = {row["annotation_id"]: row for row in self.known.to_pylist()}
        fresh = [row for row in found.to_pylist() if states.get(row["annotation_id"]) != row]
        states.update({row["annotation_id"]: row for row in fresh})
        self.known = pa.Table.from_pylist(list(states.values()), schema=nothing().schema)
        return fresh


@pytest.mark.parametrize("token", ["token", "personal_token"])
def test_setup_makes_each_project_once_and_leaves_what_is_right(team: Team, token: str) -> None:
    made = team.backend(token=token).setup(list(Screen))
    assert [change.action for change in made] == ["made"] * len(Screen)
    again = team.backend(token=token).setup(list(Screen))
    assert [(change.action, change.project.id) for change in again] == [("unchanged", c.project.id) for c in made]


def test_an_updated_screen_is_refused_only_where_answers_would_be_lost(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = team.backend()
    backend.push(tasks_of(*dialogues(1)), "b-000001")
    team.answer(team.tasks()[0])
    before = templates.load(Screen.DIALOGUE)
    monkeypatch.setattr(templates, "load", lambda _: before.replace("弃用", "不用"))
    assert [change.action for change in backend.setup([Screen.DIALOGUE])] == ["updated"]
    monkeypatch.setattr(templates, "load", lambda _: before.replace('<Choice value="unsafe"', '<Choice value="danger"'))
    with pytest.raises(LabelError, match=r"1 answers are there: reasons has lost unsafe"):
        backend.setup([Screen.DIALOGUE])


def test_a_push_that_is_repeated_pushes_nothing_twice(team: Team) -> None:
    tasks = tasks_of(*dialogues(7))
    assert (team.backend(chunk=3).push(tasks[:4], "b-000001").written) == 4
    receipt = team.backend(chunk=3).push(tasks, "b-000001")
    assert (receipt.written, receipt.already) == (3, 4)
    assert keys(team) == once(7)


@pytest.mark.parametrize("how", ["502 after", "502 before", "429", "401", "slow", "half", "hang up"])
def test_a_bad_network_neither_doubles_nor_loses_a_task(team: Team, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The SDK repeats a POST on 502: three tasks where one was sent.
    monkeypatch.setattr(pushing, "REST_S", 0.2)
    with http_proxy(team.facts["host"], team.facts["port"]) as proxy:
        # A second 401 with a new access token would be a refusal.
        proxy.spoil("POST", "/import", *([how] if how == "401" else [how, how]))
        proxy.spoil("GET", "/api/tasks/", how)
        receipt = team.backend(url=proxy.url, chunk=4, token="personal_token").push(tasks_of(*dialogues(10)), "b-000001")
    assert proxy.planned == []
    assert receipt.written == 10
    assert keys(team) == once(10)


def test_a_request_that_is_carried_out_late_leaves_no_second_task(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "REST_S", 0.2)
    backend = team.backend()
    tasks = tasks_of(*dialogues(3))
    backend.push(tasks, "b-000001")
    project = team.projects()[0].id
    pushing._import(team.admin, project, tasks)  # as a request of a process that died
    first = team.tasks()[3]
    team.answer(first)
    backend.push(tasks, "b-000001", resumed=True)
    assert keys(team) == once(3)
    assert first["id"] in {task["id"] for task in team.tasks()}, "the one that somebody worked on stays"


def test_a_server_that_is_away_is_worth_a_retry(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.client.BACKOFF_S", 0.01)
    with pytest.raises(LabelUnreachable, match="no connection"):
        team.backend(url="http://127.0.0.1:9").push(tasks_of(*dialogues(1)), "b-000001")


def test_errors_hold_neither_token_nor_cookie(team: Team) -> None:
    # str(ApiError) has the session's cookie.
    for token in ("0" * 40, team.facts["users"][ADMIN]["personal_token"][:-3] + "abc"):
        client = Client(team.facts["url"], token)
        with client, pytest.raises(LabelError, match="the token is not accepted") as caught:
            client.get("projects/")
        assert "sessionid" not in str(caught.value) and token not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    with pytest.raises(LabelError, match="at least 3 characters") as refused:
        team.admin.post("projects/", {"title": "x"})
    assert "sessionid" not in str(refused.value)


def test_pull_follows_answers_edits_skips_and_deletions(team: Team) -> None:
    backend = team.backend()
    backend.push(tasks_of(*dialogues(6)), "b-000001")
    pull = Puller(backend)
    assert pull() == []
    tasks = team.tasks()
    first = team.answer(tasks[0])
    team.answer(tasks[1], 2, [], was_cancelled=True)
    gone = team.answer(tasks[2], 3)
    assert sorted(row["verdict"] for row in pull()) == ["accept", "accept", "skip"]
    assert pull() == []
    edited = [*screen(tasks[0]["data"], output="今晚九点恢复。"), choice("verdict", "accept")]
    team.admin.patch(f"annotations/{first['id']}/", {"result": edited})
    team.admin.delete(f"annotations/{gone['id']}/")
    backend.push(tasks_of(*dialogues(9)), "b-000002")
    team.answer(team.tasks()[-1])
    found = {row["annotation_id"]: row for row in pull()}
    assert len(found) == 3
    assert found[str(first["id"])]["messages"][1]["content"] == "今晚九点恢复。"
    assert found[str(gone["id"])]["deleted"]
    assert pull() == []


def test_answers_of_a_deleted_task_are_known_as_deleted(team: Team) -> None:
    backend = team.backend()
    backend.push(tasks_of(*dialogues(3)), "b-000001")
    tasks = team.tasks()
    for task in tasks:
        team.answer(task)
    pull = Puller(backend)
    assert len(pull()) == 3
    team.admin.delete(f"tasks/{tasks[1]['id']}/")
    assert [(row["task_id"], row["deleted"]) for row in pull()] == [(str(tasks[1]["id"]), True)]
    assert pull() == []


def test_a_pull_after_the_token_expired_goes_on(team: Team) -> None:
    backend = team.backend()
    backend.push(tasks_of(*dialogues(2)), "b-000001")
    team.answer(team.tasks()[0])
    with http_proxy(team.facts["host"], team.facts["port"]) as proxy:
        proxy.spoil("GET", "/api/tasks/", "401", "half", "502 before")
        found = team.backend(url=proxy.url, token="personal_token").pull(nothing(), {}).answers
    assert proxy.planned == [] and found.num_rows == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_every_screen_goes_out_and_comes_back(team: Team, name: str) -> None:
    made = SAMPLES[name]
    team.backend().push(tasks_of(made), "b-000001")
    team.answer(team.tasks()[0])
    answers = team.backend().pull(nothing(), {}).answers
    settled = adjudicate(answers, originals(made)).to_pylist()
    assert [row["status"] for row in settled] == ["accepted"]


def test_hostile_texts_come_back_as_they_went(team: Team) -> None:
    texts = [*HOSTILE, "长" * (1 << 20)]
    made = [sample(number=n, turns=(f"问题 {n} {text[:2000]}", text)) for n, text in enumerate(texts, 1)]
    team.backend().push(tasks_of(*made), "b-000001")
    for task in team.tasks():
        team.answer(task)
    settled = adjudicate(team.backend().pull(nothing(), {}).answers, originals(*made)).to_pylist()
    assert {row["id"]: row["messages"][1]["content"] for row in settled} == {each.id: each.messages[1].content for each in made}
    assert {row["status"] for row in settled} == {"accepted"}


def test_two_people_answer_a_task_and_nobody_twice(team: Team) -> None:
    backend = team.backend(overlap=2)
    backend.push(tasks_of(*dialogues(4)), "b-000001")
    project = team.projects()[0].id
    for number in (1, 2, 3):
        with team.person(number) as person:
            for _ in range(4):
                try:
                    task = person.get(f"projects/{project}/next")
                except LabelError:
                    break
                team.answer(task, number)
    people = backend.pull(nothing(), {}).answers.to_pandas().groupby("task_id")["annotator"]
    assert people.nunique().to_list() == [2] * 4 and people.size().to_list() == [2] * 4


def test_an_old_answer_comes_as_prediction(team: Team) -> None:
    previous = {"messages": [{"role": "user", "content": "停水了？"}, {"role": "assistant", "content": "九点恢复。"}]}
    task = task_of(sample(), previous=previous, reason="changed")
    team.backend().push([task], "demo-000001")
    regions = team.tasks()[0]["predictions"][0]["result"]
    assert {r["from_name"]: r["value"]["text"][0] for r in regions}["output"] == "九点恢复。"


def test_doctor_says_what_is_well_and_what_to_fix(team: Team) -> None:
    team.backend().setup([Screen.IMAGE_CLASSIFICATION])
    found = examine(team.backend(token="personal_token"))
    texts = "\n".join(f"{each.state} {each.what}" for each in found)
    assert "ok Label Studio 1.23" in texts and "ok the personal access token is of admin@example.com" in texts
    assert "no roles in Community" in texts and "has no storage" in texts
    assert all(each.next_step for each in found if each.state != "ok")
    assert "wrong" not in {each.state for each in found}
    away = examine(team.backend(url="http://127.0.0.1:9", timeout_s=1))
    assert [each.state for each in away] == ["wrong"]
