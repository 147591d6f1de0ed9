"""The small tables: customers, standard questions and answers, meter photographs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from .facts import DISTRICTS
from .phrases import FAQ
from .tickets import Span

CUSTOMERS, MOVED = 600, 5
FAQ_CHANGED, FAQ_NEW = 3, 2
PHOTOS_DAY_1, PHOTOS_DAY_2, NO_FILE, NO_LABEL = 80, 6, 3, 2
READING_STATES = ("正常", "模糊", "漏水", "遮挡")


@dataclass(frozen=True)
class Customer:
    customer_id: int
    customer_type: str
    district: str
    since: date


@dataclass(frozen=True)
class FaqRow:
    number: str
    question: str
    answer: str
    updated: date


@dataclass(frozen=True)
class Photo:
    photo_id: str
    path: str
    reading_state: str
    drawn_state: str
    taken_at: datetime
    has_file: bool


def make_customers(rng: random.Random) -> list[Customer]:
    ids = sorted(rng.sample(range(20_000_000, 30_000_000), CUSTOMERS))
    kinds = rng.choices(("居民", "商业", "工业"), (86, 11, 3), k=CUSTOMERS)
    since = [date(1996, 1, 1) + timedelta(days=rng.randrange(28 * 365)) for _ in ids]
    return [Customer(i, kind, rng.choice(DISTRICTS), day) for i, kind, day in zip(ids, kinds, since, strict=True)]


def move_customers(rng: random.Random, customers: list[Customer]) -> list[Customer]:
    """Customers who live in another district from the next day on."""
    moved = sorted(rng.sample(customers, MOVED), key=lambda customer: customer.customer_id)
    return [replace(c, district=rng.choice([name for name in DISTRICTS if name != c.district])) for c in moved]


def make_faq(rng: random.Random, today: date) -> list[FaqRow]:
    """All standard questions but the last ones, which are published on the next day."""
    return [
        FaqRow(f"F{number:04d}", faq.question, faq.answer, today - timedelta(days=rng.randint(1, 500)))
        for number, faq in enumerate(FAQ[:-FAQ_NEW], start=1)
    ]


def change_faq(rng: random.Random, rows: list[FaqRow], today: date) -> list[FaqRow]:
    """Some answers state another fact now, and the new questions appear."""
    disputed = [(row, faq.swap) for row, faq in zip(rows, FAQ, strict=False) if faq.swap]
    chosen = sorted(rng.sample(disputed, FAQ_CHANGED), key=lambda pair: pair[0].number)
    changed = [replace(row, answer=row.answer.replace(*swap), updated=today) for row, swap in chosen]
    start = len(FAQ) - FAQ_NEW + 1
    new = [FaqRow(f"F{n:04d}", faq.question, faq.answer, today) for n, faq in enumerate(FAQ[-FAQ_NEW:], start=start)]
    return changed + new


def make_photos(rng: random.Random, span: Span, count: int, first: int, *, spoilt: bool) -> list[Photo]:
    """Rows of meter photographs; with `spoilt`, some lack the file or the label."""
    states = [READING_STATES[i % len(READING_STATES)] for i in range(count)]
    rng.shuffle(states)
    odd = rng.sample(range(count), NO_FILE + NO_LABEL) if spoilt else []
    no_file, no_label = set(odd[:NO_FILE]), set(odd[NO_FILE:])
    photos = []
    for i, state in enumerate(states):
        name = f"m{first + i:04d}"
        label = "" if i in no_label else state
        taken = span.moment(rng).replace(microsecond=0)
        photos.append(Photo(name.upper(), f"images/{name}.png", label, state, taken, i not in no_file))
    return photos
