"""What is said about an unknown name."""

from __future__ import annotations

from washplant.names import close_names, did_you_mean


def test_close_names_come_first_and_keep_their_case() -> None:
    assert close_names("ticketid", ["Ticket_ID", "created_at"]) == ["Ticket_ID"]
    assert did_you_mean("ticket", ["tickets", "ticket2", "faq"], nothing="-") in (
        "did you mean tickets or ticket2?",
        "did you mean ticket2 or tickets?",
    )


def test_else_the_first_twenty_or_nothing() -> None:
    assert did_you_mean("列", ["b", "a"], nothing="-") == "there are: b, a"
    assert did_you_mean("x", [f"column_{i:02}" for i in range(21)], nothing="-").endswith("column_19 …")
    assert did_you_mean("x", [], nothing="no tables there") == "no tables there"
