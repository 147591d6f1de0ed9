"""What happens to the tickets on the next day: new ones, changed answers, changed metadata, closed cases, deletions."""

from __future__ import annotations

import random
from copy import deepcopy
from datetime import timedelta

from . import copies
from .compose import CHANNELS
from .rows import Pair, Ticket
from .tickets import Day, Span, make_day

NEW_ROWS = 150
REPLY_CHANGED, CHANNEL_CHANGED, CLOSED, DELETED = 15, 12, 13, 15
ECHOES = 16  # new rows that repeat a row of day 1
ADDENDA = (
    "补充：经再次回访，用户对处理结果表示满意。", "补充：如与您的实际情况不符，请回拨96116，我们重新核实。",
    "【3月5日更新】班组长已复核，情况与前次答复一致。", "补充：本件由专人跟进，工号1026，可直接报工号咨询。",
)
CLOSING_REPLIES = (
    "您好，您反映的{category}问题今日已处理完毕，结果已与您电话确认，感谢您的耐心等待。",
    "您好，经{category}专员核实，相关情况已电话向您说明，如还有疑问请拨打96116，我们会继续跟进。",
    "尊敬的用户，您反映的{category}问题已办结，处理结果已同步至公众号“我的办件”，请查收。",
)


def next_day(rng: random.Random, span: Span, before: Day, customers: list[int]) -> tuple[Day, dict[str, list[Ticket]]]:
    """New, changed and deleted rows only; the dictionary says which change befell which rows."""
    new = make_day(rng, span, NEW_ROWS - ECHOES, customers)
    originals = [pair.first for pair in before.pairs if pair.kind == "near_duplicate"]
    plain = [ticket for ticket in before.tickets if not ticket.marks and len(ticket.reply or "") > 20]
    paired = {id(ticket) for pair in before.pairs for ticket in (pair.first, pair.second)}
    plain = [ticket for ticket in plain if id(ticket) not in paired]
    rng.shuffle(plain)
    rng.shuffle(originals)
    opened = [ticket for ticket in before.tickets if ticket.status == "处理中"]

    echoes = _echoes(rng, span, plain[:ECHOES], new)
    taken = plain[ECHOES:]
    # A third of the answered and of the deleted rows had displaced a near copy, which must come back.
    changes = {
        "reply_changed": [_answered_anew(rng, t) for t in originals[:5] + taken[: REPLY_CHANGED - 5]],
        "metadata_changed": [_moved(rng, t) for t in taken[20 : 20 + CHANNEL_CHANGED]],
        "closed": [_closed(rng, t) for t in rng.sample(opened, min(CLOSED, len(opened)))],
        "deleted": [_deleted(t) for t in originals[5:10] + taken[40 : 40 + DELETED - 5]],
    }
    for tickets in changes.values():
        for ticket in tickets:
            ticket.updated_at = span.moment(rng)
            ticket.marks = set()
    changed = [ticket for tickets in changes.values() for ticket in tickets]
    rows = sorted(new.tickets + changed, key=lambda ticket: ticket.updated_at)
    return Day(rows, new.pairs + echoes), {"new": list(new.tickets), **changes}


def _echoes(rng: random.Random, span: Span, bases: list[Ticket], new: Day) -> list[Pair]:
    """New rows that are copies of rows of the day before."""
    half = len(bases) // 2
    pairs = copies.make_exact_pairs(rng, bases[:half]) + copies.make_near_pairs(rng, bases[half:], half)
    last = max(ticket.ticket_id for ticket in new.tickets)
    for i, pair in enumerate(pairs, start=1):
        pair.second.ticket_id = last + i * 4096
        pair.second.created_at = span.end - timedelta(minutes=20, seconds=-i)
        pair.second.updated_at = span.end - timedelta(minutes=10, seconds=-i)
        new.tickets.append(pair.second)
    return pairs


def _answered_anew(rng: random.Random, ticket: Ticket) -> Ticket:
    changed = deepcopy(ticket)
    changed.edit("reply", lambda text: text + rng.choice(ADDENDA))
    return changed


def _moved(rng: random.Random, ticket: Ticket) -> Ticket:
    changed = deepcopy(ticket)
    changed.channel = rng.choice([channel for channel in CHANNELS if channel != ticket.channel])
    return changed


def _closed(rng: random.Random, ticket: Ticket) -> Ticket:
    reply = rng.choice(CLOSING_REPLIES).format(category=ticket.category)
    closed = copies.with_reply(ticket, reply)
    closed.status = "已办结"
    return closed


def _deleted(ticket: Ticket) -> Ticket:
    deleted = deepcopy(ticket)
    deleted.is_deleted = True
    return deleted
