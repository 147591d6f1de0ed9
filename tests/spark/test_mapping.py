"""Business rows become samples, and a new row maps again what it touches and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipelines.ingest import ingest
from pipelines.mapping import Mapped, map_rows
from tests.spark.conftest import Nights
from washplant.errors import ConfigError
from washplant.ids import content_version, sample_id

pytestmark = pytest.mark.spark

JOINED = """
name: mapping
sources:
  r: {kind: files, path: r.parquet, key: id, deleted: {column: gone}}
  c: {kind: files, path: c.parquet, key: id, deleted: {column: gone}}
map:
  qa:
    from: r
    join: {c: customer}
    when: status = '已办结'
    system: "客户在{c.区 名}"
    instruction: "{标题}\\n{q}"
    input: '{{"n": {n}}}'
    output: "{a}"
    meta: [id, c.区 名, n]
  alone: {from: r, system: "{s}", instruction: "{ q }", output: "好的", input: "", meta: a.b}
  pair: {from: r, task: preference, instruction: "{q}", chosen: "{a}", rejected: "{s}"}
  text: {from: r, task: text_classification, instruction: "{q}", label: "{status}"}
  photo: {from: r, task: image_classification, image_path: "img/{id}.jpg", label: "{s}"}
  unknown: {from: r, instruction: "{titel}", output: "{a}"}
  inner: {from: r, join: {c: customer}, instruction: "{c.区名}", output: "{a}"}
  column: {from: r, join: {c: costumer}, instruction: "{q}", output: "{a}"}
  broken: {from: r, when: "status == = 1", instruction: "{q}", output: "{a}"}
  nowhere: {from: r, when: "no_such > 1", instruction: "{q}", output: "{a}"}
"""

CHAT = """
name: chat
sources:
  t: {kind: files, path: t.parquet, key: id, deleted: {column: gone}}
map:
  chat:
    from: t
    group_by: session
    order_by: [at, seq]
    role: "{who}"
    roles: {客户: user, 客服: assistant, 系统: skip}
    content: "{text}"
    system: "{sys}"
    meta: [who]
