"""What stands at the start or the end of texts and is nobody's answer: footers, quoted mails, notices, menus, signatures.

The patterns are data (data/boilerplate_*.txt, a user's lists). Lines and sentences are cut from the outside inwards, as
long as each is boilerplate as a whole; a text that is nothing else stays as it is, for other rules to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from washplant.errors import ConfigError
from washplant.text.arrow import Texts, as_strings, map_rows, rows_where
from washplant.text.code import MAY_BE_CODE, is_code
from washplant.text.words import entries

KINDS = ("footer", "quote", "device", "notice", "menu", "survey", "greeting", "closing", "signature", "filler")
PRECISE = KINDS[:6]
"""What no answer says; the others are manners, which a company may want its model to learn."""

_LISTS = ("boilerplate_zh.txt", "boilerplate_en.txt")
# Where what goes on to the text's end may begin: a footer behind any sentence, a quoted mail on a line of its own.
_STARTS = {
    "footer": r"^|(?<=\n)[ \t>*]*|(?<=[。！？\n])|(?<=[.!?。！？] )",
    "quote": r"^|(?<=\n)[ \t>*]*",
}
# A line, or a sentence of it; 3.5 and e.g. end no sentence.
_UNIT = re.compile(r"[^\n。！？!?～~]*?(?:[。！？!?～~]+[”」』）)]*|\.(?=\s+[A-Z]|\s*(?:\n|$))|\n|$)[ \t]*\n*")
_AROUND = " \t\n\r。！？!?～~.，,、;；-—=_*·"
_MAX_UNIT = 600  # characters: a longer line is no boilerplate, and would only cost time
_MAX_UNITS = 12  # of a text that may be nothing else
_MAX_PASSES = 6
_CODE_MARK = "`"


@dataclass(frozen=True)
class Rules:
    """Compiled patterns. `may`: an RE2 pattern that every text with something to cut matches."""

    may: str
    whole: re.Pattern[str] | None
    to_the_end: re.Pattern[str] | None
    filler: re.Pattern[str] | None
    listed: frozenset[str]


@lru_cache(maxsize=16)
def rules(kinds: tuple[str, ...] = PRECISE, listed: tuple[str, ...] = ()) -> Rules:
    """The rules of these kinds, and a user's own lines and sentences. Raises ConfigError for an unknown kind."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ConfigError(f"unknown boilerplate: {', '.join(unknown)}", next_step=f"use {', '.join(KINDS)}")
    by_kind: dict[str, list[str]] = {}
    for name in _LISTS:
        for line in entries(name):
            kind, pattern = line.split(maxsplit=1)
            by_kind.setdefault(kind, []).append(pattern)
    whole = [pattern for kind in kinds if kind not in ("footer", "quote", "filler") for pattern in by_kind[kind]]
    rest = [f"(?P<{kind}>(?:{_STARTS[kind]})(?:{'|'.join(by_kind[kind])}))" for kind in ("footer", "quote") if kind in kinds]
    fillers = by_kind["filler"] if "filler" in kinds else []
    own = frozenset(filter(None, map(_key, listed)))
    may = [pattern for kind in kinds for pattern in by_kind[f"?{kind}"]]
    may += sorted({re.escape(key[:8]) for key in own})
    return Rules(
        may=f"(?i)(?:{'|'.join(may)})" if may else "",
        whole=re.compile(f"(?:{'|'.join(whole)})", re.IGNORECASE) if whole else None,
        to_the_end=re.compile("|".join(rest), re.IGNORECASE) if rest else None,
        filler=re.compile(
            f"(?P<before>^|[\\s，。！？,.!?])(?:(?:{'|'.join(fillers)})(?:[，,、…]+[ ]?|[ ](?=\\S)|\\.{{2,}}))+", re.IGNORECASE
        )
        if fillers
        else None,
        listed=own,
    )


def strip(texts: Texts, wanted: Rules | None = None) -> pa.StringArray:
    """The texts without their boilerplate; nulls stay null; never empty where there was text; idempotent."""
    array = as_strings(texts)
    chosen = wanted or rules()
    if not chosen.may:
        return array
    rows = rows_where(pc.match_substring_regex(array, chosen.may))
    return map_rows(array, rows, lambda text: strip_text(text, chosen))


def is_boilerplate(texts: Texts) -> pa.BooleanArray:
    """Whether a text is nothing but boilerplate of the precise kinds: a notice, a menu, a footer."""
    array = as_strings(texts)
    chosen = rules()
    found = np.zeros(len(array), dtype=bool)
    rows = rows_where(pc.match_substring_regex(array, chosen.may))
    for row, text in zip(rows.tolist(), array.take(pa.array(rows, pa.int64())).to_pylist(), strict=True):
        found[row] = _nothing_else(text, chosen)
    return pa.array(found)


def _nothing_else(text: str, chosen: Rules) -> bool:
    first = _UNIT.match(text)
    footer = chosen.to_the_end.match(text) if chosen.to_the_end else None
    if footer and footer["footer"]:
        return True
    if not first or not _is_boilerplate(first[0], chosen):
        return False  # most texts: no need to look at the rest
    end = chosen.to_the_end.search(text) if chosen.to_the_end else None
    units = units_of(text[: end.start()] if end and end["footer"] else text)[: _MAX_UNITS + 1]
    return len(units) <= _MAX_UNITS and all(_is_boilerplate(unit, chosen) for unit in units)


def strip_text(text: str, chosen: Rules) -> str:
    """One text without its boilerplate."""
    if _CODE_MARK * 3 in text or (re.search(MAY_BE_CODE, text) and is_code(text)):
        return text
    kept = text
    for _ in range(_MAX_PASSES):
        before, kept = kept, _once(kept, chosen)
        if not kept.strip(_AROUND):
            return before
        if kept == before:
            return kept
    return text  # one that does not settle was built for it


def _once(text: str, chosen: Rules) -> str:
    if chosen.to_the_end:
        match = chosen.to_the_end.search(text)
        if match and text[: match.start()].strip(_AROUND):
            text = text[: match.start()].rstrip(" \t\n>*-—_=")
    if chosen.whole or chosen.listed:
        text = _trimmed(text, chosen)
    if chosen.filler:
        spoken = chosen.filler.sub(lambda match: match["before"], text)
        text = spoken if spoken == text else spoken.lstrip(" ")
    return text


def _trimmed(text: str, chosen: Rules) -> str:
    """Without the units at both ends that are boilerplate."""
    units = units_of(text)
    first, last = 0, len(units)
    while first < last and _is_boilerplate(units[first], chosen):
        first += 1
    while last > first and _is_boilerplate(units[last - 1], chosen):
        last -= 1
    if not any(unit.strip(_AROUND) for unit in (*units[:first], *units[last:])):
        return text  # empty lines alone
    return "".join(units[first:last]).strip()


def units_of(text: str) -> list[str]:
    """The lines and sentences of a text with all their punctuation and breaks: joined, they are the text."""
    return [unit for unit in _UNIT.findall(text) if unit]


def _is_boilerplate(unit: str, chosen: Rules) -> bool:
    if len(unit) > _MAX_UNIT:
        return False
    inner = unit.strip(_AROUND)
    if not inner:
        return True  # a line of dashes between the text and its signature
    if chosen.listed and _key(unit) in chosen.listed:
        return True
    return bool(chosen.whole and chosen.whole.fullmatch(inner))


def _key(line: str) -> str:
    """The form in which lines are compared with a user's list."""
    return line.strip(_AROUND).casefold()
