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
        ("误差不超过千分之一", "误差不超过千分之五", False),
        ("优惠最长两年", "优惠最长一年", False),
        ("保修两个月", "保修三个月", False),
        ("第二档水价", "第三档水价", False),
        ("工作时间十二点到二十点", "工作时间十一点到二十点", False),
        ("三天内上门", "3天内上门", True),
        ("二十五个工作日", "25个工作日", True),
        ("罚款十万元", "罚款10万元", True),
        ("十吨", "10 吨", True),
        ("兩個月", "2個月", True),
        ("请您等一下，我查一查", "请您等下，我查查", True),
        ("您有一个问题", "您有个问题", True),
        ("万一停水，千万要联系我们", "要是停水，要联系我们", True),
        ("You can do this", "You cannot do this", False),
    ],
)
def test_numbers_and_negations(left: str, right: str, same: bool) -> None:
    views = [matching_view(pa.array([text])) for text in (left, right)]
    assert same_numbers_and_negations(*views).tolist() == [same]


def test_null_is_not_the_same_as_anything() -> None:
    assert same_numbers_and_negations(pa.array([None], pa.string()), pa.array(["1"])).tolist() == [False]
