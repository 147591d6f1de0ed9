"""Make the synthetic data of this example: `make_data.py --out DIR [--day 1|2] [--rows N]`.

DIR/day1 is what the company has; DIR/day2 holds only what is new, changed or deleted on the next day. The same
seed gives the same bytes. TRUTH.json in each folder names the rows that are in bad order, and how.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

# PYTHONSAFEPATH keeps the script's own folder off the path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from data_maker import chats, tables, truth, write
from data_maker.changes import next_day
from data_maker.tickets import Day, Span, make_day

SEED = 20250305
DAY_2 = Span(datetime(2025, 3, 5), datetime(2025, 3, 6))
DAY_1 = Span(datetime(2024, 12, 2), DAY_2.start)
ROWS = 3000


@dataclass
class FirstDay:
    """What the second day needs to know of the first."""

    customers: list[tables.Customer]
    tickets: Day
    sessions: list[chats.Session]
    faq: list[tables.FaqRow]
    messages: int


def seeded(name: str) -> random.Random:
    """One generator per table, so that a change to one table leaves the others as they were."""
    return random.Random(f"{SEED}-{name}")


def make_day_1(folder: Path, rows: int) -> FirstDay:
    folder.mkdir(parents=True, exist_ok=True)
    customers = tables.make_customers(seeded("customers"))
    day = make_day(seeded("tickets"), DAY_1, rows, [c.customer_id for c in customers])
    sessions = chats.make_sessions(seeded("chats"), DAY_1, chats.SESSIONS_DAY_1)
    messages = chats.in_time_order([m for session in sessions for m in session.messages], 1)
    faq = tables.make_faq(seeded("faq"), DAY_1.end.date() - timedelta(days=1))
    photos = tables.make_photos(seeded("photos"), DAY_1, tables.PHOTOS_DAY_1, 1, spoilt=True)

    write.write_tickets(folder / "tickets.parquet", day.tickets)
    write.write_chats(folder / "chats.jsonl", messages)
    write.write_faq(folder / "faq.xlsx", faq)
    write.write_customers(folder / "customers.csv", customers)
    write.write_photos(folder, photos, seeded("pictures"))
    found = {
        "seed": SEED,
        "tickets": truth.ticket_truth(day.tickets, day.pairs),
        "chats": truth.chat_truth(messages, sessions),
        "meter_photos": truth.photo_truth(photos),
    }
    write.write_json(folder / "TRUTH.json", found)
    return FirstDay(customers, day, sessions, faq, len(messages))


def make_day_2(folder: Path, first: FirstDay) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = seeded("tickets of day 2")
    day, changes = next_day(rng, DAY_2, first.tickets, [c.customer_id for c in first.customers])
    rng = seeded("chats of day 2")
    sessions = chats.make_sessions(rng, DAY_2, chats.SESSIONS_DAY_2)
    continued = chats.continue_sessions(rng, DAY_2, first.sessions)
    new = [m for session in sessions for m in session.messages]
    messages = chats.in_time_order(new + continued, first.messages + 1)
    faq = tables.change_faq(seeded("faq of day 2"), first.faq, DAY_2.start.date())
    moved = tables.move_customers(seeded("customers of day 2"), first.customers)
    start = tables.PHOTOS_DAY_1 + 1
    photos = tables.make_photos(seeded("photos of day 2"), DAY_2, tables.PHOTOS_DAY_2, start, spoilt=False)

    write.write_tickets(folder / "tickets.parquet", day.tickets)
    write.write_chats(folder / "chats.jsonl", messages)
    write.write_faq(folder / "faq.xlsx", faq)
    write.write_customers(folder / "customers.csv", moved)
    write.write_photos(folder, photos, seeded("pictures of day 2"))
    known = {row.number for row in first.faq}
    found = {
        "seed": SEED,
        "tickets": {
            "changes": {kind: sorted(ticket.ticket_id for ticket in rows) for kind, rows in changes.items()},
            **truth.ticket_truth(day.tickets, day.pairs),
        },
        "chats": {"continued": sorted({m.session_id for m in continued}), **truth.chat_truth(messages, sessions)},
        "faq": {
            "changed": [row.number for row in faq if row.number in known],
            "new": [row.number for row in faq if row.number not in known],
        },
        "customers": {"moved": [customer.customer_id for customer in moved]},
        "meter_photos": truth.photo_truth(photos),
    }
    write.write_json(folder / "TRUTH.json", found)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the synthetic data of the water-utility example.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write day1/ and day2/ into")
    parser.add_argument("--day", type=int, choices=(1, 2), default=2, help="the last day to write (default 2: both)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"tickets of day 1 (default {ROWS})")
    args = parser.parse_args()
    if args.rows < 500:
        parser.error("--rows must be at least 500, or there is not enough to put every kind of mess in")
    first = make_day_1(args.out / "day1", args.rows)
    if args.day == 2:
        make_day_2(args.out / "day2", first)
    counts = f"{len(first.tickets.tickets)} tickets, {first.messages} chat messages, {len(first.faq)} questions"
    print(f"{counts} in {args.out}")


if __name__ == "__main__":
    main()
