# ruff: noqa: E501 - a list of names or sentences stays on one line
"""Rows that resemble other rows: exact and near copies, pairs that differ in one fact, answers that contradict."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

from .rows import Edit, Pair, Pii, Ticket

NGRAM = 5
NEAR = 0.8
HALF_WIDTH = str.maketrans("，。？！：；（）", ",.?!:;()")
WORDING = (
    ("请问", "想问下"), ("尽快", "及时"), ("麻烦", "烦请"), ("您好，", "你好，"), ("经核实", "经核查"), ("经查，", "经查询，"), ("。", "！"),
    ("预计", "大约"), ("现在", "目前"), ("如有疑问", "如有问题"), ("敬请谅解", "请您谅解"), ("一直", "总是"), ("我司", "我公司"), ("建议您", "请您"),
    ("Please", "Kindly"), ("Could you", "Can you"), ("We ", "Our staff "), ("about", "around"),
)
WRITTEN = ("微信", "APP")
ENDINGS = {"description": ("谢谢！", "谢谢。", "请回电。", "急！"), "reply": ("祝您生活愉快！", "【已回访】", "感谢您的配合。", "（已短信告知）")}
ENDINGS_EN = {"description": (" Thanks!", " Thank you.", "!"), "reply": (" Kind regards.", " [Closed]", " Thank you.")}


def ngrams(text: str) -> set[str]:
    """Character 5-grams; a shorter text is its own only one."""
    return {text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1))}


def jaccard(a: str, b: str) -> float:
    first, second = ngrams(a), ngrams(b)
    return len(first & second) / len(first | second)


def keeps_near(old: str, new: str) -> bool:
    return jaccard(old, new) >= NEAR


def copy_of(rng: random.Random, ticket: Ticket) -> Ticket:
    """The same case filed again a little later, by the same customer."""
    later = timedelta(minutes=rng.randint(3, 3 * 1440), seconds=rng.randrange(60))
    twin = deepcopy(ticket)
    twin.marks = set()
    if ticket.channel in WRITTEN:
        twin.channel = rng.choice(WRITTEN)
    twin.created_at, twin.updated_at = ticket.created_at + later, ticket.updated_at + later
    return twin


def reword(rng: random.Random, column: str, text: str) -> str:
    """One or two small edits that keep the character 5-gram Jaccard similarity at 0.8 or more."""
    edits: list[Edit] = [lambda t, a=a, b=b: t.replace(a, b, 1) for a, b in WORDING if a in text]  # type: ignore[misc]
    endings = (ENDINGS_EN if text.isascii() else ENDINGS)[column]
    if not text.endswith(endings):
        edits.append(lambda t: t + rng.choice(endings))
    for edit in rng.sample(edits, min(3, len(edits))):
        changed = edit(text)
        if keeps_near(text, changed):
            return changed
    return text


def near_copy(rng: random.Random, ticket: Ticket) -> Ticket | None:
    """A copy with a few words or marks changed in the question, the answer or both; None where nothing fits."""
    twin = copy_of(rng, ticket)
    columns = rng.choice([("description",), ("reply",), ("description", "reply")])
    for column in columns:
        old = getattr(ticket, column)
        new = reword(rng, column, reword(rng, column, old))
        setattr(twin, column, new if keeps_near(old, new) else old)
    old, new = (f"{row.description}\n{row.reply}" for row in (ticket, twin))
    return twin if old != new and keeps_near(old, new) and len(twin.present_pii()) == len(twin.pii) else None


def exact_copy(rng: random.Random, ticket: Ticket, *, typography: bool) -> Ticket:
    """The same text again; with `typography`, other only in case, white space or the width of punctuation."""
    twin = copy_of(rng, ticket)
    if typography:
        for column in ("description", "reply"):
            change = rng.choice(TYPOGRAPHY)
            twin.edit(column, change, change if change is _swap_case else None)
    if (twin.description, twin.reply) == (ticket.description, ticket.reply) and typography:
        twin.edit("description", lambda text: f" {text}\n")
    return twin


def _swap_case(text: str) -> str:
    return text.lower() if text.lower() != text else text.upper()


TYPOGRAPHY: tuple[Edit, ...] = (
    lambda text: text.translate(HALF_WIDTH),
    lambda text: f"  {text}\n",
    _swap_case,
    lambda text: text.replace("，", "， "),
    lambda text: text + "\r\n",
)


def other_amount(rng: random.Random, amount: str) -> str:
    """An amount of the same look that is another amount."""
    cents = round(float(amount) * 100)
    return f"{(cents + rng.choice([1, 2, 3, -1]) * 10 ** rng.choice([3, 4])) % 10**6 / 100:.2f}"


def amount_copy(rng: random.Random, ticket: Ticket, amount: str) -> Ticket:
    """A copy in which every mention of one amount is another amount."""
    twin = copy_of(rng, ticket)
    changed = other_amount(rng, amount)
    for column in ("title", "description", "reply"):
        twin.edit(column, lambda text: text.replace(amount, changed))
    return twin


def with_reply(ticket: Ticket, reply: str) -> Ticket:
    """The same ticket with another reply, and without the personal data of the old one."""
    kept: list[Pii] = [p for p in ticket.pii if p.column != "reply"]
    return replace(deepcopy(ticket), reply=reply, pii=kept)


def contradicting_copy(rng: random.Random, ticket: Ticket, swap: tuple[str, str]) -> Ticket:
    """The same question answered with another fact."""
    return with_reply(copy_of(rng, ticket), (ticket.reply or "").replace(*swap))


def make_near_pairs(rng: random.Random, bases: list[Ticket], count: int) -> list[Pair]:
    pairs: list[Pair] = []
    for base in bases:
        if len(pairs) == count:
            break
        if twin := near_copy(rng, base):
            pairs.append(Pair("near_duplicate", base, twin))
    return pairs


def make_exact_pairs(rng: random.Random, bases: list[Ticket]) -> list[Pair]:
    """Every other copy differs in typography."""
    pairs = []
    for i, base in enumerate(bases):
        kind = "exact_duplicate_typography" if i % 2 else "exact_duplicate"
        pairs.append(Pair(kind, base, exact_copy(rng, base, typography=bool(i % 2))))
    return pairs
