"""What holds for any text: masking twice changes nothing, offsets are valid, nothing personal is left, time is linear."""

from __future__ import annotations

import time
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.text.test_pii_kinds import FOUND
from tests.unit.text.test_pii_policy import OWN, PSEUDONYMS
from tests.unit.text.test_time import LIMIT_CPU_S
from washplant.text.pii import PLACEHOLDERS, Policy, find, mask

# Pieces of everything that rules look at, in any order.
_WORDS = """王 李 张三 先生 经理 我叫 姓名： 联系人 电话 手机 138 1234 5678 13812345678 一三八 幺 @
qq.com QQ 微信 wx v 护照 E1234567
8 3号楼 2单元 501 人民路 88号 北京市 朝阳区 小区 京A 12345 0571-
87654321 (010) +86 - . ， 。 \u200b ＠ [姓名] [ ] :// : ? token= Mr
220.181.38.148 11010519491231002X 4111111111111111 表号 Smith"""
_PIECES = st.sampled_from([text for text, _ in FOUND] + _WORDS.split() + [" ", "\n", "My name is "])
_TEXTS = st.lists(_PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=9).map("".join)
_POLICIES = st.sampled_from([Policy(), PSEUDONYMS, OWN, Policy(("mobile", "name", "address"))])


@given(_TEXTS, _POLICIES)
@settings(max_examples=500, deadline=None)
def test_masking_twice_changes_nothing(text: str, policy: Policy) -> None:
    once = mask(pa.array([text]), policy).texts
    again = mask(once, policy)
    assert again.texts.equals(once)
    assert not any(sum(count.to_pylist()) for count in again.counts.values())
    assert not find(once[0].as_py(), policy)


@given(_TEXTS)
@settings(max_examples=300, deadline=None)
def test_spans_are_valid_in_order_and_apart(text: str) -> None:
    end = 0
    for span in find(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@given(_TEXTS, _TEXTS)
@settings(max_examples=100, deadline=None)
def test_rows_do_not_touch_each_other(one: str, two: str) -> None:
    both = mask(pa.array([one, None, two])).texts.to_pylist()
    assert both == [mask(pa.array([one])).texts[0].as_py(), None, mask(pa.array([two])).texts[0].as_py()]


_PROVED = st.sampled_from(["11010519491231002X", "4111111111111111", "91110108551385082Q", "13812345678", "zhangsan88@163.com"])
_GLUE = st.text(st.sampled_from("，。您好请看！？的、；\n"), min_size=1, max_size=5)


@given(_GLUE, _PROVED, _GLUE, st.sampled_from(["plain", "wide", "zero width"]))
@settings(deadline=None)
def test_nothing_of_a_number_survives(before: str, number: str, after: str, form: str) -> None:
    written = {
        "plain": number,
        "wide": number.translate({point: point + 0xFEE0 for point in range(0x21, 0x7F)}),
        "zero width": "\u200b".join(number),
    }[form]
    result = mask(pa.array([f"{before}{written}{after}"])).texts[0].as_py()
    left = unicodedata.normalize("NFKC", result).replace("\u200b", "")
    for placeholder in PLACEHOLDERS.values():
        left = left.replace(placeholder, "")
    assert not any(char.isalnum() and char.isascii() for char in left)


HOSTILE = {
    "titles": "王先生",
    "surnames": "王",
    "introductions": "我叫",
    "introduced": "我叫王",
    "units": "号楼",
    "details": "3号楼2单元501室",
    "chains": "12号花园",
    "roads": "人民路",
    "dashes": "1-1-101",
    "at signs": "@",
    "local parts": "a@",
    "mails": "a@b.c",
    "dots": "a.",
    "domains": "@a.b.c.d.e",
    "numerals": "一",
    "numbers": "一三八",
    "credentials": "a://b:",
    "parameters": "?token=",
    "plates": "京A1",
    "passports": "护照E",
    "WeChat": "微信a",
    "WeChat names": "wx:",
    "titles in English": "Mr A",
    "streets": "12 Oak ",
    "octets": "1.",
    "hextets": "2408:",
    "cards": "4111 1111 1111 1111 ",
    "codes": "91110108551385082",
    "cards in a chain": "4111-1111-1111-1111-",
    "cards as decimals": "4111111111111111.",
    "landlines in a chain": "0571-87654321-",
    "landlines": "0571-87654321 ",
    "cards and letters": "4111111111111111a",
    "mobile after mobile": "13812345678.",
    "spoken after name": "张三138",
    "placeholders": "[姓名]",
    "brackets": "[",
    "emoji": "\u2764\ufe0f",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_is_slow(name: str) -> None:
    """400 k characters take under 3 s on a free core; quadratic time would take minutes."""
    unit = HOSTILE[name]
    assert _cpu_s(unit * (400_000 // len(unit))) < LIMIT_CPU_S


def _cpu_s(text: str) -> float:
    texts = pa.array([text])
    start = time.process_time()
    mask(texts, OWN)
    return time.process_time() - start
