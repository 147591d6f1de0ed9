"""How texts are written, by the user's choice: width of letters and punctuation, script, emoji, repeated punctuation."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.errors import SetupError
from washplant.text.ngrams import code_point_counts, code_points

_WIDE_PUNCTUATION = "".join(map(chr, (*range(0xFF01, 0xFF10), *range(0xFF1A, 0xFF21), *range(0xFF3B, 0xFF41), 0xFF5B)))
_WIDE_PUNCTUATION += "\uff5c\uff5d\uff5e"
_TO_NARROW = {ord(wide): ord(wide) - 0xFEE0 for wide in _WIDE_PUNCTUATION}
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23fa]"
    "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u20e3]*(?:\u200d[\U0001f000-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]*)*"
    "|(?<=[0-9#*])\ufe0f?\u20e3"
)
_HAS_EMOJI = r"[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B50}\x{2B55}\x{231A}\x{231B}\x{23E9}-\x{23FA}\x{20E3}]"
_REPEATS = (
    (re.compile(r"([！!？?～~，,、；;：])\1+"), r"\1"),
    (re.compile(r"。{2,}|…{3,}"), "……"),
    (re.compile(r"\.{4,}"), "..."),
)
_HAS_REPEATS = r"！！|!!|？？|\?\?|～～|~~|，，|,,|、、|；；|;;|：：|。。|………|\.\.\.\."
_TABLE_SIZE = 0x20000


@dataclass(frozen=True)
class Policy:
    """See `washplant.config.clean.TextOptions`, whose fields these are."""

    width: str = "letters"
    simplified: bool = False
    emoji: str = "keep"
    punctuation: str = "keep"

    def may_change(self, array: pa.StringArray) -> pa.BooleanArray:
        """A necessary condition for `rewrite` to change a text."""
        patterns = []
        if self.width == "all":
            patterns.append(r"[\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF20}\x{FF3B}-\x{FF40}\x{FF5B}-\x{FF5E}]")
        if self.emoji == "remove":
            patterns.append(_HAS_EMOJI)
        if self.punctuation == "squeeze":
            patterns.append(_HAS_REPEATS)
        found = pc.match_substring_regex(array, "|".join(patterns) or r"\z.")
        return pc.or_(found, pa.array(_has_traditional(array))) if self.simplified else found

    def rewrite(self, text: str) -> str:
        """One text of prose as the policy wants it. Raises SetupError when it needs OpenCC and that is missing."""
        if self.simplified:
            text = _converter().convert(text)
        if self.emoji == "remove":
            text = _EMOJI.sub("", text)
        if self.width == "all":
            text = text.translate(_TO_NARROW)
        if self.punctuation == "squeeze":
            for pattern, once in _REPEATS:
                text = pattern.sub(once, text)
        return text


DEFAULT = Policy()


def _has_traditional(array: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Whether a text has a character that OpenCC changes."""
    hit = np.flatnonzero(_traditional()[np.minimum(code_points(array), _TABLE_SIZE - 1)])
    ends = np.cumsum(code_point_counts(array))
    found = np.zeros(len(array), dtype=bool)
    found[np.searchsorted(ends, hit, side="right")] = True
    return found


def simplified_point(point: int) -> int:
    """A character's simplified form, as a code point. Raises SetupError without OpenCC."""
    if not (0x3400 <= point < 0xA000 or 0xF900 <= point < 0xFB00):
        return point
    simple: str = _converter().convert(chr(point))
    return ord(simple) if len(simple) == 1 else point


@lru_cache(maxsize=1)
def _traditional() -> npt.NDArray[np.bool_]:
    table = np.zeros(_TABLE_SIZE, dtype=bool)
    for point in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00)):
        table[point] = simplified_point(point) != point
    return table


@cache
def _converter() -> Any:
    try:
        return importlib.import_module("opencc").OpenCC("t2s")
    except ImportError as error:
        raise SetupError(
            "turning traditional into simplified Chinese needs OpenCC, which is not installed",
            where="clean.text.simplified, clean.sensitive",
            next_step="pip install 'washplant[text]', or leave `simplified` and `sensitive` out",
        ) from error
