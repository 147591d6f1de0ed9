"""What a reply looks like from outside: blank, cut off, a dead end; its length. Boolean arrays, null for null."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings
from washplant.text.phrases import phrases
from washplant.text.view import matching_view, unspaced
from washplant.text.words import entries

_MAX_DEAD_END = 60  # characters of the view: nobody stalls for longer, and long texts need no look
CUT_LENGTH = 12  # characters: shorter texts that end in a function word are answers, notes, names

_BLANK = r"^[\s\p{Z}\p{Cc}\p{Cf}]*$"
_TRAILING = r"[\s\p{Z}\p{Cc}\p{Cf}]*$"
_DANGLING = r"(?:\.\.\.|…|[，,、：:])" + _TRAILING
# The last bracket opened is not closed, and no sentence ended behind it. One pattern per kind: [0, 1) is closed enough.
_CLOSERS = "）)】\\]》」』〉}"
_OPEN_BRACKET = rf"[（(【\[《「『〈{{][^（(【\[《「『〈{{{_CLOSERS}。！？!?\n]*$"
_EMOTICON = r"[:=;8xX]['^-]?[(\[{]+" + _TRAILING
_OPEN_QUOTE = r"“[^“”。！？!?\n]*$"
_SAME_QUOTES = r"^[^“”]*(?:“[^“”]*“[^“”]*)*$"  # “你好“: typed with the opening mark on both sides


def length(texts: Texts) -> pa.Int32Array:
    """Characters (code points) per text."""
    return pc.utf8_length(as_strings(texts))


def is_blank(texts: Texts) -> pa.BooleanArray:
    """Whether there is nothing to read: no text, or only white space, control and zero-width characters."""
    return pc.match_substring_regex(as_strings(texts), _BLANK)


def is_truncated(texts: Texts) -> pa.BooleanArray:
    """Whether the text ends like a cut reply; precision first: `可以`, `60元`, a URL or an emoji is no cut.

    It ends in `...`, `…`, `，`, `、` or `：`; or with a bracket or quote that was opened and not closed; or it has at
    least 12 characters and ends in a Chinese word after which the sentence must go on (data/cut_endings.txt).
    """
    array = as_strings(texts)
    dangling = pc.match_substring_regex(array, _DANGLING)
    bracket = pc.and_not(pc.match_substring_regex(array, _OPEN_BRACKET), pc.match_substring_regex(array, _EMOTICON))
    quote = pc.and_not(pc.match_substring_regex(array, _OPEN_QUOTE), pc.match_substring_regex(array, _SAME_QUOTES))
    word = pc.and_(pc.match_substring_regex(array, _cut_ending()), pc.greater_equal(length(array), CUT_LENGTH))
    return pc.or_(pc.or_(dangling, bracket), pc.or_(quote, word))


def is_dead_end(texts: Texts) -> pa.BooleanArray:
    """Whether the whole text is a stall or a hand-over: one or several entries of data/dead_ends.txt, in any order."""
    return is_dead_end_view(matching_view(texts))


def is_dead_end_view(views: pa.StringArray) -> pa.BooleanArray:
    """`is_dead_end` of texts whose matching views are at hand."""
    views = unspaced(views)
    short = pc.less_equal(pc.utf8_length(views), _MAX_DEAD_END)
    return pc.and_(short, pc.match_substring_regex(pc.if_else(short, views, ""), phrases("dead_ends.txt").either))


@lru_cache(maxsize=1)
def _cut_ending() -> str:
    """RE2 has no look-behind, so `和 !柔` becomes "和, with anything but 柔 before it"."""
    words = []
    for line in entries("cut_endings.txt"):
        word, _, exceptions = line.partition("!")
        before = f"[^{''.join(exceptions.split())}]" if exceptions else ""
        words.append(before + re.escape(word.strip()))
    return f"(?:{'|'.join(words)}){_TRAILING}"
