"""The water-utility example's data: deterministic, and in as bad an order as its TRUTH.json says."""

import csv
import json
import re
import runpy
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

MAKE_DATA = Path(__file__).parents[2] / "examples" / "water-utility" / "make_data.py"
MESS_AT_LEAST = {
    "html": 150, "html_table": 20, "html_script": 10, "full_width": 50, "traditional": 40, "mojibake": 10,
    "zero_width": 25, "emoji": 40, "null_reply": 100, "empty_reply": 30, "whitespace_reply": 20, "truncated_reply": 50,
    "stub_reply": 50,
    "void": 30, "short_question": 80, "english": 200, "hotline": 300, "long_number": 100, "mobile_plain": 200,
    "mobile_spaced": 30, "mobile_dashed": 30, "mobile_plus86": 30, "mobile_full_width": 30, "id_card": 60,
    "mobile_in_description": 300, "mobile_in_reply": 80, "id_in_description": 60, "id_in_reply": 15,
    "unknown_customer": 20, "same_updated_at": 15, "deleted": 5,
}  # fmt: skip
PAIRS_AT_LEAST = {
    "exact_duplicate": 60, "exact_duplicate_typography": 60, "near_duplicate": 250, "conflicting_answer": 25,
    "amount_differs": 20, "can_or_cannot": 10,
}  # fmt: skip
HAN = re.compile(r"[\u4e00-\u9fff]")
AMOUNT = re.compile(r"\d+\.\d\d")
Row = dict[str, Any]


def make(folder: Path) -> Path:
    """Run the script as a user does."""
    arguments, path = sys.argv, sys.path.copy()
    sys.argv = [str(MAKE_DATA), "--out", str(folder)]
    try:
        runpy.run_path(str(MAKE_DATA), run_name="__main__")
    finally:
        sys.argv, sys.path[:] = arguments, path
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield make(tmp_path_factory.mktemp("water"))
    for name in [name for name in sys.modules if name.split(".")[0] == "data_maker"]:
        del sys.modules[name]


def truth(data: Path, day: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data / day / "TRUTH.json").read_text(encoding="utf-8"))
    return found


def tickets(data: Path, day: str) -> dict[int, Row]:
    return {row["ticket_id"]: row for row in pq.read_table(data / day / "tickets.parquet").to_pylist()}


def chats(data: Path, day: str) -> list[Row]:
    return [json.loads(line) for line in (data / day / "chats.jsonl").read_text(encoding="utf-8").splitlines()]


def faq(data: Path, day: str) -> dict[str, tuple[Any, ...]]:
    rows = list(openpyxl.load_workbook(data / day / "faq.xlsx")["常见问题"].values)
    assert rows[0] == ("编号", "问题", "答案", "更新日期")
    return {str(row[0]): row[1:] for row in rows[1:]}


