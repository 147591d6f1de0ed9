"""What must be equal before two similar texts may count as one: numbers and negations.

能办理 and 不能办理 share nearly all their n-grams and say the opposite; so do two bills of different amounts, and 一年 and
两年.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings

_NEGATION = r"不|没|無|无|未|非|别|別|勿|莫|not|never|cant|wont|dont|isnt|doesnt|didnt|without"

# A Chinese numeral is a number only beside a unit: 一下, 一般, 万一, 千万别 and 十分 count nothing, and 一个 often says "a".
_NUMERAL = "[〇零一二两兩三四五六七八九十百千万萬亿億半几幾数數0-9]"
_UNIT = (
    "年|月|日|天|周|週|星期|礼拜|季度|小时|小時|钟头|刻钟|分钟|分鐘|秒|工作日|元|块钱|角|毛钱|吨|噸|立方|千瓦|度|米|公里|寸"
    "|倍|成|折|户|戶|口人|人|次|遍|期|级|級|档|階|阶|楼|层|栋|幢|单元|号|岁|点钟"
)
_NUMBER = (
    rf"({_NUMERAL}+分之{_NUMERAL}+)|第({_NUMERAL}+)|({_NUMERAL}+)[个個]?(?:{_UNIT})"
    "|([一二三四五六七八九]?十[一二三四五六七八九]|[二三四五六七八九]十)|([0-9]+)"
)
# Arrow has no "find all": what stands between two finds is thrown away instead. Matching views hold no control characters.
_FOUND = "\x01\\1\\2\\3\\4\\5\x02"
_BETWEEN = "^[^\x01]*\x01|\x02[^\x01]*\x01|\x02[^\x01]*$|^[^\x01\x02]*$"
_ARABIC = (
    *((f"[{numerals}]", str(digit)) for digit, numerals in enumerate(("〇零", *"一", "二两兩", *"三四五六七八九"))),
    (" ([1-9])十([1-9])", r" \1\2"),
    (" ([1-9])十", r" \10"),
    (" 十([1-9])", r" 1\1"),
    (" 十", " 10"),
)


def same_numbers_and_negations(left: Texts, right: Texts) -> npt.NDArray[np.bool_]:
    """bool[pairs]: whether two matching views hold the same numbers in the same order and as many negations.

    Both are matching views (`washplant.text.view`), in which punctuation inside numbers is kept apart. Chinese numerals
    are numbers where a unit, 第 or 分之 says so, and equal Arabic ones up to 99: 三天 and 3天 are the same, 一年 and 两年 not.
    """
    a, b = as_strings(left), as_strings(right)
    numbers = pc.equal(_numbers(a), _numbers(b))
    negations = pc.equal(pc.count_substring_regex(a, _NEGATION), pc.count_substring_regex(b, _NEGATION))
    return np.asarray(pc.fill_null(pc.and_(numbers, negations), False).to_numpy(zero_copy_only=False))


def _numbers(views: pa.StringArray) -> pa.StringArray:
    """The numbers of each text, in order, as text."""
    found = pc.replace_substring_regex(pc.replace_substring_regex(views, _NUMBER, _FOUND), _BETWEEN, " ")
    for numeral, digits in _ARABIC:
        found = pc.replace_substring_regex(found, numeral, digits)
    return found
