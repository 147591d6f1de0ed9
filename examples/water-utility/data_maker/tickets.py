"""All tickets of a day: ordinary ones, short questions, copies, contradictions, and the mess in them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import copies
from .compose import make_ordinary, make_standard, make_yes_no
from .mess import MESS_PER_3000
from .phrases import CAN_OR_CANNOT, FAQ
from .rows import Pair, Ticket

PER = 3000
ENGLISH, SHORT, CONFLICTS, AMOUNTS, YES_NO, EXACT, NEAR = 240, 94, 32, 22, 14, 130, 280  # rows or pairs per 3000
ORPHANS, TIES, DELETED = 30, 20, 8
VOID_REPLIES = ("重复工单，已合并处理。", "用户撤销诉求。", "非供水业务，已告知用户拨打12345。")
EPOCH = datetime(2020, 1, 1)
WORKER_BITS, SEQUENCE_BITS = 10, 12
HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 6, 12, 24, 30, 28, 22, 14, 18, 24, 26, 24, 20, 14, 12, 12, 8, 5, 3)


@dataclass
class Day:
    """The tickets of a day and how they belong together."""

    tickets: list[Ticket]
    pairs: list[Pair]


@dataclass(frozen=True)
class Span:
    """The time from which tickets come; everything in it happened before `end`."""

    start: datetime
    end: datetime

    def moment(self, rng: random.Random) -> datetime:
        days = (self.end - self.start).days
        hour = rng.choices(range(24), HOUR_WEIGHTS)[0]
        day = self.start + timedelta(days=rng.randrange(days), hours=hour)
        return day + timedelta(seconds=rng.randrange(3600), microseconds=rng.randrange(10**6))

    def clamp(self, when: datetime, not_before: datetime) -> datetime:
        last = self.end - timedelta(seconds=1)
        return max(not_before, min(when, last - (when - not_before) % timedelta(hours=1)))


def scaled(per_3000: int, rows: int) -> int:
    return max(2, round(per_3000 * rows / PER))


def make_day(rng: random.Random, span: Span, rows: int, customers: list[int]) -> Day:
    """About `rows` tickets created within `span`, ordered by their ids."""
    pairs = _fact_pairs(rng, span, rows)
    short = [faq for faq in FAQ if faq.short]
    special = [
        make_standard(rng, span.moment(rng), faq, faq.short + rng.choice(["", "", "？", "?"]))
        for faq in rng.sample(short, min(scaled(SHORT, rows), len(short)))
    ]
    for ticket in special:
        ticket.marks.add("short_question")
    special += [ticket for pair in pairs for ticket in (pair.first, pair.second)]
    n_english, n_exact, n_near = (scaled(n, rows) for n in (ENGLISH, EXACT, NEAR))
    n_plain = max(n_exact + n_near, rows - len(special) - n_english - n_exact - n_near)
    ordinary = [make_ordinary(rng, span.moment(rng))[0] for _ in range(n_plain)]
    for _ in range(n_english):
        ticket, _facts = make_ordinary(rng, span.moment(rng), english=True)
        ticket.marks.add("english")
        ordinary.append(ticket)
    rng.shuffle(ordinary)
    spoilt = _spoil(rng, ordinary, rows)
    clean = ordinary[spoilt:]
    exact = copies.make_exact_pairs(rng, clean[:n_exact])
    near = copies.make_near_pairs(rng, clean[n_exact:], n_near)
    pairs += exact + near
    tickets = ordinary + special + [pair.second for pair in exact + near]
    _finish(rng, span, tickets, customers)
    for pair in exact + near:
        pair.second.customer_id = pair.first.customer_id
    _odd_columns(rng, span, tickets)
    return Day(tickets, pairs)


def _fact_pairs(rng: random.Random, span: Span, rows: int) -> list[Pair]:
    """Pairs that must both survive deduplication, or meet a person: contradictions, other amounts, 能 and 不能."""
    pairs = []
    disputed = [faq for faq in FAQ if faq.swap]
    for faq in rng.sample(disputed, min(scaled(CONFLICTS, rows), len(disputed))):
        first = make_standard(rng, span.moment(rng), faq, faq.question)
        assert faq.swap is not None
        pairs.append(Pair("conflicting_answer", first, copies.contradicting_copy(rng, first, faq.swap)))
    while sum(pair.kind == "amount_differs" for pair in pairs) < scaled(AMOUNTS, rows):
        first, facts = make_ordinary(rng, span.moment(rng))
        amount = facts["amount"]
        if amount in first.description and amount in (first.reply or "") and not first.pii:
            pairs.append(Pair("amount_differs", first, copies.amount_copy(rng, first, amount)))
    for i in range(scaled(YES_NO, rows)):
        template = CAN_OR_CANNOT[i % len(CAN_OR_CANNOT)]
        first = make_yes_no(rng, span.moment(rng), template, "能")
        second = copies.copy_of(rng, first)
        for column in ("description", "reply"):
            second.edit(column, lambda text: text.replace("能", "不能", 1) if text.count("能") == 1 else text)
        pairs.append(Pair("can_or_cannot", first, second))
    return pairs


def _spoil(rng: random.Random, tickets: list[Ticket], rows: int) -> int:
    """Apply every kind of mess to the next tickets in line; return how many were spoilt."""
    at = 0
    for spoil, share in MESS_PER_3000:
        for ticket in tickets[at : at + scaled(share, rows)]:
            spoil(rng, ticket)
        at += scaled(share, rows)
    for ticket in tickets[at : at + scaled(40, rows)]:
        ticket.status, ticket.reply = "已作废", rng.choice(VOID_REPLIES)
        ticket.marks.add("void")
    return at + scaled(40, rows)


def _finish(rng: random.Random, span: Span, tickets: list[Ticket], customers: list[int]) -> None:
    """Times inside the span, ids in the order of creation, customers."""
    for ticket in tickets:
        ticket.created_at = span.clamp(ticket.created_at, span.start)
        ticket.updated_at = span.clamp(ticket.updated_at, ticket.created_at)
        ticket.customer_id = rng.choice(customers)
    tickets.sort(key=lambda ticket: ticket.created_at)
    sequence = 0
    for ticket in tickets:
        sequence += rng.randint(1, 3)
        milliseconds = (ticket.created_at - EPOCH) // timedelta(milliseconds=1)
        worker = rng.randrange(8)
        ticket.ticket_id = ((milliseconds << WORKER_BITS | worker) << SEQUENCE_BITS) | sequence % 2**SEQUENCE_BITS


def _odd_columns(rng: random.Random, span: Span, tickets: list[Ticket]) -> None:
    """Customers that do not exist, rows deleted already, and many rows with one and the same newest `updated_at`."""
    batch_job = span.end - timedelta(minutes=30)
    plain = [ticket for ticket in tickets if not ticket.marks and ticket.created_at < batch_job]
    rng.shuffle(plain)
    rows = len(tickets)
    orphans, ties, deleted = scaled(ORPHANS, rows), scaled(TIES, rows), scaled(DELETED, rows)
    for ticket in plain[:orphans]:
        ticket.customer_id = rng.randint(90_000_000, 99_999_999)
        ticket.marks.add("unknown_customer")
    for ticket in plain[orphans : orphans + ties]:
        ticket.updated_at = batch_job
        ticket.marks.add("same_updated_at")
    for ticket in plain[orphans + ties : orphans + ties + deleted]:
        ticket.is_deleted = True
        ticket.marks.add("deleted")
