"""The S-curve, as text and as a picture."""

from xml.etree import ElementTree

from washplant.report.s_curve import as_svg, drawn


def test_drawn_rises_from_nothing_to_all_at_the_threshold() -> None:
    lines = drawn(21, 6, 0.8).splitlines()
    assert lines[0].startswith("100% │") and lines[0].endswith("•") and "•" in lines[11]
    assert len({len(lines[-1]), 66 + 1}) == 1 and "0.8" in lines[-1]


def test_svg_is_whole_and_loads_nothing() -> None:
    picture = as_svg(21, 6, 0.8, "21 × 6")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "href" not in picture and "<script" not in picture