def customers(data: Path, day: str) -> dict[int, Row]:
    with (data / day / "customers.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["customer_id"]): row for row in csv.DictReader(file)}


def jaccard(a: str, b: str) -> float:
    first, second = ({text[i : i + 5] for i in range(max(1, len(text) - 4))} for text in (a, b))
    return len(first & second) / len(first | second)


def whole(row: Row) -> str:
    return f"{row['description']}\n{row['reply']}"


def test_two_runs_write_the_same_bytes(data: Path, tmp_path: Path) -> None:
    again = make(tmp_path)
    files = sorted(path.relative_to(data) for path in data.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [str(name) for name in files if (data / name).read_bytes() != (again / name).read_bytes()] == []


def test_day_1_counts(data: Path) -> None:
    table = pq.read_table(data / "day1/tickets.parquet")
    rows = tickets(data, "day1")
    assert len(rows) == table.num_rows == 3000
    assert [str(field.type) for field in table.schema] == [
        "int64", *["string"] * 6, "int64", "timestamp[us]", "timestamp[us]", "bool"
    ]  # fmt: skip
    assert len({row["category"] for row in rows.values()}) >= 25
    english = [row for row in rows.values() if not HAN.search(row["description"]) and row["description"].isascii()]
    assert len(english) >= 0.06 * len(rows)
    assert len(faq(data, "day1")) == 120
    known = customers(data, "day1")
    assert len(known) == 600
    unknown = {key for key, row in rows.items() if row["customer_id"] not in known}
    assert set(truth(data, "day1")["tickets"]["mess"]["unknown_customer"]) == unknown


def test_every_kind_of_mess_is_there(data: Path) -> None:
    found, rows = truth(data, "day1")["tickets"], tickets(data, "day1")
    for group, promised in (("mess", MESS_AT_LEAST), ("pairs", PAIRS_AT_LEAST)):
        counts = {kind: len(keys) for kind, keys in found[group].items()}
        assert {kind: counts.get(kind, 0) for kind, least in promised.items() if counts.get(kind, 0) < least} == {}
    assert {key for keys in found["mess"].values() for key in keys} <= rows.keys()
    replies = {kind: [rows[key]["reply"] for key in keys] for kind, keys in found["mess"].items()}
    assert set(replies["null_reply"]) == {None}
    assert set(replies["empty_reply"]) == {""}
    assert all(reply and not reply.strip() for reply in replies["whitespace_reply"])
    assert not [reply for reply in replies["truncated_reply"] if reply.endswith(("。", "！", "？"))]
    questions = [rows[key]["description"].rstrip("？?") for key in found["mess"]["short_question"]]
    assert all(2 <= len(question) <= 6 for question in questions) and len(set(questions)) == len(questions)
    for key in found["mess"]["mojibake"]:
        text = next(text for text in (rows[key]["description"], rows[key]["reply"]) if not HAN.search(text))
        assert text.isascii() or text.encode("latin-1").decode("utf-8") != text


def test_pairs_are_what_they_are_called(data: Path) -> None:
    pairs, rows = truth(data, "day1")["tickets"]["pairs"], tickets(data, "day1")
    pair_rows = {kind: [(rows[a], rows[b]) for a, b in keys] for kind, keys in pairs.items()}
    for a, b in pair_rows["exact_duplicate"]:
        assert whole(a) == whole(b)
    half_width = str.maketrans("，。？！：；（）", ",.?!:;()")
    for a, b in pair_rows["exact_duplicate_typography"]:
        assert whole(a) != whole(b)
        plain = [re.sub(r"\s", "", whole(row).translate(half_width)).lower() for row in (a, b)]
        assert plain[0] == plain[1]
    for a, b in pair_rows["near_duplicate"]:
        assert whole(a) != whole(b)
        assert min(jaccard(a[column], b[column]) for column in ("description", "reply")) >= 0.8
        assert jaccard(whole(a), whole(b)) >= 0.8
    for a, b in pair_rows["conflicting_answer"]:
        assert a["description"] == b["description"] and a["reply"] != b["reply"]
    assert len({a["description"] for a, _ in pair_rows["conflicting_answer"]}) >= 25
    for a, b in pair_rows["amount_differs"]:
        assert whole(a) != whole(b) and AMOUNT.sub("", whole(a)) == AMOUNT.sub("", whole(b))
    for a, b in pair_rows["can_or_cannot"]:
        assert whole(a) != whole(b) and whole(a) == whole(b).replace("不能", "能")


@pytest.mark.parametrize("day", ["day1", "day2"])
def test_personal_data_stands_where_the_truth_says(data: Path, day: str) -> None:
    found, rows = truth(data, day), tickets(data, day)
    assert found["tickets"]["pii"] and found["chats"]["pii"]
    for pii in found["tickets"]["pii"]:
        assert pii["text"] in rows[pii["key"]][pii["column"]]
    texts = {message["msg_id"]: message["text"] for message in chats(data, day)}
    for pii in found["chats"]["pii"]:
        assert pii["text"] in texts[pii["key"]]


def test_identity_cards_pass_gb_11643(data: Path) -> None:
    cards = [pii["text"] for pii in truth(data, "day1")["tickets"]["pii"] if pii["kind"] == "id_card"]
    weights = [pow(2, 17 - i, 11) for i in range(18)]  # ISO 7064 mod 11-2: the weighted sum is 1
    for card in cards:
        digits = [10 if c == "X" else int(c) for c in card.upper()]
        assert len(card) == 18 and sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 == 1
    assert any(card.endswith("X") for card in cards)


def test_day_2_changes_rows_of_day_1(data: Path) -> None:
    old, new = tickets(data, "day1"), tickets(data, "day2")
    found = truth(data, "day2")["tickets"]
    changes = {kind: set(keys) for kind, keys in found["changes"].items()}
    assert new.keys() == set().union(*changes.values())
    assert changes["new"].isdisjoint(old) and len(changes["new"]) >= 140
    assert min(changes["new"]) > max(old)
    updated = changes["reply_changed"] | changes["metadata_changed"] | changes["closed"]
    assert len(updated) == 40 and updated <= old.keys()
    assert len(changes["deleted"]) == 15 and changes["deleted"] <= old.keys()
    assert all(old[key]["reply"] != new[key]["reply"] for key in changes["reply_changed"])
    assert all(whole(old[key]) == whole(new[key]) for key in changes["metadata_changed"])
    assert all(old[key]["channel"] != new[key]["channel"] for key in changes["metadata_changed"])
    assert all((old[key]["status"], new[key]["status"]) == ("处理中", "已办结") for key in changes["closed"])
    assert all(new[key]["is_deleted"] and not old[key]["is_deleted"] for key in changes["deleted"])
    assert max(row["updated_at"] for row in old.values()).date() < min(row["updated_at"] for row in new.values()).date()
    displacing = {a for a, _ in truth(data, "day1")["tickets"]["pairs"]["near_duplicate"]}
    assert displacing & changes["deleted"] and displacing & changes["reply_changed"]


def test_chats_interleave_and_continue(data: Path) -> None:
    first, second = chats(data, "day1"), chats(data, "day2")
    for messages in (first, second):
        assert [m["sent_at"] for m in messages] == sorted(m["sent_at"] for m in messages)
    sessions: dict[str, list[Row]] = {}
    for message in first + second:
        sessions.setdefault(message["session_id"], []).append(message)
    assert all([m["seq"] for m in messages] == list(range(1, len(messages) + 1)) for messages in sessions.values())
    assert all(3 <= len(messages) <= 10 for messages in sessions.values())
    assert len({m["msg_id"] for m in first + second}) == len(first + second)
    known = {m["session_id"] for m in first}
    assert len(known) == 500
    continued = known & {m["session_id"] for m in second}
    assert continued == set(truth(data, "day2")["chats"]["continued"]) and len(continued) == 8
    assert len({m["session_id"] for m in second} - known) == 40
    assert len(truth(data, "day1")["chats"]["unanswered_sessions"]) >= 30
    assert {m["speaker"] for m in first} == {"客户", "客服", "机器人", "系统"}


def test_small_tables_of_day_2(data: Path) -> None:
    old, new = faq(data, "day1"), faq(data, "day2")
    assert len(new) == 5 and len(new.keys() & old.keys()) == 3
    assert all(old[key][0] == new[key][0] and old[key][1] != new[key][1] for key in new.keys() & old.keys())
    before, after = customers(data, "day1"), customers(data, "day2")
    assert len(after) == 5 and all(before[key]["district"] != row["district"] for key, row in after.items())


@pytest.mark.parametrize(("day", "count"), [("day1", 80), ("day2", 6)])
def test_photos(data: Path, day: str, count: int) -> None:
    rows = pq.read_table(data / day / "meter_photos.parquet").to_pylist()
    found = truth(data, day)["meter_photos"]
    assert len(rows) == count
    assert [row["photo_id"] for row in rows if not (data / day / row["path"]).exists()] == found["missing_file"]
    assert [row["photo_id"] for row in rows if not row["reading_state"]] == found["empty_label"]
    for path in (data / day / "images").iterdir():
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n") and struct.unpack(">II", content[16:24]) == (64, 64)
