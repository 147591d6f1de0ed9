"""TRUTH.json: the keys of the rows concerned by each kind of mess, so that tests can check what became of them."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from .chats import Session
from .facts import HOTLINES
from .rows import Message, Pair, Ticket
from .tables import Photo

LONG_NUMBER = re.compile(r"[0-9０-９]{14,}")  # of a case, an order, a payment: no phone is that long


def ticket_truth(tickets: list[Ticket], pairs: list[Pair]) -> dict[str, object]:
    return {
        "mess": _by_mark([(ticket.ticket_id, ticket.marks | _evident_marks(ticket)) for ticket in tickets]),
        "pairs": _by_kind(pairs),
        "pii": [
            {"key": ticket.ticket_id, "column": pii.column, "kind": pii.kind, "text": pii.text}
            for ticket in tickets
            for pii in ticket.present_pii()
        ],
    }


def chat_truth(messages: list[Message], sessions: list[Session]) -> dict[str, object]:
    return {
        "mess": _by_mark([(message.msg_id, message.marks) for message in messages]),
        "unanswered_sessions": [s.session_id for s in sessions if _last_speaker(s) == "客户"],
        "sessions_with_bursts": [s.session_id for s in sessions if _has_burst(s)],
        "pii": [
            {"key": message.msg_id, "column": pii.column, "kind": pii.kind, "text": pii.text}
            for message in messages
            for pii in message.pii
        ],
    }


def photo_truth(photos: list[Photo]) -> dict[str, object]:
    return {
        "missing_file": [photo.photo_id for photo in photos if not photo.has_file],
        "empty_label": [photo.photo_id for photo in photos if not photo.reading_state],
    }


def _evident_marks(ticket: Ticket) -> set[str]:
    """Numbers that stand in the text, personal and not."""
    present = ticket.present_pii()
    marks = {pii.kind for pii in present} | {f"{pii.kind.split('_')[0]}_in_{pii.column}" for pii in present}
    text = f"{ticket.description}\n{ticket.reply}"
    if any(hotline in text for hotline in HOTLINES):
        marks.add("hotline")
    for pii in present:
        text = text.replace(pii.text, "")
    if LONG_NUMBER.search(text):
        marks.add("long_number")
    return marks


def _by_mark(rows: list[tuple[int, set[str]]] | list[tuple[str, set[str]]]) -> dict[str, list[int | str]]:
    found: dict[str, list[int | str]] = defaultdict(list)
    for key, marks in rows:
        for mark in marks:
            found[mark].append(key)
    return {mark: sorted(found[mark], key=str) for mark in sorted(found)}


def _by_kind(pairs: list[Pair]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for pair in pairs:
        found[pair.kind].append((pair.first.ticket_id, pair.second.ticket_id))
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def _last_speaker(session: Session) -> str:
    return session.messages[-1].speaker


def _has_burst(session: Session) -> bool:
    speakers = [message.speaker for message in session.messages]
    return any(a == b for a, b in pairwise(speakers))
