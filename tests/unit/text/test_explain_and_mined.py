"""What people are shown: differences of texts, and the lines that many texts share."""

from __future__ import annotations

import pyarrow as pa

from washplant.text.explain import changed
from washplant.text.mined import count_lines


def test_differences_are_marked() -> None:
    assert changed("ab c", "ab d", colour=False) == "ab [-c-]{+d+}"
    assert changed("同\u200b样\t", "同样", colour=False) == "同[-<U+200B>-]样[-⇥-]"
    assert "\x1b[" in changed("a", "b", colour=True)
    assert changed("x" * 5000, "y", colour=False).startswith("[-xxx")


def test_lines_are_counted_once_a_row() -> None:
    texts = pa.array(
        ["感谢您的支持。感谢您的支持。好", "您的户号已停用！感谢您的支持", None, "ok", "Thank you for calling. Bye"]
    )
    counted = dict(zip(*(column.to_pylist() for column in count_lines(texts).columns), strict=True))
    assert counted == {"感谢您的支持": 2, "您的户号已停用": 1, "Thank you for calling": 1}
    assert count_lines(pa.array([], pa.string())).num_rows == 0