"""

Key = tuple[str | None, ...]


@dataclass
class Walk:
    """Ingest and map, night after night, without curating."""

    nights: Nights
    seen: dict[str, int] = field(default_factory=dict)

    def ingest(self) -> None:
        project = self.nights.project
        self.seen = {source: len(project.manifests("raw", source)) for source in project.loaded.config.sources}
        for source in project.loaded.config.sources:
            ingest(project, source)

    def mapped(self, name: str, *, everything: bool = False) -> tuple[dict[Key, dict[str, Any]], set[Key]]:
        """By key what the rows of the last ingest make; and the keys of all samples that they touch."""
        found = self._apply(name, everything)
        if found is None:
            return {}, set()
        touched = [row["id"] for row in found.touched.collect()]
        assert len(set(touched)) == len(touched)
        driving = self.nights.project.loaded.config.map[name].source
        ids = {sample_id(driving, name, json.dumps([key], ensure_ascii=False)): (key,) for key in self.keys()}
        return self._checked(name, found), {ids[id_] for id_ in touched}

    def samples(self, name: str) -> dict[Key, dict[str, Any]]:
        """By key what the rows of the last ingest make."""
        found = self._apply(name, False)
        return self._checked(name, found) if found else {}

    def _apply(self, name: str, everything: bool) -> Mapped | None:
        project = self.nights.project
        new_runs = {source: project.manifests("raw", source)[count:] for source, count in self.seen.items()}
        return map_rows(project, name, new_runs, everything=everything)

    def _checked(self, name: str, found: Mapped) -> dict[Key, dict[str, Any]]:
        samples = found.samples.toArrow().to_pylist()
        names = {sample_id(row["source"], name, row["key"]): row["key"] for row in samples}
        assert names == {row["id"]: row["key"] for row in samples}
        for row in samples:
            turns = [(turn["role"], turn["content"]) for turn in row["messages"]]
            rest = [row[part] for part in ("chosen", "rejected", "label", "image_path")]
            assert row["version"] == content_version(row["task"], row["system"], row["input"], turns, *rest)
        return {tuple(json.loads(row["key"])): row for row in samples}

    def keys(self) -> set[str]:
        """Every value that a key or a group has had."""
        values = [row for rows in self.nights.rows.values() for row in rows.values()]
        return {str(row[name]) for row in values for name in ("id", "session", "was") if row.get(name)}


@pytest.fixture
def walk(spark: SparkSession, tmp_path: Path) -> Callable[[str], Walk]:
    """In a folder whose name Spark must take as it is."""

    def make(yaml: str) -> Walk:
        folder = tmp_path / "水 表%20"
        folder.mkdir()
        return Walk(Nights(folder, yaml))

    return make


def ticket(number: str, **changed: Any) -> dict[str, Any]:
    row = {"id": number, "customer": 1, "status": "已办结", "标题": "过户", "q": "怎么办", "a": "去营业厅", "n": 7}
    return row | {"s": None, "a.b": "dot", "gone": False} | changed


def customer(number: str, district: str | None, gone: bool = False) -> dict[str, Any]:
    return {"id": number, "区 名": district, "gone": gone}


def turns(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


def test_templates_joins_and_tasks(walk: Callable[[str], Walk]) -> None:
    w = walk(JOINED)
    w.nights.put("c", customer("1", "东{区}"), customer("2", None))
    w.nights.put(
        "r",
        ticket("1", q="{标题} 原样"),
        ticket("2", customer=2, 标题=None, n=None),
        ticket("3", customer=9, q=None),
        ticket("4", customer=None, a=None),
        ticket("5", status="处理中"),
        ticket("6", status=None, s="系统"),
    )
    w.ingest()

    rows, touched = w.mapped("qa")
    assert set(rows) == {("1",), ("2",), ("3",), ("4",)}, "`when` is true for these"
    assert touched == {(n,) for n in "123456"}, "the others may have been samples before"
    assert turns(rows[("1",)]) == [("user", "过户\n{标题} 原样"), ("assistant", "去营业厅")], "values are no templates"
    assert (rows[("1",)]["system"], rows[("1",)]["input"]) == ("客户在东{区}", '{"n": 7}')
    assert rows[("1",)]["meta"] == [("id", "1"), ("c.区 名", "东{区}"), ("n", "7")]
    assert turns(rows[("2",)])[0] == ("user", "\n怎么办")
    assert (rows[("2",)]["system"], rows[("2",)]["input"]) == ("客户在", '{"n": }'), "a null gives no text"
    assert dict(rows[("2",)]["meta"]) == {"id": "2", "c.区 名": None, "n": None}
    assert (turns(rows[("3",)])[0][1], rows[("3",)]["system"]) == ("过户\n", "客户在"), "a customer that is not there"
    assert turns(rows[("4",)])[1] == ("assistant", "")
    assert rows[("1",)]["raw_run"] == 1 and rows[("1",)]["tags"] == rows[("1",)]["scores"] == []

    rows = w.samples("alone")
    assert [rows[(n,)]["system"] for n in "16"] == [None, "系统"], "one column alone is null where the column is"
    assert (turns(rows[("3",)])[0], rows[("3",)]["input"]) == (("user", ""), "")
    assert dict(rows[("1",)]["meta"]) == {"a.b": "dot"}

    rows = w.samples("pair")
    assert (turns(rows[("6",)]), rows[("6",)]["chosen"], rows[("6",)]["rejected"]) == ([("user", "怎么办")], "去营业厅", "系统")
    rows = w.samples("text")
    assert (turns(rows[("5",)]), rows[("5",)]["label"], rows[("6",)]["label"]) == ([("user", "怎么办")], "处理中", None)
    rows = w.samples("photo")
    assert (turns(rows[("6",)]), rows[("6",)]["image_path"], rows[("6",)]["label"]) == ([], "img/6.jpg", "系统")

    for name, said in {
        "unknown": "no column 'titel'; known: id, customer, status, 标题, q, a, n, s, a.b, gone",
        "inner": "no column '区名'; known: id, 区 名, gone",
        "column": "no column 'costumer'",
        "broken": "not a condition over the columns of r",
        "nowhere": "not a condition over the columns of r",
    }.items():
        with pytest.raises(ConfigError) as caught:
            w.mapped(name)
        line = next(n for n, text in enumerate(JOINED.splitlines(), 1) if text.startswith(f"  {name}:"))
        assert said in caught.value.what
        assert f"washplant.yaml:{line}" in caught.value.where
    assert caught.value.next_step


def test_a_changed_join_maps_again_the_rows_concerned(walk: Callable[[str], Walk]) -> None:
    w = walk(JOINED)
    w.nights.put("c", customer("1", "东"), customer("2", "西"))
    w.nights.put("r", ticket("1"), ticket("2", customer=2), ticket("3", customer=3), ticket("4", customer=None))
    w.ingest()
    assert w.mapped("qa")[1] == {("1",), ("2",), ("3",), ("4",)}

    w.ingest()
    assert w.mapped("qa") == ({}, set()), "a night without news"

    w.nights.put("c", customer("2", "南"), customer("3", "新"))
    w.ingest()
    rows, touched = w.mapped("qa")
    assert touched == {("2",), ("3",)} == set(rows)
    assert [rows[(n,)]["system"] for n in "23"] == ["客户在南", "客户在新"]
    assert w.mapped("alone")[1] == set(), "a mapping without that join has nothing to do"

    w.nights.put("c", customer("1", "东", gone=True))
    w.nights.put("r", ticket("2", customer=2, gone=True), ticket("4", customer=1))
    w.ingest()
    rows, touched = w.mapped("qa")
    assert touched == {("1",), ("2",), ("4",)}
    assert {key: row["system"] for key, row in rows.items()} == {("1",): "客户在", ("4",): "客户在"}
    rows, touched = w.mapped("qa", everything=True)
    assert set(rows) == {("1",), ("3",), ("4",)} and touched >= set(rows)


def said(number: str, session: str, at: int | None, who: str | None, text: str | None, **changed: Any) -> dict[str, Any]:
    row = {"id": number, "session": session, "at": at, "seq": 0, "who": who, "text": text}
    return row | {"sys": None, "gone": False, "was": None} | changed


def test_rows_of_a_group_become_the_turns_of_a_dialogue(walk: Callable[[str], Walk]) -> None:
    w = walk(CHAT)
    w.nights.put(
        "t",
        said("a1", "A", 5, "客户", "几天？"),
        said("a2", "A", 1, "客服", "您好，我是客服", sys="礼貌"),
        said("a3", "A", 2, "客户", "水表"),
        said("a4", "A", 3, "客户", "怎么过户"),
        said("a5", "A", 4, "客服", "带身份证"),
        said("a6", "A", 4, "系统", "（已读）", seq=1),
        said("a7", "A", 4, "客服", "到营业厅", seq=2),
        said("a8", "A", 6, "客服", "三天"),
        said("a9", "A", 7, "客户", "谢谢"),
        # Equal times: the row's key decides, on any partitioning.
        said("b2", "B", 1, "客服", "二"),
        said("b1", "B", 1, "客户", "一"),
        said("b3", "B", None, "客户", "零"),
        # A speaker that the YAML does not name, and one without a name.
        said("c1", "C", 1, "客户", "在吗"),
        said("c2", "C", 2, "机器人", "在"),
        said("c3", "C", 3, None, "嗯"),
        said("c4", "C", 4, "客服", "在的"),
        said("d1", "D", 1, "客户", "在吗"),
        said("e1", "E", 1, "客服", "您好"),
        said("e2", "E", 2, "客服", "再见"),
        said("f1", "F", 1, "系统", "x"),
        said("g1", "G", 1, "客户", "停水了吗"),
        said("g2", "G", 2, "客服", " \r\n\u3000"),
        said("g3", "G", 3, "客户", None),
        said("g4", "G", 4, "客服", "没有"),
        said("h1", "H", 1, "客户", "q", gone=True),
    )
    w.ingest()
    rows, touched = w.mapped("chat")
    assert touched == {(s,) for s in "ABCDEFG"}
    assert turns(rows[("A",)]) == [
        ("user", "水表\n怎么过户"),
        ("assistant", "带身份证\n到营业厅"),
        ("user", "几天？"),
        ("assistant", "三天"),
    ]
    assert (rows[("A",)]["system"], dict(rows[("A",)]["meta"])) == ("礼貌", {"who": "客服"}), "those of the first row"
    assert turns(rows[("B",)]) == [("user", "零\n一"), ("assistant", "二")]
    assert turns(rows[("C",)]) == [("user", "在吗"), ("机器人", "在"), ("", "嗯"), ("assistant", "在的")]
    assert turns(rows[("D",)]) == [("user", "在吗")], "the shape check says what is missing"
    assert turns(rows[("E",)]) == [("assistant", "您好\n再见")]
    assert turns(rows[("F",)]) == []
    assert turns(rows[("G",)]) == [("user", "停水了吗"), ("assistant", "没有")], "a row without text is no turn"
    assert rows[("A",)]["key"] == '["A"]' and {row["task"] for row in rows.values()} == {"dialogue"}


def test_a_new_or_moved_row_maps_its_groups_again_as_a_whole(walk: Callable[[str], Walk]) -> None:
    w = walk(CHAT)
    w.nights.put("t", said("1", "A", 1, "客户", "一"), said("2", "A", 2, "客服", "二"))
    w.nights.put("t", said("3", "B", 1, "客户", "三"), said("4", "B", 2, "客服", "四"), said("5", "C", 1, "客户", "五"))
    w.ingest()
    assert set(w.mapped("chat")[0]) == {("A",), ("B",), ("C",)}

    # A message is added to an old session.
    w.nights.put("t", said("6", "A", 3, "客户", "六"), said("7", "A", 4, "客服", "七"))
    w.ingest()
    rows, touched = w.mapped("chat")
    assert touched == {("A",)} == set(rows)
    assert [text for _, text in turns(rows[("A",)])] == ["一", "二", "六", "七"]
    assert rows[("A",)]["raw_run"] == 2

    # A row moves to another session: the one that it left changes as well.
    w.nights.put("t", said("5", "B", 3, "客户", "五", was="C"), said("2", "B", 4, "客服", "二", was="A"))
    w.ingest()
    rows, touched = w.mapped("chat")
    assert touched == {("A",), ("B",), ("C",)}
    assert {key: [text for _, text in turns(row)] for key, row in rows.items()} == {
        ("A",): ["一\n六", "七"],
        ("B",): ["三", "四", "五", "二"],
    }, "nothing is left of C"

    # A row is deleted.
    w.nights.put("t", said("4", "B", 2, "客服", "四", gone=True))
    w.ingest()
    rows, touched = w.mapped("chat")
    assert touched >= {("B",)} and [text for _, text in turns(rows[("B",)])] == ["三\n五", "二"]
