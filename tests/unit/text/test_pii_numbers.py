"""Mobile and resident identity numbers, as people write them, and what only looks like one."""

from __future__ import annotations

import datetime
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.errors import ConfigError
from washplant.text import PLACEHOLDERS, mask
from washplant.text.pii.resident_id import is_long

NUMBERS = ("mobile", "resident_id")
MOBILE, RESIDENT = PLACEHOLDERS["mobile"], PLACEHOLDERS["resident_id"]


def masked(text: str) -> str:
    return mask(pa.array([text]), NUMBERS).texts[0].as_py()


def resident_id(region: str = "110105", born: str = "19900307", serial: str = "771") -> str:
    body = region + born + serial
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机13812345678哈", f"我的手机{MOBILE}哈"),  # data-juicer lost a phone number between Chinese words
        ("电话１３８１２３４５６７８，谢谢", f"电话{MOBILE}，谢谢"),  # full-width digits hide numbers from PII rules
        ("(13812345678)", f"({MOBILE})"),
        ("138-1234-5678", MOBILE),
        ("138 1234 5678", MOBILE),
        ("138.1234.5678", MOBILE),
        ("138－1234－5678", MOBILE),
        ("138\u30001234\u30005678", MOBILE),
        ("138 - 1234 - 5678", MOBILE),
        ("1381234 5678", MOBILE),
        ("1 3 8 1 2 3 4 5 6 7 8", MOBILE),
        ("+86 138-1234-5678", MOBILE),
        ("+8613812345678", MOBILE),
        ("＋８６１３８１２３４５６７８", MOBILE),
        ("0086-13812345678", MOBILE),
        ("8613812345678", MOBILE),
        ("(+86)13812345678", MOBILE),
        ("86 13812345678", f"86 {MOBILE}"),  # 86 may be a quantity here
        ("138\u200b1234\u200b5678", MOBILE),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", MOBILE),
        ("𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", MOBILE),
        ("微信wx13812345678", f"微信wx{MOBILE}"),
        ("zhang13812345678@qq.com", f"zhang{MOBILE}@qq.com"),
        ("13812345678、13987654321", f"{MOBILE}、{MOBILE}"),
        ("138 1234 5678 139 8765 4321", f"{MOBILE} {MOBILE}"),
        ("1.13812345678\n2.13987654321", f"1.{MOBILE}\n2.{MOBILE}"),
        ("13812345678-138-1234-5678", f"{MOBILE}-{MOBILE}"),
        ("张三,13812345678,北京", f"张三,{MOBILE},北京"),
    ],
)
def test_mobile_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "订单号20231213812345678",
        "卡号6222021381234567890",
        "6222 0213 8123 4567 890",
        "6222 1381 2345 6780 123",
        "1381234567890",  # a time in milliseconds
        "DD13812345678",
        "3fa13812345678",
        "95588",
        "96110",
        "400-138-1234",
        "400 820 1381",
        "8008101234",
        "010-87654321",
        "0571 8765 1381",
        "12812345678",
        "1381234567",
        "v1.2.3.4",  # data-juicer masked a version as an IP address
        "192.168.11.123",
        "3.14159265358",
        "138.12345678",
        "13812345678.50元",
        "1999-12-31 123",
        "2024-01-13 12:34:56.789",
        "1 3 5 7 9 11 13 15",
        "135 79 11 13 15",
        "1 3 8 1 2 3 4 5 6 7 8 9",
        "",
        "你好",
    ],
)
def test_what_is_no_mobile_number_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11010519491231002X", RESIDENT),
        ("11010519491231002x", RESIDENT),
        ("１１０１０５１９４９１２３１００２Ｘ", RESIDENT),
        ("身份证号" + resident_id() + "请核对", f"身份证号{RESIDENT}请核对"),  # data-juicer missed an ID after Chinese
        ("110105 19491231 002X", RESIDENT),
        ("110105-19491231-002X", RESIDENT),
        ("1101 0519 4912 3100 2X", RESIDENT),
        ("110105\u200b19491231002X", RESIDENT),
        ("130503670401001", RESIDENT),  # fifteen digits, before 1999
        (f"{resident_id()}。电话13812345678", f"{RESIDENT}。电话{MOBILE}"),
        (resident_id("440301", "19851381"[:4] + "0813", "138"), RESIDENT),  # a mobile number within: the ID wins
        ("第12 " + resident_id(), f"第12 {RESIDENT}"),
    ],
)
def test_resident_id_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310022",  # wrong check digit
        "11010519491331002X",  # month 13
        "99999920240101123",
        "1" + resident_id(),
        resident_id() + "1",
        "130503671401001",  # month 14
        "202401011234567",
        "91110108551385082Q",  # a company's unified credit code
    ],
)
def test_what_is_no_resident_id_stays(text: str) -> None:
    assert masked(text) == text


