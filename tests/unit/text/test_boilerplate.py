"""Boilerplate: cut at both ends, never the whole text, and by patterns that a cheap condition foresees."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.errors import ConfigError
from washplant.text.boilerplate import KINDS, PRECISE, is_boilerplate, rules, strip, strip_text

ALL = rules(KINDS)
ANSWER = "水表过户请带身份证到营业厅办理。"


def cut(text: str, kinds: tuple[str, ...] = PRECISE, lines: tuple[str, ...] = ()) -> str:
    return strip(pa.array([text]), rules(kinds, lines))[0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        f"{ANSWER}\n\n本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人。",
        f"{ANSWER}\n-----原始邮件-----\n发件人: 张三",
        f"{ANSWER}\n发件人：a\n发送时间：b\n内容",
        f"{ANSWER}\n发自我的iPhone",
        f"【系统消息】客服小王已接入\n{ANSWER}\n会话已结束",
        f"{ANSWER}请对我的服务进行评价。",
        f"{ANSWER}\n回复1查询账单\n回复0转人工",
        f"您已成功转接人工服务\n{ANSWER}",
        f"{ANSWER}\nSent from my iPhone",
        f"{ANSWER}\nOn Mon, 5 May 2025 at 10:00, Ann <ann@example.com> wrote:\n> why?",
        f"{ANSWER} This e-mail and any attachments are confidential.",
        f"{ANSWER}\nPress 1 for billing",
        f"Agent Tom has joined the chat\n{ANSWER}",
        f"{ANSWER}\nPlease rate our service.",
    ],
)
def test_precise_kinds_are_cut(text: str) -> None:
    assert cut(text) == ANSWER


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"您好，很高兴为您服务，请问有什么可以帮您？{ANSWER}", ("greeting",)),
        (f"{ANSWER}感谢您的来电，祝您生活愉快，再见！", ("closing",)),
        (f"{ANSWER}\n祝好\n电话：96116", ("signature",)),
        (f"嗯，那个，{ANSWER}", ("filler",)),
        (f"Hello! {ANSWER} Have a nice day!", ("greeting", "closing")),
    ],
)
def test_manners_are_cut_when_asked_for(text: str, kinds: tuple[str, ...]) -> None:
    assert cut(text, kinds) == ANSWER
    assert cut(text) == text


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "按2次电源键。",
        "请输入您的户号，然后点击查询。",
        "您的邮件我们已经收到，附件打不开，请重新发送。",
        "系统升级期间无法缴费，今晚十点恢复。",
        "Reply to the e-mail to confirm your address.",
        "会话记录保存六个月。",
        "请给我们打分的标准发一份。",
        "The message says that the card is blocked.",
        "```\nSent from my iPhone\n```",
        "",
        "\n\n",
    ],
)
def test_answers_stay(text: str) -> None:
    assert cut(text) == text


@pytest.mark.parametrize(
    "text", ["会话已结束", "发自我的iPhone", "Press 1 for billing\nPress 2 for support", "您好！", "嗯，嗯，"]
)
def test_never_the_whole_text(text: str) -> None:
    assert strip_text(text, ALL) == text


def test_a_notice_alone_is_known() -> None:
    given = ["会话已结束", "会话已结束\n请对我的服务进行评价", ANSWER, "您好", "", None]
    assert is_boilerplate(pa.array(given)).to_pylist() == [True, True, False, False, False, False]


def test_own_lines() -> None:
    assert cut(f"【官方】XX水务\n{ANSWER}\n更多服务关注公众号！", (), ("【官方】xx水务", "更多服务关注公众号")) == ANSWER
    assert cut(f"{ANSWER}", (), (ANSWER,)) == ANSWER


def test_unknown_kind() -> None:
    with pytest.raises(ConfigError, match="unknown boilerplate"):
        rules(("footers",))


def test_nulls_and_slices() -> None:
    array = pa.array(["x", None, f"{ANSWER}\n会话已结束", "y"]).slice(1, 2)
    assert strip(array).to_pylist() == [None, ANSWER]


_PIECES = (
    "您好，",
    ANSWER,
    "会话已结束",
    "\n",
    "。",
    "发自我的iPhone",
    "嗯，",
    "Best regards,",
    " ",
    "回复1转人工",
    "感谢您的来电",
    "a.",
)


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=5)), max_size=8).map("".join))
@settings(max_examples=200, deadline=None)
def test_idempotent_and_never_empty(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    for chosen in (rules(), ALL):
        [once] = strip(pa.array([text]), chosen).to_pylist()
        assert strip(pa.array([once]), chosen).to_pylist() == [once]
        assert bool(once.strip()) == bool(text.strip())
        assert once == strip_text(text, chosen), "the cheap condition missed a text"
