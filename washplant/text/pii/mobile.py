"""Mobile numbers of mainland China: eleven digits from 13 to 19, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import LONG_NUMBER, Kind
from washplant.text.pii.stretch import stretches

# How the digits are grouped when it is a mobile number; lists of quantities, dates and addresses look otherwise. Dots
# only in 3.4.4: 192.168.11.123 has eleven digits too, and 138.12345678 is a longitude.
_SPACED = ("3 4 4", "3 8", "7 4", "3 3 5", "4 3 4", "4 4 3", "5 6", "3 3 3 2", "3 4 2 2", "1 1 1 1 1 1 1 1 1 1 1")
_DOTTED = ("3 4 4",)
_SPACE, _DASH, _DOT = "[ ]{1,3}", "[ ]?-[ ]?", "[ ]?[.][ ]?"


def _form(groups: str, gap: str) -> str:
    """The pattern of one grouping; the separator is of one kind throughout."""
    return gap.join(rf"\d{{{size}}}" for size in groups.split())


_GROUPED = "|".join(
    [_form(groups, gap) for gap in (_SPACE, _DASH) for groups in _SPACED] + [_form(groups, _DOT) for groups in _DOTTED]
)
_NUMBER = rf"(?=1(?:{_SPACE}|{_DASH})?[3-9])(?:\d{{11}}|{_GROUPED})(?!\d)"
# +86, 0086 and (86) with or without a separator; a bare 86 only right before the number or with a dash.
_PREFIX = r"(?:[(]?(?:[+][ ]?|00)86[)]?[ .-]{0,3}|[(]86[)][ ]?|86-?)"
# Candidates are read in a look-ahead, so that a rejected one does not swallow the start of the next.
_CANDIDATE = re.compile(rf"(?<!\d)(?=({_PREFIX})?({_NUMBER}))")

_PREFIXED = re.compile(_PREFIX)
_CONTACT = re.compile(
    r"(?:tel|phone|telephone|mobile|mob|cell|call|dial|sms|wechat|weixin|wx|vx|v|qq|whatsapp|no|id|at|to|is|or|and|m|t|p)$",
    re.IGNORECASE,
)
_LETTERS_BEFORE = re.compile(r"[A-Za-z0-9]*[A-Za-z]$")
_CODE_AFTER = re.compile(r"[A-Za-z]+\d")
_AMOUNT_AFTER = re.compile(r"\.\d{1,2}(?!\d)")
_DECIMAL_BEFORE = re.compile(r"(?<!\d)\d{1,3}\.$")
_LIST_ITEM = re.compile(r"(?:^|[\n;；，,、:： ])[1-9]\d?\.$")
_CHAIN_BEFORE = re.compile(r"\d[\d .-]*[ .-]$")
_CHAIN_AFTER = re.compile(r"(?:[ .-]{1,3}\d+)+")
_CARD_DIGITS = range(15, 20)  # payment cards and resident numbers, written in groups
# Numbers of things may have eleven digits, too; a customer's account (户号, 账号) is often the mobile number itself.
_ORDER_BEFORE = re.compile(
    r"(?:(?:订|工|运|快递|物流|受理|业务)单|订|表|批次|批|流水|交易|序列|凭证|受理|合同|单|设备|追踪)"
    r"(?:编?号|号码|编码)[ ]?[:：是为#]?[ ]?$"
    r"|(?:order|ticket|tracking|serial|invoice|meter)(?: (?:no|number|id))?[ ]?[.:#]?[ ]?$",
    re.IGNORECASE,
)
_CONTEXT = 40  # characters looked at on either side


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of mobile numbers, prefix included, in a folded text.

    What stands before a candidate counts only from the end of the last span on, as if that were replaced already.
    """
    end = 0
    for begin, end_at in stretches(text):
        for match in _CANDIDATE.finditer(text, begin, end_at):
            start, stop = match.start(), match.end(2)
            if start >= end:
                before = text[max(end, start - _CONTEXT) : start]
                if _is_mobile(match[2], before, text[stop : stop + _CONTEXT]):
                    yield start, stop
                    end = stop


def _is_mobile(number: str, before: str, after: str) -> bool:
    if len(number) > 11:
        return not (_is_year(number) or _in_longer_number(number, before, after))
    return not (_is_code(before, after) or _is_decimal(number, before, after) or _ORDER_BEFORE.search(before))


def _is_year(number: str) -> bool:
    """Whether a grouped candidate begins like 1999-2000-123."""
    return number[1] in "89" and number[:4].isdigit() and not number[4].isdigit()


def _in_longer_number(number: str, before: str, after: str) -> bool:
    """Whether a grouped candidate is part of a card, account or order number written in groups."""
    left, right = _CHAIN_BEFORE.search(before), _CHAIN_AFTER.match(after)
    if not left and not right:
        return False
    if number[1] == " " or not number[3:5].startswith(" ") or "-" in number:
        return True
    digits = sum(map(str.isdigit, (left[0] if left else "") + (right[0] if right else "")))
    return digits + 11 in _CARD_DIGITS


def _is_code(before: str, after: str) -> bool:
    """Whether letters and digits around make it a code: DD13812345678, a hash, a file name."""
    if _CODE_AFTER.match(after):
        return True
    letters = _LETTERS_BEFORE.search(before)
    if not letters or _CONTACT.search(letters[0]):
        return False
    return letters[0].isupper() or any(map(str.isdigit, letters[0]))


def _is_decimal(number: str, before: str, after: str) -> bool:
    """Whether it is an amount (13812345678.50) or a fraction (3.14159265358); `1.138…` in a list is neither."""
    if _AMOUNT_AFTER.match(after):
        return True
    return bool(_DECIMAL_BEFORE.search(before)) and (number[:3] == "141" or not _LIST_ITEM.search(before))


def stand_in(found: str, draw: Draw) -> str:
    """Another number of the same spelling; no mobile number begins with 10, 11 or 12."""
    made = "1" + draw.one("012") + draw.digits(9)
    digits = iter(made)
    plain = fold(found).text
    prefix = _PREFIXED.match(plain)
    head = prefix.end() if prefix else 0
    return plain[:head] + "".join(next(digits, "") if char.isdigit() else char for char in plain[head:])


MOBILE = Kind("mobile", "[手机号]", {"number": LONG_NUMBER}, find, stand_in)
