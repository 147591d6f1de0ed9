"""What differs between two texts, character by character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.report.sample_data import example
from washplant.report.data import Pair
from washplant.report.diff import CONTEXT, DIFFERS, SAME, SKIPPED, Piece, differing, side_by_side


def test_the_differing_characters_are_marked() -> None:
    left, right = differing("最多绑定5个户号", "最多绑定10个户号")
    assert left == (Piece(SAME, "最多绑定"), Piece(DIFFERS, "5"), Piece(SAME, "个户号"))
    assert right == (Piece(SAME, "最多绑定"), Piece(DIFFERS, "10"), Piece(SAME, "个户号"))


def test_a_single_equal_character_between_differences_is_chance() -> None:
    left, _ = differing("甲一乙好的", "丙一丁好的")
    assert left == (Piece(DIFFERS, "甲一乙"), Piece(SAME, "好的"))


def test_long_equal_stretches_are_cut_to_what_lies_beside_a_difference() -> None:
    left, right = differing(f"{'水' * 500}甲{'表' * 500}", f"{'水' * 500}乙{'表' * 500}")
    assert [piece.kind for piece in left] == [SKIPPED, SAME, DIFFERS, SAME, SKIPPED]
    assert left[0].count == 500 - CONTEXT and left[1].text == "水" * CONTEXT
    assert right[2] == Piece(DIFFERS, "乙")


def test_equal_texts_show_their_ends() -> None:
    left, right = differing("水" * 1000, "水" * 1000)
    assert left == right
    assert [piece.kind for piece in left] == [SAME, SKIPPED, SAME]


def test_no_text_at_all() -> None:
    assert differing("", "") == ((), ())
    assert differing("", "水") == ((), (Piece(DIFFERS, "水"),))


@given(st.text("水表户号甲乙 ", max_size=120), st.text("水表户号甲乙 ", max_size=120))
def test_the_pieces_make_the_texts(a: str, b: str) -> None:
    for pieces, text in zip(differing(a, b), (a, b), strict=True):
        at = 0
        for piece in pieces:
            assert piece.kind == SKIPPED or text[at:].startswith(piece.text)
            at += piece.count if piece.kind == SKIPPED else len(piece.text)
        assert at == len(text)


def test_a_turn_that_one_sample_has_not_lies_beside_nothing() -> None:
    removed, kept = example(1, ("user", "问")), example(2, ("user", "问"), ("assistant", "答"))
    rows = side_by_side(Pair(removed, kept, 0.9, "near_duplicate"))
    assert [(row.removed_role, row.kept_role) for row in rows] == [("user", "user"), (None, "assistant")]
