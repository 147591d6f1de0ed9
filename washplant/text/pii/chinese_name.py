"""Chinese names by the words around them: before a title (张先生), behind an introduction (我叫…), before a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from washplant.text.pii.name_words import HAN, NameWords, name_words

_BEFORE = 6  # Chinese characters looked at before a title
_BEHIND = 6  # and behind an introduction
_IS_HAN = re.compile(f"[{HAN}]+")
_COMPANY = re.compile(
    rf"[{HAN}]{{0,16}}?(?:公司|集团|银行|学校|大学|医院|超市|酒店|餐厅|物业|委员会|村委|中心|商行|经营部|厂|局)"
)


class _Patterns(NamedTuple):
    title: re.Pattern[str]
    strong: re.Pattern[str]
    weak: re.Pattern[str]
    contact: re.Pattern[str]
    surname: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    words = name_words()
    follows = r"[ ]?(?:[(][^()\n]{1,6}[)])?(?:[:：]|是|为|叫)?[ ]?"
    return _Patterns(
        re.compile(words.titles),
        re.compile(rf"(?:{words.strong}){follows}(?=[{words.initials}])"),
        re.compile(rf"(?:{words.weak})[:：]?[ ]?(?=[{words.initials}])"),
        re.compile(
            rf"(?:^|[，,、；;:：。\s|/])(?=[{words.initials}][{HAN}]{{1,3}}[，,、:： |/]{{0,2}}"
            r"(?:电话|手机号?|身份证号?|号码|联系方式)?[:：]?[ ]?[+(]?(?:\d[ ()-]{0,2}){10})"
        ),
        re.compile(rf"姓([{words.initials}])(?![{HAN}])"),
    )


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of Chinese names in a folded text, not in order; some may overlap."""
    patterns, words = _patterns(), name_words()
    for match in patterns.title.finditer(text):
        stop = match.start()
        if text[stop - 1 : stop] == " ":
            stop -= 1
        length = _before_title(_run_before(text, stop), words)
        if length:
            yield stop - length, stop
    for pattern, certain in ((patterns.strong, True), (patterns.weak, False), (patterns.contact, False)):
        for match in pattern.finditer(text):
            length = _behind(text, match.end(), words, certain)
            if length:
                yield match.end(), match.end() + length
    for match in patterns.surname.finditer(text):
        yield match.span(1)


def _run_before(text: str, stop: int) -> str:
    """The Chinese characters that end at `stop`, six at the most."""
    start = stop
    while start > max(stop - _BEFORE, 0) and _IS_HAN.match(text[start - 1]):
        start -= 1
    return text[start:stop]


def _before_title(run: str, words: NameWords) -> int:
    """How many of the last characters of a run before a title are a name; 0: none."""
    for length in range(min(4, len(run)), 1, -1):
        name, left = run[-length:], run[: len(run) - length]
        # 喜欢王明老师: any word may stand before, but none that ends with the surname (语文高老师)
        if left and left[-1] not in words.left and (name[0] not in words.common or left[-1] + name[0] in words.none):
            continue
        if _is_name(name, words) and (_looks_given(name, words) or (length == 3 and not left and name[0] in words.common)):
            return length
    alone = run[-1:]
    return int(bool(alone) and alone in words.common and run[-2:] not in words.none)


def _behind(text: str, at: int, words: NameWords, certain: bool) -> int:
    """How many characters from `at` on are a name; 0: none."""
    found = _IS_HAN.match(text, at, at + _BEHIND)
    if not found or (certain and _COMPANY.match(text, at)):
        return 0
    run = found[0]
    title = _patterns().title.search(text, at, at + _BEHIND + 2)
    if title:
        run = run[: title.start() - at]
    ends = [n for n in (4, 3, 2) if n == len(run) or (n < len(run) and run[n] in words.right)]
    if not run or (not certain and run[0] in words.rare):
        return 0
    likely = [n for n in ends if _is_name(run[:n], words) and _looks_given(run[:n], words)]
    if likely:
        return likely[0]
    if not certain:
        return 0
    if len(run) in ends and _is_name(run, words) and run[0] not in words.rare:
        return len(run)  # nothing but a name stands there: 姓名：王筱
    return next((n for n in (3, 2) if n < len(run) and _is_name(run[:n], words) and _looks_given(run[:n], words)), 0)


def _surname_length(name: str, words: NameWords) -> int:
    if name[:2] in words.compound:
        return 2
    return int(name[:1] in words.common or name[:1] in words.rare)


def _is_name(name: str, words: NameWords) -> bool:
    """Whether it has the form of a name and is no other word."""
    surname = _surname_length(name, words)
    if surname == 2 and len(name) == 2:
        return True
    if not surname or not 1 <= len(name) - surname <= 2 or name[:2] in words.none or name[-2:] in words.none:
        return False
    # 向李(经理): a word and a surname
    return not (len(name) == 2 and name[0] in words.rare and name[1] in words.common)


def _looks_given(name: str, words: NameWords) -> bool:
    """Whether all behind the surname are characters of given names."""
    return all(char in words.given for char in name[_surname_length(name, words) :])
