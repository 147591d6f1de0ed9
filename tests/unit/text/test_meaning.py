"""Similar texts that do not say the same are held apart."""

from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks.meaning import measure
from washplant.errors import ConfigError
from washplant.text.meaning import PARTS, Guard
from washplant.text.meaning.quantities import quantities
from washplant.text.view import matching_view

ALL = Guard()


def apart(left: str, right: str, guard: Guard = ALL) -> str | None:
    """The part that differs."""
    [code] = guard.apart(*(matching_view(pa.array([text])) for text in (left, right))).tolist()
    return PARTS[code - 1] if code else None


@pytest.mark.parametrize(
    ("left", "right", "part"),
    [
        ("您能办理漏失水量减免", "您不能办理漏失水量减免", "negations"),
        ("退费129.80元将在5个工作日内到账", "退费29.80元将在5个工作日内到账", "numbers"),
        ("每吨1.5元", "每吨15元", "numbers"),
        ("3-5天办结", "35天办结", "numbers"),
        ("3-5天办结", "3.5天办结", "numbers"),
        ("打50%的折扣", "打50的折扣", "numbers"),
        ("优惠50%", "优惠5%", "numbers"),
        ("误差不超过千分之一", "误差不超过千分之五", "numbers"),
        ("优惠最长两年", "优惠最长一年", "numbers"),
        ("保修两个月", "保修三个月", "numbers"),
        ("第二档水价", "第三档水价", "numbers"),
        ("工作时间十二点到二十点", "工作时间十一点到二十点", "numbers"),
        ("等30分钟", "等30秒", "numbers"),
        ("收费5元", "收费5美元", "numbers"),
        ("两个问题", "三个问题", "numbers"),
        ("水价从5元上调到8元", "水价从8元上调到5元", "numbers"),
        ("3月5日停水", "3月6日停水", "dates"),
        ("Closed on March 3, 2024", "Closed on 4 March 2024", "dates"),
        ("within two days", "within three days", "numbers"),
        ("You can do this", "You cannot do this", "negations"),
        ("I can tell", "I can not tell", "negations"),
        ("您无需办理", "您不能办理", "negations"),
        ("不能在线办理，可以到营业厅办理", "能在线办理，不可以到营业厅办理", "negations"),
        ("居民用水", "非居民用水", "negations"),
        ("怎么开通自动扣款", "怎么取消自动扣款", "opposites"),
        ("请先关闭阀门再打开龙头", "请先打开阀门再关闭龙头", "opposites"),
        ("水价上调", "水价下调", "opposites"),
        ("Please enable SMS", "Please disable SMS", "opposites"),
        ("tea with sugar", "tea without sugar", "opposites"),
        ("周一停水", "周二停水", "opposites"),
        ("账单1,000元，谢谢！", "账单1000元 谢谢", None),
        ("１２３元", "123元", None),
        ("您好，请到营业厅办理。", "你好，请到营业厅办理！", None),
        ("三天内上门", "3天内上门", None),
        ("二十五个工作日", "25个工作日", None),
        ("罚款十万元", "罚款10万元", None),
        ("押金一万二", "押金12000", None),
        ("押金1.2万元", "押金12000元", None),
        ("等半小时", "等30分钟", None),
        ("等一个半小时", "等90分钟", None),
        ("百分之五十", "50%", None),
        ("千分之五", "5‰", None),
        ("十吨", "10 吨", None),
        ("兩個月", "2個月", None),
        ("2024年3月3日", "2024-03-03", None),
        ("on March 3, 2024", "on 3 March 2024", None),
        ("three days", "3 days", None),
        ("共5元。需3天。", "需3天。共5元。", None),
        ("请您等一下，我查一查", "请您等下，我查查", None),
        ("您有一个问题", "您有个问题", None),
        ("万一停水，千万要联系我们", "要是停水，要联系我们", None),
        ("能不能办理", "能否办理", None),
        ("不好意思，非常抱歉，特别说明", "抱歉，说明", None),
        ("You can't do this", "You cannot do this", None),
        ("note the notice", "the notice", None),
    ],
)
def test_what_is_held_apart(left: str, right: str, part: str | None) -> None:
    assert apart(left, right) == apart(right, left) == part


def test_the_evaluation_set() -> None:
    figures, wrong = measure()
    assert figures["apart_pairs"] >= 300 and figures["same_pairs"] >= 300
    assert figures["apart_held"] >= 0.98 and figures["same_merged"] >= 0.98, wrong


def test_parts_can_be_turned_off_and_words_added() -> None:
    assert apart("3天", "5天", Guard(parts=("negations",))) is None
    assert apart("套餐升级", "套餐降级") is None
    assert apart("套餐升级", "套餐降级", Guard(opposites=("升级 / 降级",))) == "opposites"
    with pytest.raises(ConfigError):
        apart("a", "b", Guard(opposites=("升级",)))


def test_null_is_not_the_same_as_anything() -> None:
    assert Guard().apart(pa.array([None, "1"], pa.string()), pa.array(["1", "1"])).tolist() == [1, 0]
    assert Guard().apart(pa.array([], pa.string()), pa.array([], pa.string())).tolist() == []


def test_why_names_what_differs() -> None:
    assert Guard().why("3天不能办", "5天能办") == [("numbers", ["3天"], ["5天"]), ("negations", ["不能"], [])]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("一万二", "12000", ""),
        ("1点2万元", "12000", "yuan"),
        ("二〇二四年", "2024", "year"),
        ("三百零五", "305", ""),
        ("五元三角", "53/10", "yuan"),
        ("2小时30分钟", "9000", "second"),
        ("一年半", "18", "month"),
        ("八五折", "17/2", "discount"),
        ("¥50", "50", "yuan"),
    ],
)
def test_quantities(text: str, value: str, kind: str) -> None:
    assert [(one.value, one.kind) for one in quantities(text)] == [(value, kind)]
