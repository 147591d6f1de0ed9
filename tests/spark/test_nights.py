"""What many nights guarantee: only changes cost anything, and an update or a delete undoes what the old row had caused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.spark.conftest import Nights, row

pytestmark = pytest.mark.spark

LONG = "您好，办理水表过户需要携带双方身份证原件、不动产权证书和最近一期水费发票，到任意营业厅办理，当场办结。"


def test_nights_of_new_changed_and_deleted_rows(nights: Callable[..., Nights]) -> None:
    """One walk over five nights: the pool always is what the source says now."""
    p = nights()
    p.put(
        "r",
        row(1, "水表怎么过户？", LONG),
        row(2, "水表怎么过户？", LONG + "谢谢。"),  # near duplicate of 1, and longer: it stays
        row(3, "水表怎么过户？？", LONG),  # equal to 1 but for punctuation
        row(4, "停水了吗", "今天没有停水计划，请检查表前阀门是否关闭。"),
        row(5, "为什么停水", ""),
        row(6, "几点来水", "请稍等"),
    )
    first = p.feed()
    state = p.state()
    assert first.run is not None and first.run.counts.balanced
    assert [state[n]["status"] for n in "123456"] == ["dropped", "kept", "dropped", "kept", "dropped", "dropped"]
    assert {state[n]["drop_reason"] for n in "13"} == {"near_duplicate"}
    assert state["1"]["kept_id"] == state["3"]["kept_id"] == state["2"]["id"]
    assert 0.8 <= state["1"]["similarity"] == state["3"]["similarity"] < 1
    assert (state["5"]["drop_step"], state["5"]["drop_reason"]) == ("shape", "empty_answer")
    assert state["6"]["drop_reason"] == "dead_end"
    assert state["1"]["split"] == state["2"]["split"] and state["1"]["cluster"] == state["2"]["cluster"]

    # The same night again is a no-op.
    assert p.feed().run is None

    # An update of metadata alone keeps version and decision.
    before = p.state()["4"]
    p.put("r", row(4, "停水了吗", "今天没有停水计划，请检查表前阀门是否关闭。", channel="phone"))
    second = p.feed()
    after = p.state()["4"]
    assert second.run is not None and second.run.counts.rows_in == 1
    assert dict(after["meta"]) == {"channel": "phone"}
    assert [after[k] for k in ("version", "status", "split", "cluster")] == [
        before[k] for k in ("version", "status", "split", "cluster")
    ]

    # The row that stood for two others changes: they are decided again, the better of them comes back. One of them has new
    # metadata in the same night: it is still one entry.
    p.put("r", row(1, "水表怎么过户？", LONG, channel="web"))
    p.put("r", row(2, "阶梯水价怎么算", "第一阶梯每年180吨以内，每吨2.95元；超出部分按第二阶梯计价。"))
    third = p.feed()
    state = p.state()
    assert third.run is not None and third.run.counts.rows_in == 3
    assert state["2"]["status"] == "kept" and state["2"]["version"] != first.run.run_id
    assert dict(state["1"]["meta"]) == {"channel": "web"}
    kept = [n for n in "13" if state[n]["status"] == "kept"]
    assert len(kept) == 1
    other = "3" if kept == ["1"] else "1"
    assert (state[other]["drop_reason"], state[other]["kept_id"]) == ("exact_duplicate", state[kept[0]]["id"])
    assert state[other]["similarity"] == 1.0

    # The source deletes that row: its duplicate takes its place, and keeps the split that it always had.
    split = state[other]["split"]
    p.put("r", row(kept[0], "水表怎么过户？", LONG, gone=True))
    p.feed()
    state = p.state()
    assert (state[kept[0]]["status"], state[kept[0]]["messages"]) == ("gone", None)
    assert (state[other]["status"], state[other]["split"], state[other]["kept_id"]) == ("kept", split, None)

    # A row of the same id comes back.
    p.put("r", row(kept[0], "水表怎么过户？", LONG))
    p.feed()
    assert p.state()[kept[0]]["kept_id"] == p.state()[other]["id"], "an incumbent stays, the returning row is its duplicate"


def test_changed_rules_make_rows_stale_until_they_are_redone(nights: Callable[..., Nights]) -> None:
    p = nights()
    p.put("r", row(1, "停水了吗", "没有"), row(2, "水费多少", "本期水费为一百二十元，请在月底前缴纳。"))
    p.feed()
    p.yaml = p.yaml.replace("dedup:", "clean: {length: {answer_min: 5}}\ndedup:")
    assert p.feed().stale == 2, "the report says how many rows older rules curated"
    assert p.state()["1"]["status"] == "kept", "they stay as they are"
    done = p.feed(stale=True)
    assert done.stale == 0
    assert (p.state()["1"]["status"], p.state()["1"]["drop_reason"]) == ("dropped", "answer_short")
    assert p.feed(stale=True).run is None

    # Other sketches need another index: it begins with the run that made it, and the next night uses it.
    p.yaml = p.yaml.replace("threshold: 0.8", "threshold: 0.7, num_perm: 64")
    p.put("r", row(3, "水费多少", "本期水费为一百二十元，请您在月底前缴纳。"))
    third = p.feed()
    assert p.state()["3"]["kept_id"] == p.state()["2"]["id"]
    p.put("r", row(4, "水费多少啊", "本期水费为一百二十元，请在月底前缴纳。"))
    fourth = p.feed()
    assert third.run is not None and fourth.run is not None
    assert [run.facts["index_base"] for run in (third.run, fourth.run)] == [third.run.number, third.run.number]
    assert p.state()["4"]["kept_id"] == p.state()["2"]["id"]


def test_a_mapping_that_leaves_the_yaml_takes_its_rows_along(nights: Callable[..., Nights]) -> None:
    p = nights()
    p.put("r", row(1, "停水了吗", "今天没有停水计划。"))
    p.feed()
    p.yaml = p.yaml.replace("  qa: {from: r, inst", "  answers: {from: r, inst").replace("from: qa", "from: answers")
    p.feed()
    rows = p.project.spark.read.parquet(*_parts(p)).select("mapping", "status").distinct().collect()
    assert {tuple(r) for r in rows} >= {("qa", "gone"), ("answers", "kept")}


def _parts(p: Nights) -> list[str]:
    project = p.project
    return [path for run in project.manifests("curate") for part in ("pool", "gone") for path in project.paths(run, part)]
