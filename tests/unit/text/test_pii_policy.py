"""What becomes of personal data: actions, pseudonyms, a user's own rules, and what is kept."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.unit.text.test_pii_kinds import FOUND
from washplant.errors import ConfigError
from washplant.text.pii import DEFAULT_KINDS, Policy, Rule, find, mask
from washplant.text.pii.draw import Draw, canonical

KEY = b"0123456789abcdef"
PSEUDONYMS = Policy(actions=tuple((kind, "pseudonym") for kind in DEFAULT_KINDS), key=KEY)


def done(text: str, policy: Policy) -> str:
    return mask(pa.array([text]), policy).texts[0].as_py()


@pytest.mark.parametrize("text", [text for text, _ in FOUND])
def test_a_pseudonym_is_not_found_again_and_holds_nothing_of_the_original(text: str) -> None:
    once = done(text, PSEUDONYMS)
    assert once != text
    assert not find(once)
    assert done(once, PSEUDONYMS) == once
    for span in find(text):
        assert text[span.start : span.end] not in once


def test_the_same_person_is_the_same_however_written() -> None:
    texts = [
        "手机13812345678",
        "手机１３８１２３４５６７８",
        "手机138-1234-5678",
        "手机+86 138 1234 5678",
        "手机一三八一二三四五六七八",
    ]
    digits = {"".join(char for char in done(text, PSEUDONYMS) if char.isdigit())[-11:] for text in texts}
    assert len(digits) == 1
    assert len(digits.pop()) == 11
    names = {done(text, PSEUDONYMS)[:3] for text in ("王小明先生您好", "王小明女士来电")}
    assert len(names) == 1


def test_another_key_gives_others_and_the_same_key_the_same() -> None:
    text = "我叫王小明，13812345678，11010519491231002X"
    other = Policy(actions=PSEUDONYMS.actions, key=b"another key 0123456789")
    assert done(text, PSEUDONYMS) == done(text, PSEUDONYMS) != done(text, other)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("138-1234-5678", "138-1234-5678"),
        ("11010519491231002X", "11010519491231002X"),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("0571-87654321", "0571-87654321"),
        ("京A·12345", "京A·12345"),
        ("护照E12345678", "护照E12345678"),
        ("QQ12345678", "QQ12345678"),
    ],
)
def test_pseudonyms_keep_the_form(text: str, form: str) -> None:
    made = done(text, PSEUDONYMS)
    shape = ["9" if char.isdigit() else char if char in " -·" else "x" for char in made]
    assert shape == ["9" if char.isdigit() else char if char in " -·" else "x" for char in form]


def test_draws_are_the_keys_alone() -> None:
    assert Draw(KEY, "mobile", "13812345678").digits(40) == Draw(KEY, "mobile", "１３８-1234 5678").digits(40)
    assert Draw(KEY, "qq", "13812345678").digits(40) != Draw(KEY, "mobile", "13812345678").digits(40)
    assert canonical("+86 138-1234-5678") == "13812345678"
    assert repr(KEY) not in repr(PSEUDONYMS)


def test_pseudonyms_need_a_key() -> None:
    with pytest.raises(ConfigError, match="need a key"):
        Policy(actions=(("name", "pseudonym"),))


METER = Rule("meter_no", r"[0-9]{8,12}", r"表号[:：]?\s*", "", "[表号]")
STAFF = Rule("staff", r"(?:A|B)-\d{4}", "", r"\b", "[工号]")
OWN = Policy(rules=(METER, STAFF))


def test_own_rules_keep_what_stands_around() -> None:
    assert done("水表表号：12345678，工号A-1234。", OWN) == "水表表号：[表号]，工号[工号]。"
    assert done("表号１２３４５６７８", OWN) == "表号[表号]", "rules see the folded text"
    assert done("编号12345678", OWN) == "编号12345678"


def test_own_rules_win_and_are_counted() -> None:
    result = mask(pa.array(["表号13812345678和13812345678", None]), OWN)
    assert result.texts.to_pylist() == ["表号[表号]和[手机号]", None]
    assert result.counts["meter_no"].to_pylist() == [1, 0]
    assert result.counts["mobile"].to_pylist() == [1, 0]


def test_own_rules_have_pseudonyms_too() -> None:
    policy = Policy(kinds=(), rules=(METER,), actions=(("meter_no", "pseudonym"),), key=KEY)
    once = done("表号12345678，表号87654321，表号12345678", policy)
    first, second, third = (part.removeprefix("表号") for part in once.split("，"))
    assert first == third != second
    assert first.startswith("[表号 ")
    assert done(once, policy) == once


@pytest.mark.parametrize("pattern", [r"(?<=a)b", r"(a)\1", "(", "a*"])
def test_a_rule_that_re2_does_not_take_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="rule mine"):
        Policy(rules=(Rule("mine", pattern, "", "", "[x]"),))


def test_what_is_kept_stays() -> None:
    policy = Policy(keep=(r"0571-8500\d{4}", "张大夫"))
    assert done("请拨0571-85009611或0571-65001234", policy) == "请拨0571-85009611或[座机号]"
    assert done("０５７１－８５００９６１１", policy) == "０５７１－８５００９６１１"
    assert done("张大夫和王大夫", policy) == "张大夫和[姓名]大夫"


def test_nothing_asked_for_nothing_found() -> None:
    result = mask(pa.array(["13812345678"]), Policy(kinds=()))
    assert result.texts.to_pylist() == ["13812345678"]
    assert result.counts == {}
