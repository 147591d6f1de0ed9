"""The rows while they are being made: what is stored, and beside it what we know to be wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

Edit = Callable[[str], str]


@dataclass(frozen=True)
class Pii:
    """Personal data as it stands, character by character, in a column."""

    column: str
    kind: str
    text: str


@dataclass
class Ticket:
    """One row of crm.tickets; `marks` names the mess in it, `pii` the personal data."""

    channel: str
    category: str
    title: str
    description: str
    reply: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    ticket_id: int = 0
    customer_id: int = 0
    is_deleted: bool = False
    marks: set[str] = field(default_factory=set)
    pii: list[Pii] = field(default_factory=list)

    def edit(self, column: str, change: Edit, change_pii: Edit | None = None) -> None:
        """Change one text column; `change_pii` is what that does to personal data in it."""
        setattr(self, column, change(getattr(self, column) or ""))
        if change_pii:
            self.pii = [Pii(p.column, p.kind, change_pii(p.text)) if p.column == column else p for p in self.pii]

    def rename_pii(self, column: str, rename: Edit) -> None:
        """What a change of the text makes of the kinds of personal data in it."""
        self.pii = [Pii(p.column, rename(p.kind), p.text) if p.column == column else p for p in self.pii]

    def present_pii(self) -> list[Pii]:
        """Personal data still readable after truncation and encoding damage."""
        return [p for p in self.pii if p.text in (getattr(self, p.column) or "")]


@dataclass(frozen=True)
class Pair:
    """Two tickets that belong together: `kind` says how the second one relates to the first."""

    kind: str
    first: Ticket
    second: Ticket


@dataclass
class Message:
    """One line of chats.jsonl."""

    session_id: str
    seq: int
    speaker: str
    text: str
    sent_at: datetime
    msg_id: str = ""
    marks: set[str] = field(default_factory=set)
    pii: list[Pii] = field(default_factory=list)
