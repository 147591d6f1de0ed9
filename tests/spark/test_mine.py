"""Mined boilerplate: frequent lines of the answers, masked, in the store and on the report, and cut when a list names them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pipelines import mine
from pipelines.curate import curate
from pipelines.ingest import ingest
from pipelines.report import collect
from tests.spark.conftest import QA, Nights, row
from washplant.config import CleanOptions
from washplant.errors import ConfigError
from washplant.report import render

pytestmark = pytest.mark.spark

THANKS = "感谢您对供水工作的支持"
CALL = "如有疑问请致电 13812345678"
ANSWERS = (
    f"办理过户请携带身份证和房产证。{THANKS}！",
    f"停水一般在四小时内恢复，请关注公告。{THANKS}。\n{CALL}",
    f"水表由我们免费更换，不用预约。\n{THANKS}\n{CALL}",
    f"{THANKS}。{THANKS}。账单每两个月出一次，可以在线查询。",
    "可以",
)


def ingested(nights: Callable[..., Nights]) -> Nights:
    p = nights()
    p.put("r", *(row(n, f"第{n}个问题是什么？", answer) for n, answer in enumerate(ANSWERS)))
    ingest(p.project, "r")
    return p


def test_frequent_lines_are_counted_once_a_row_and_masked(nights: Callable[..., Nights]) -> None:
    p = ingested(nights)
    found = mine.mine(p.project, min_share=0.3, min_rows=2, top=10)
    assert [(one.mapping, one.line, one.rows, one.of) for one in found] == [
        ("qa", THANKS, 4, 5),
        ("qa", "如有疑问请致电 [手机号]", 2, 5),
    ]
    assert [one.line for one in mine.mine(p.project, min_share=0.6, min_rows=2, top=10)] == [THANKS]
    assert [one.line for one in mine.mine(p.project, min_share=0.0, min_rows=2, top=1)] == [THANKS]


def test_what_was_mined_is_on_the_report_without_personal_data(nights: Callable[..., Nights]) -> None:
    p = ingested(nights)
    assert collect(p.project).frequent == ()
    curate(p.project)
    mine.mine(p.project, min_share=0.3, min_rows=2, top=10)
    data = collect(p.project)
    assert [(one.line, one.rows, one.of) for one in data.frequent] == [(THANKS, 4, 5), ("如有疑问请致电 [手机号]", 2, 5)]
    assert [(one.column, one.kind, one.rows, one.times) for one in data.masked_in] == [("messages", "mobile", 2, 2)]
    page = render(data, "zh")
    assert THANKS in page and "<code>messages</code>" in page
    assert "13812345678" not in page and "13812345678" not in json.dumps(mine.stored(p.project))


def test_a_mined_list_cuts_its_lines_where_texts_begin_and_end(nights: Callable[..., Nights]) -> None:
    p = ingested(nights)
    written = mine.as_list(mine.mine(p.project, min_share=0.3, min_rows=2, top=10))
    (p.folder / "mined.txt").write_text(written, encoding="utf-8")
    p.yaml = QA + "clean: {boilerplate: {lists: [mined.txt]}}\n"
    curate(p.project)
    said = [entry["messages"][1]["content"] for entry in p.state().values()]
    assert "办理过户请携带身份证和房产证。" in said
    assert not [text for text in said if THANKS in text or "[手机号]" in text]


def test_the_counts_do_not_depend_on_partitions(nights: Callable[..., Nights]) -> None:
    p = nights()
    rows = p.project.spark.createDataFrame(
        [(str(n), "dialogue", [("user", "怎么办？"), ("assistant", answer)]) for n, answer in enumerate(ANSWERS)],
        "id string, task string, messages array<struct<role: string, content: string>>",
    )
    empty = dict.fromkeys(("system", "input", "chosen", "rejected", "label", "image_path"), "cast(null as string)")
    whole = rows.selectExpr("*", *(f"{sql} as {name}" for name, sql in empty.items()), "map('a', 'b') as meta")
    counted = [
        sorted(mine.frequent(whole.repartition(n, "id"), CleanOptions()).collect(), key=lambda one: str(one["line"]))
        for n in (1, 4)
    ]
    assert counted[0] == counted[1]
    assert {one["line"]: one["rows"] for one in counted[0]}[THANKS] == 4


def test_nothing_to_mine_says_what_to_run(nights: Callable[..., Nights]) -> None:
    p = nights()
    p.put("r", row(1, "问", "答"))
    with pytest.raises(ConfigError, match="nothing was ingested yet"):
        mine.mine(p.project, min_share=0.1, min_rows=1, top=5)
