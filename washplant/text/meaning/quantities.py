"""Numbers, amounts and dates as they stand in matching views, and what they are worth.

一万二, 1.2万 and 12000 are one number; 半小时 and 30分钟 one time; 50%, 五成 and 百分之五十 one share.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

_NUMERALS = ("〇零", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九")
_DIGITS = {char: value for value, chars in enumerate(_NUMERALS) for char in chars}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "k": 1000}
_WORDS = {
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11},
    **{"twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18},
    **{"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80},
    **{"ninety": 90, "hundred": 100, "thousand": 1000},
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

# Unit: what it measures, and how much of it. Months and days do not convert into each other.
_UNITS: dict[str, tuple[str, Fraction]] = {
    unit: (kind, Fraction(factor))
    for kind, factor, units in (
        ("month", 12, "年 年度 year years yr yrs"),
        ("month", 3, "季度"),
        ("month", 1, "个月 個月 month months"),
        ("month of a year", 1, "月份 月"),
        ("day", 7, "周 週 星期 礼拜 个星期 个礼拜 week weeks"),
        ("day", 1, "天 日 day days"),
        ("workday", 1, "个工作日 工作日"),
        ("second", 3600, "小时 小時 个小时 钟头 个钟头 hour hours hr hrs h"),
        ("second", 900, "刻钟"),
        ("second", 60, "分钟 分鐘 minute minutes min mins"),
        ("second", 1, "秒 秒钟 second seconds"),
        ("clock", 1, "点 点钟 时"),
        ("yuan", 1, "元 块 块钱 圆 元钱 rmb yuan"),
        ("yuan", Fraction(1, 10), "角 毛 毛钱"),
        ("yuan", Fraction(1, 100), "分钱"),
        ("dollar", 1, "美元 dollar dollars usd"),
        ("ton", 1, "吨 噸 立方 立方米 方 ton tons"),
        ("litre", 1, "升 公升 l"),
        ("kwh", 1, "度 千瓦时 kwh"),
        ("metre", 1000, "公里 千米 km"),
        ("metre", 1, "米 m"),
        ("metre", Fraction(1, 100), "厘米 cm 公分"),
        ("metre", Fraction(1, 1000), "毫米 mm"),
        ("kilogram", 1, "公斤 千克 kg"),
        ("kilogram", Fraction(1, 2), "斤"),
        ("byte", 1, "mb 兆"),
        ("byte", 1024, "gb g"),
        ("share", Fraction(1, 10), "成"),
        ("share", Fraction(1, 100), "% 个百分点"),
        ("share", Fraction(1, 1000), "‰"),
        ("times", 1, "倍"),
        ("discount", 1, "折"),
        ("often", 1, "次 遍 回 time times"),
        ("pressure", 1, "兆帕 mpa"),
        ("degree", 1, "c 摄氏度"),
        ("person", 1, "人 口人 个人"),
        ("household", 1, "户 戶"),
        ("grade", 1, "级 級 档 階 阶"),
        ("floor", 1, "楼 层"),
        ("house", 1, "栋 幢 号楼"),
        ("unit", 1, "单元"),
        ("number", 1, "号 號"),
        ("age", 1, "岁"),
        ("issue", 1, "期"),
        ("piece", 1, "个 個 名 位 件 份 张 条 台 只 块表 笔 项 家 套 张卡 种 瓶 桶 箱 页 行"),
    )
    for unit in units.split()
}
_SMALL = r"[〇零一二两兩三四五六七八九十百千万萬亿億]"
_ONES = "[一二两兩三四五六七八九]"
_SURE = rf"(?:{_ONES}?十[一二三四五六七八九]|[二三四五六七八九]十|{_ONES}[百千万萬亿億]|十[万萬亿億])"
_SHORT = ("方", "块", "点", "时", "只", "行", "回")  # units behind Arabic digits alone: they begin too many words
_CHINESE_UNITS = "|".join(sorted((u for u in _UNITS if u > "\u2fff" and u not in _SHORT), key=len, reverse=True))
_LATIN_UNITS = "|".join(sorted((u for u in _UNITS if u.isascii() and u.isalpha()), key=len, reverse=True))
_ANY_UNIT = rf"(?:{_CHINESE_UNITS}|块|点|时|方|%|‰| ?(?:{_LATIN_UNITS})\b)"
_ARABIC = r"[-<>¥$€£第]*[0-9]+(?:[点时][0-9]+)*[十百千万萬亿億]*"
_HALF = r"(?:[个個]?半)?"
_QUANTITY = (
    rf"(?:{_ARABIC}[多余]?{_HALF}{_ANY_UNIT}?半?"
    rf"|第{_SMALL}+(?:{_CHINESE_UNITS})?"
    rf"|{_SURE}{_SMALL}*[多余]?{_HALF}(?:{_CHINESE_UNITS}|点|块)?半?"
    rf"|(?:{_SMALL}|半|[几幾数數])[个個]?半?(?:{_CHINESE_UNITS})半?"
    rf"|[二两兩三四五六七八九十][点块])"
)
_MONTH = (
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL = r"(?: ?(?:st|nd|rd|th)\b)?"
_DATE = (
    r"[0-9]{4}(?:[点至][0-9]{1,2}[点至][0-9]{1,2}|年[0-9]{1,2}月(?:[0-9]{1,2}[日号號]?)?)"
    r"|[0-9]{1,2}月[0-9]{1,2}[日号號]"
    rf"|{_SMALL}+月{_SMALL}+[日号號]"
    rf"|{_MONTH} ?[0-9]{{1,2}}{_ORDINAL}(?: ?[0-9]{{4}})?|\b[0-9]{{1,2}}{_ORDINAL} ?(?:of )?{_MONTH}(?: ?[0-9]{{4}})?"
)
_SHARE = rf"[百千万萬]分之(?:{_SMALL}+|[0-9]+(?:点[0-9]+)?)|{_SMALL}分之{_SMALL}|一半"
_SPELT = rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b(?: ?(?:{_LATIN_UNITS})\b)?"
PATTERN = f"(?:{_DATE}|{_SHARE}|{_QUANTITY}+|{_SPELT})"
"""RE2 for all that `quantities` reads, in a view whose digits are parted from Latin letters by a space."""

_ONE = re.compile(
    rf"(?P<sign>[-<>¥$€£第]*)(?P<number>[0-9]+(?:[点时][0-9]+)*[十百千万萬亿億]*|{_SMALL}+|半|[几幾数數])(?P<more>[多余]?)"
    rf"(?P<half>(?:[个個]?半(?=.)|(?=$))?)(?P<unit>{_ANY_UNIT})?(?P<after>半?)"
)
_CURRENCY = {"¥": "yuan", "$": "dollar", "€": "euro", "£": "pound"}


class Quantity(NamedTuple):
    """`value` as text, exact; `kind`: what is measured, empty where the text does not say; `date`: whether it is one."""

    value: str
    kind: str
    date: bool = False


@lru_cache(maxsize=1 << 16)
def quantities(text: str) -> tuple[Quantity, ...]:
    """What one match of PATTERN says: neighbouring parts of one measure are summed (2小时30分钟)."""
    date = _date(text)
    if date:
        return (date,)
    if text == "一半":
        return (Quantity(str(Fraction(1, 2)), "share"),)
    if "分之" in text:
        below, above = text.split("分之")
        return (Quantity(str(_number(above) / _number(below)), "share"),)
    found: list[tuple[Fraction | None, str, str]] = []
    for part in _ONE.finditer(_english(text)):
        value, kind, sign = _measured(part)
        if kind == "piece" and part["number"] == "一":
            continue  # 一个问题 is "a problem"
        if found and value is not None and found[-1][0] is not None and found[-1][1:] == (kind, sign) and kind in _SUMMED:
            value += found.pop()[0] or 0
        found.append((value, kind, sign))
    return tuple(Quantity(sign + ("some" if value is None else str(value)), kind) for value, kind, sign in found)


_SUMMED = ("month", "day", "second", "yuan", "metre")


def _english(text: str) -> str:
    head, _, rest = text.partition(" ")
    return f"{_WORDS[head]} {rest}".strip() if head in _WORDS else text


def _measured(part: re.Match[str]) -> tuple[Fraction | None, str, str]:
    """(value, kind, sign and vagueness) of one number with its unit."""
    sign, unit = part["sign"], (part["unit"] or "").strip()
    kind, factor = _UNITS.get(unit, ("", Fraction(1)))
    for symbol, currency in _CURRENCY.items():
        if symbol in sign:
            kind, sign = currency, sign.replace(symbol, "")
    if part["number"] in "几幾数數":
        return None, kind, sign
    value = Fraction(1, 2) if part["number"] == "半" else _number(part["number"])
    if part["half"].endswith("半") or part["after"]:
        value += Fraction(1, 2)
    if kind == "month of a year" and part["number"] == "半":
        kind = "month"
    if unit == "月" and "个" in part["half"]:
        kind = "month"
    if kind == "discount" and value >= 10:
        value /= 10
    if "年" in unit and value >= 1000:
        kind, factor = "year", Fraction(1)
    return value * factor, kind, sign.replace("第", "#") + part["more"].replace("余", "多")


def _number(text: str) -> Fraction:
    """一万二, 1.2万, 12000, 二〇二四, 10点30."""
    digits = re.match(r"[0-9]+(?:[点时][0-9]+)*", text)
    if digits:
        whole, *parts = re.split("[点时]", digits[0])
        value = Fraction(f"{whole}.{''.join(parts)}") if parts else Fraction(whole)
        for char in text[digits.end() :]:
            value *= _SCALES[char]
        return value
    if all(char in _DIGITS for char in text):
        return Fraction(int("".join(str(_DIGITS[char]) for char in text)))
    total = section = Fraction(0)
    digit: Fraction | None = None
    last = 1
    for char in text:
        if char in _DIGITS:
            digit = Fraction(_DIGITS[char])
            last = 1 if _DIGITS[char] == 0 else last  # after 零 the next digit counts ones
            continue
        scale = _SCALES[char]
        if scale < 10**4:
            section += (1 if digit is None else digit) * scale
        else:
            total, section = (total + section + (digit or 0) or Fraction(1)) * scale, Fraction(0)
        digit, last = None, scale
    if digit is not None:
        section += digit * (last // 10 if last >= 100 else 1)  # 一万二 is 12000
    return total + section


def _date(text: str) -> Quantity | None:
    """A calendar date as year-month-day, what is not said left out."""
    month = re.search("|".join(_MONTHS), text) if re.search("[a-z]{3}", text) else None
    if month and re.search(_MONTH, text):
        numbers = re.findall("[0-9]+", text)
        day, year = numbers[0], numbers[1] if len(numbers) > 1 else ""
        return Quantity(f"{year}-{_MONTHS.index(month[0]) + 1}-{int(day)}", "date", True)
    if re.fullmatch(r"[0-9]{4}(?:[点至][0-9]{1,2}){2}|[0-9]{4}年[0-9]{1,2}月(?:[0-9]{1,2}[日号號]?)?", text):
        year, *rest = (int(part) for part in re.findall("[0-9]+", text))
        return Quantity("-".join(map(str, [year, *rest])), "date", True)
    if re.fullmatch(rf"(?:[0-9]{{1,2}}|{_SMALL}+)月(?:[0-9]{{1,2}}|{_SMALL}+)[日号號]", text):
        first, second = re.split("月", text[:-1])
        return Quantity(f"-{_number(first)}-{_number(second)}", "date", True)
    return None
