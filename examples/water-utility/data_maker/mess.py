# ruff: noqa: E501 - a list of names or sentences stays on one line
"""What real rows suffer from, as functions on text: markup, wide characters, wrong decoding, stubs."""

from __future__ import annotations

import html
import random
import re

from .facts import FULL_WIDTH_ALNUM
from .hanzi import to_traditional
from .rows import Ticket

STUB_REPLIES = (
    "请稍等", "转人工", "已处理", "您好", "好的，请稍等。", "已转相关部门", "收到", "1", "已电话联系用户", "见附件", "稍后回复您", "正在为您转接人工坐席，请稍候",
)
CUT_REPLY = "您好，关于您反映的水费问题，我们已经"
BLANKS = (" ", "   ", "\n", "\t", "\u3000\u3000", "\u00a0")
BILL_CATEGORIES = frozenset({"账单查询", "水费偏高", "阶梯水价", "缴费未到账", "违约金", "抄表争议", "欠费停水", "电子发票"})
DEPARTMENTS = ("客户服务中心", "管网维护所", "营业管理部", "计量管理部", "水质监测中心")
EMOJI_CUSTOMER = ("😡", "😭", "🙏", "😓", "🤔", "💧", "‼️")
EMOJI_STAFF = ("🌹", "😊", "🙏", "👍")
INVISIBLE = ("\u200b", "\ufeff", "\u200d", "\u2060")
SCRIPT = '<script>var _hmt=_hmt||[];(function(){var h=document.createElement("script");h.src="/static/stat.js";})();</script>'
SENTENCE = re.compile(r"[^。！？]*[。！？]|[^。！？]+$")


def sentences(text: str) -> list[str]:
    return SENTENCE.findall(text)


def as_html(rng: random.Random, text: str) -> str:
    """The text as the reply editor of an old CRM stores it."""
    text = html.escape(text, quote=False).replace("“", "&ldquo;").replace("”", "&rdquo;")
    parts = sentences(text)
    match rng.randrange(4):
        case 0:
            return "".join(f"<p>{part}</p>" for part in parts)
        case 1:
            return "<br>".join(parts)
        case 2:
            return f'<p style="text-indent:2em"><span style="font-size:14px">{"&nbsp;".join(parts)}</span></p>'
        case _:
            return f"<div>{'<br/>&nbsp;&nbsp;'.join(parts)}</div>"


def table(rng: random.Random, category: str) -> str:
    """A bill, or how far the case is, as an HTML table pasted below a reply."""
    volume = rng.randint(8, 60)
    if category in BILL_CATEGORIES:
        cells = [("账期", f"{rng.randint(1, 12)}月"), ("用水量(吨)", f"{volume}"), ("水费(元)", f"{volume * 2.95:.2f}")]
    else:
        cells = [("受理部门", rng.choice(DEPARTMENTS)), ("办理时限", f"{rng.randint(1, 7)}个工作日"), ("当前状态", "已办结")]
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in cells)
    return f'<table border="1" cellspacing="0"><tbody>{rows}</tbody></table>'


def widen(text: str) -> str:
    """Digits and Latin letters in full width."""
    return text.translate(FULL_WIDTH_ALNUM)


def misread(text: str) -> str:
    """UTF-8 read as latin-1."""
    return text.encode("utf-8").decode("latin-1")


def cut(rng: random.Random, text: str) -> str:
    """The beginning of a reply, stopping inside a sentence."""
    end = rng.randint(len(text) * 2 // 5, len(text) * 7 // 10)
    return text[:end].rstrip("。，、！？；：,. ") + rng.choice(["", "", "...", "……"])


def sprinkle(rng: random.Random, text: str) -> str:
    """Invisible characters before letters, as copied from chat software (an identity card may end in X)."""
    for _ in range(rng.randint(1, 3)):
        letters = [i for i, character in enumerate(text) if character.isalpha() and character not in "Xx"]
        at = rng.choice(letters or [len(text)])
        text = text[:at] + rng.choice(INVISIBLE) + text[at:]
    return text


def add_html(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("html")
    ticket.edit("reply", lambda text: as_html(rng, text))
    if rng.random() < 0.5:
        ticket.edit("description", lambda text: as_html(rng, text))


def add_html_table(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks |= {"html", "html_table"}
    ticket.edit("reply", lambda text: f"<p>{html.escape(text, quote=False)}</p>{table(rng, ticket.category)}")


def add_script(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks |= {"html", "html_script"}
    ticket.edit("description", lambda text: as_html(rng, text) + SCRIPT)


def add_full_width(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("full_width")
    for column in ("description", "reply") if rng.random() < 0.5 else ("description",):
        ticket.edit(column, widen, widen)
        ticket.rename_pii(column, lambda kind: "mobile_full_width" if kind.startswith("mobile") else f"{kind}_full_width")


def add_traditional(_rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("traditional")
    for column in ("title", "description", "reply"):
        ticket.edit(column, to_traditional)


def add_mojibake(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("mojibake")
    for column in rng.choice([("description",), ("reply",), ("title", "description", "reply")]):
        ticket.edit(column, misread, misread)
        ticket.rename_pii(column, lambda kind: f"{kind}_mojibake" if kind == "mobile_full_width" else kind)


def add_invisible(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("zero_width")
    ticket.edit(rng.choice(["description", "reply"]), lambda text: sprinkle(rng, text))


def add_emoji(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("emoji")
    if rng.random() < 0.7:
        ticket.edit("description", lambda text: text + rng.choice(EMOJI_CUSTOMER) * rng.randint(1, 3))
    else:
        ticket.edit("reply", lambda text: text + rng.choice(EMOJI_STAFF))


def lose_reply(_rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("null_reply")
    ticket.reply, ticket.status = None, "处理中"


def empty_reply(_rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("empty_reply")
    ticket.reply = ""


def blank_reply(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("whitespace_reply")
    ticket.reply = rng.choice(BLANKS)


def cut_reply(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("truncated_reply")
    ticket.edit("reply", lambda text: CUT_REPLY if rng.random() < 0.1 else cut(rng, text))


def stub_reply(rng: random.Random, ticket: Ticket) -> None:
    ticket.marks.add("stub_reply")
    ticket.reply = rng.choice(STUB_REPLIES)


# Rows per 3000. Each function spoils rows that nothing else has spoilt, so that a test sees one cause at a time.
MESS_PER_3000 = (
    (add_html, 130), (add_html_table, 24), (add_script, 12), (add_full_width, 60), (add_traditional, 45), (add_mojibake, 12),
    (add_invisible, 30), (add_emoji, 50), (lose_reply, 130), (empty_reply, 40), (blank_reply, 24), (cut_reply, 60), (stub_reply, 60),
)
