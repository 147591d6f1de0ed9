"""Payment cards: 13 to 19 digits with a network's prefix and a check digit (ISO/IEC 7812-1, Luhn)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from washplant.text.fold import fold
from washplant.text.pii.draw import Draw
from washplant.text.pii.kind import LONG_NUMBER, Kind
from washplant.text.pii.stretch import stretches

# One separator throughout: groups of four, or a prefix of six.
_GROUPS = r"\d{4}([ -])\d{4}\2\d{4}\2\d{4}(?:\2\d{1,3}(?!\d))?|\d{6}([ -])\d{9,13}|\d{4}([ -])\d{6}\4\d{4,5}"
_CARD = re.compile(rf"(?<![\dA-Za-z])(?=(\d{{13,19}}|{_GROUPS})(?![\dA-Za-z]|\.\d))")
# UnionPay 62 and 60 (16 to 19), the old debit cards of ICBC 9558 (19), Visa 4, Mastercard 51-55 and 22-27, JCB 35, Discover 65
# (16), American Express 34 and 37 (15), Diners 36 and 38 (14).
_NETWORK = re.compile(r"6[02]\d{14,17}$|9558\d{15}$|(?:4|5[1-5]|2[2-7]|35|65)\d*(?<=^.{16})$|3[47]\d{13}$|3[68]\d{12}$")
_ORDER = re.compile(
    r"(?:单号?|编号|编码|流水号?|订单|工单|表号|户号|批次?号?|条码|序列号|单据|票号|代码|order|ticket|ref(?:erence)?|"
    r"tracking|serial|invoice|no|number|id|sn|imei)[a-z]*[ ]?[:：#是为]?[ ]?$",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(r"卡|card|账户|账号|开户", re.IGNORECASE)
_DECIMAL = re.compile(r"\d\.$")
_IN_URL = re.compile(r"[/=&?_%#][^\s\u3400-\u9fff]{0,20}$")
_CONTEXT = 24  # characters looked at before a number


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of card numbers in a folded text."""
    for begin, stop in stretches(text):
        end = begin
        for match in _CARD.finditer(text, begin, stop):
            number = re.sub(r"[ -]", "", match[1])
            if (
                match.start() >= end
                and is_card(number)
                and not _is_order(text[max(0, match.start() - _CONTEXT) : match.start()])
            ):
                end = match.end(1)
                yield match.start(), end


def is_card(number: str) -> bool:
    """Whether digits are a card's: a network's prefix with its length, and the check digit."""
    return bool(_NETWORK.match(number)) and luhn(number) and len(set(number)) > 1


def luhn(number: str) -> bool:
    """The check of ISO/IEC 7812-1."""
    total = sum(map(int, number[-1::-2])) + sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return total % 10 == 0


def _is_order(before: str) -> bool:
    """Whether what stands before says that it is another number, or part of an address on the web."""
    word = _ORDER.search(before)
    if _DECIMAL.search(before):
        return True
    if word:
        return not _CARD_WORD.search(before[max(0, word.start() - 6) :])
    return bool(_IN_URL.search(before))


def stand_in(found: str, draw: Draw) -> str:
    """Another number of the same spelling that begins with 0, as no card does."""
    return "0" + draw.like(fold(found).text[1:])


BANK_CARD = Kind("bank_card", "[银行卡号]", {"number": LONG_NUMBER}, find, stand_in)
