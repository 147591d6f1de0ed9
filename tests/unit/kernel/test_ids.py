"""Identities: equal parts give equal digests, different parts never do, and the values stay what they are in every store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from washplant.ids import ID_LENGTH, content_version, digest, encode, sample_id

parts = st.lists(st.none() | st.text())


def test_lengths_keep_neighbouring_parts_apart() -> None:
    assert digest(("a", "bc")) != digest(("ab", "c"))
    assert digest(("a;", "b")) != digest(("a", ";b"))
    assert digest(("1:a",)) != digest(("1", "a"))


def test_nothing_differs_from_an_empty_text_and_from_its_own_mark() -> None:
    assert len({digest(p) for p in ([None], [""], ["-;"], ["-"], [], [None, None], ["", ""])}) == 7


@given(parts, parts)
def test_different_parts_are_encoded_differently(a: list[str | None], b: list[str | None]) -> None:
    assert (encode(a) == encode(b)) == (a == b)


def test_values_of_stored_samples_never_change() -> None:
    """Golden: a change here makes every row of every store a new one."""
    assert encode(("供水", None, "", "a")) == "2:供水;-;0:;1:a;"
    assert digest(("供水", None, "😀", "")) == "0a101e54286ec009062399f1d83fe432"
    assert sample_id("tickets", "qa", '["1001"]') == "91333dc519d6f13c63c2531aa5aad8ae"
    turns = [("user", "停水了吗"), ("assistant", "没有。")]
    assert content_version("dialogue", None, None, turns, None, None, None, None) == "74c9d8966ae5b95f7beecc8b9c631afa"


def test_an_id_is_128_bits_of_hex() -> None:
    assert len(digest(())) == ID_LENGTH == 32
    assert int(digest(("x",)), 16) < 2**128


def test_a_lone_surrogate_has_a_digest() -> None:
    assert digest(("\ud800",)) != digest(("\udfff",))


def test_a_version_sees_every_part_of_the_content() -> None:
    whole = ("dialogue", "s", "i", (("user", "q"), ("assistant", "a")), "c", "r", "l", "p")
    others = [
        ("preference", *whole[1:]),
        *((*whole[:n], None, *whole[n + 1 :]) for n in (1, 2, 4, 5, 6, 7)),
        (*whole[:3], (("user", "q"),), *whole[4:]),
        (*whole[:3], (("assistant", "q"), ("assistant", "a")), *whole[4:]),
        (*whole[:3], (("user", "q1:a"), ("assistant", "")), *whole[4:]),
    ]
    assert len({content_version(*content) for content in (whole, *others)}) == len(others) + 1  # type: ignore[arg-type]
