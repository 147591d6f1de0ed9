"""What one kind of enquiry sounds like: sentences that are put together, with {facts} filled in per ticket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Intent:
    """A description is a situation, details and an ask; a reply is an answer and extras between two courtesies.

    Beside each situation stand the positions of the answers that fit it: "02" is the first or the third.
    """

    category: str
    situations: tuple[tuple[str, str], ...]
    details: tuple[str, ...]
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    extras: tuple[str, ...]


@dataclass(frozen=True)
class Faq:
    """A standard question; `short` is how customers type it, `swap` turns the answer into one that contradicts it."""

    category: str
    question: str
    answer: str
    short: str = ""
    swap: tuple[str, str] | None = None
