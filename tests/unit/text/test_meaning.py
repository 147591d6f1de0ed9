"""Similar texts that do not say the same are held apart."""

from __future__ import annotations

import pyarrow as pa
import pytest

from washplant.text.meaning import same_numbers_and_negations
from washplant.text.view import matching_view


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("您能办理漏失水量减免", "您不能办理漏失水量减免", False),
        ("退费129.80元将在5个工作日内到账", "退费29.80元将在5个工作日内到账", False),
        ("每吨1.5元", "每吨15元", False),
        ("3-5天办结", "35天办结", False),
        ("账单1,000元，谢谢！", "账单1000元 谢谢", True),
        ("１２３元", "123元", True),
        ("您好，请到营业厅办理。", "你好，请到营业厅办理！", True),
        ("You can do this", "You cannot do this", False),
    ],
)
def test_numbers_and_negations(left: str, right: str, same: bool) -> None:
    views = [matching_view(pa.array([text])) for text in (left, right)]
    assert same_numbers_and_negations(*views).tolist() == [same]


def test_null_is_not_the_same_as_anything() -> None:
    assert same_numbers_and_negations(pa.array([None], pa.string()), pa.array(["1"])).tolist() == [False]