def test_february_30_is_no_birthday() -> None:
    number = resident_id(born="19900230")
    assert masked(number) == number


def test_counts_per_row_and_nulls() -> None:
    result = mask(pa.array(["13812345678和13987654321", None, "你好", resident_id()]))
    assert result.texts.to_pylist() == [f"{MOBILE}和{MOBILE}", None, "你好", RESIDENT]
    assert result.counts["mobile"].to_pylist() == [2, 0, 0, 0]
    assert result.counts["resident_id"].to_pylist() == [0, 0, 0, 1]
    assert result.counts["mobile"].type == pa.int32()


def test_only_the_kinds_asked_for() -> None:
    result = mask(pa.array([f"{resident_id()} 13812345678"]), ["mobile"])
    assert result.texts[0].as_py() == f"{resident_id()} {MOBILE}"
    assert list(result.counts) == ["mobile"]


def test_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="pasport") as caught:
        mask(pa.array(["x"]), ["pasport"])
    assert "resident_id" in caught.value.next_step


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_text_array(kind: pa.DataType) -> None:
    texts = pa.chunked_array([pa.array(["x13812345678", None]).cast(kind) for _ in range(2)])
    assert mask(texts).texts.to_pylist() == [f"x{MOBILE}", None] * 2


def test_bytes_that_are_no_utf8_do_not_stop_the_masking() -> None:
    raw = b"13812345678\xff\xed\xa0\x80"
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, len(raw))))
    texts = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(raw)])
    assert mask(texts).texts[0].as_py().startswith(MOBILE + "\ufffd")


_glue = st.text(
    st.characters(exclude_categories=("Nd", "Nl", "No", "L", "Cs", "Cf", "Mn", "Me")) | st.sampled_from("号，电"),
    max_size=6,
)
_mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_births = st.dates(datetime.date(1900, 1, 1), datetime.date(2029, 12, 31)).map(lambda d: d.strftime("%Y%m%d"))
_ids = st.builds(
    resident_id,
    st.sampled_from(["110105", "440301", "659004", "810000"]),
    _births,
    st.from_regex(r"[0-9]{3}", fullmatch=True),
)
_mixed = st.lists(_mobiles | _ids | st.text("0123456789 -.+（X电话０１\u200b", max_size=25) | st.text(max_size=8), max_size=6)


def _wide(text: str) -> str:
    return text.translate({point: point + 0xFEE0 for point in range(0x30, 0x3A)})


@given(_glue, _mobiles | _ids, _glue, st.booleans())
def test_no_number_between_words_survives(before: str, number: str, after: str, wide: bool) -> None:
    text = f"{before}，{_wide(number) if wide else number}，{after}"
    result = unicodedata.normalize("NFKC", masked(text))
    assert number not in result


@given(_mixed, st.sampled_from(["", " ", "-", "，", "."]))
@settings(max_examples=400)
def test_masking_twice_changes_nothing(parts: list[str], glue: str) -> None:
    once = mask(pa.array([glue.join(parts)]), NUMBERS).texts
    twice = mask(once, NUMBERS)
    assert twice.texts.equals(once)
    assert not any(sum(count.to_pylist()) for count in twice.counts.values())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_what_is_not_masked_is_untouched(text: str) -> None:
    kept = [part for part in re.split("|".join(map(re.escape, PLACEHOLDERS.values())), masked(text)) if part]
    for part in kept:
        assert part in text


@given(_ids)
def test_every_valid_id_is_one(number: str) -> None:
    assert is_long(number)
