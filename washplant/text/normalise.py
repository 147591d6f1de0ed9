"""Repair and tidy a text without changing what it says; full-width punctuation stays (FIELD-NOTES §6).

Code is kept to the byte: a text that is code (`code.is_code`), fenced and inline code, blocks of code in prose. In all
other text, in order: mojibake, line ends, invisible characters, HTML to text, full-width letters and digits and what else
the policy asks for, runs of spaces, spaces around line breaks, runs of empty lines.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from washplant.text import code, markup, mojibake
from washplant.text.arrow import Texts, as_strings, map_rows, rows_where
from washplant.text.policy import DEFAULT, Policy

_CONTROLS = r"\u0000-\u0008\u000e-\u001f\u007f-\u009f"
_UNSEEN = r"\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
_JOINERS = r"\u200c\u200d"
_LINE_ENDS = r"\r\u000b\u000c\u0085\u2028\u2029"
_WIDE_SPACES = r"\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_WIDE_LETTERS = r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_SPECIAL = f"[{_CONTROLS}{_UNSEEN}{_JOINERS}{_LINE_ENDS}{_WIDE_SPACES}{_WIDE_LETTERS}\\t]"

# A necessary condition for every change below, checked by RE2 on whole columns: clean rows never reach Python.
_MAY_CHANGE = re.sub(
    r"\\u([0-9a-f]{4})",
    r"\\x{\1}",
    "|".join([_SPECIAL, r"  | \n|\n |\n\n\n|^[ \n]|[ \n]$|<[A-Za-z/!]|&[#A-Za-z]", mojibake.SUSPICIOUS]),
)

_HAS_SPECIAL = re.compile(_SPECIAL)
_LINE_END = re.compile(f"\\r\\n|[{_LINE_ENDS}]")
_INVISIBLE = re.compile(f"[{_CONTROLS}{_UNSEEN}]")
# A joiner keeps its place within an emoji (woman + joiner + laptop) and after letters that it shapes (Arabic to Khmer).
_EMOJI = r"\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u20e3\U0001f000-\U0001faff"
_SHAPED = r"\u0600-\u0dff\u1000-\u109f\u1780-\u17ff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}{_SHAPED}])\\u200d|(?<=[{_EMOJI}])\\u200d(?![{_EMOJI}])|(?<![{_SHAPED}])\\u200c")
_WIDE_LETTER = re.compile(f"[{_WIDE_LETTERS}]+")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF10, 0xFF5B)}

# Fences as in CommonMark (an open one runs to the end), but at any indentation; and code between backticks on one line.
_CODE = re.compile(
    r"(^[ \t]*```[^\n`]*\n(?:.*?^[ \t]*```[ \t]*\r?$|.*)|```[^\n]*?```|`[^`\n]+`)",
    re.MULTILINE | re.DOTALL,
)
_SPACE_RUN = re.compile(f"[ \\t{_WIDE_SPACES}]{{2,}}|[\\t{_WIDE_SPACES}]")
_AROUND_BREAK = re.compile(r" \n ?|\n ")
# Code without a fence and nested lists mean something by their indentation: then that at the start of lines stays.
_KEYWORD = (
    "def|class|for|while|if|elif|else|try|except|finally|with|async|function|public|private|static|void|int|float|var|let"
    "|const|switch|case|do|begin|select|struct|func|fn|import|from|return"
)
_INDENTED = re.compile(
    rf"^[ \t]*(?:{_KEYWORD})\b[^\n]*\n+[ \t]{{2,}}\S|[{{(\[:][ \t]*\n[ \t]{{2,}}[\x21-\x7e]"
    r"|\n(?:[ ]{2,}|\t)[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]",
    re.MULTILINE,
)
_TRAILING_SPACE = re.compile(r"[ \t]+(?=\n)")
_WIDE_SPACE = re.compile(f"[{_WIDE_SPACES}]")
_EMPTY_LINES = re.compile(r"\n{3,}")

_MAX_PASSES = 8


def normalise(texts: Texts, policy: Policy = DEFAULT) -> pa.StringArray:
    """The texts, tidied; nulls stay null; idempotent: `normalise(normalise(x)) == normalise(x)`.

    A row is worked on until it changes no more, because one repair may bring out the next (mojibake of mojibake). One
    that has not settled after 8 passes, which takes a text built for it, keeps its markup and entities.
    """
    array = as_strings(texts)
    may = pc.match_substring_regex(array, _MAY_CHANGE)
    if policy != DEFAULT:
        may = pc.or_(may, policy.may_change(array))
    return map_rows(array, rows_where(may), lambda text: normalise_text(text, policy))


def normalise_text(text: str, policy: Policy = DEFAULT) -> str:
    """One text, tidied."""
    if code.is_code(text):
        return text
    for html in (True, False):
        settled = _settle(text, html, policy)
        if settled is not None:
            return settled
    return text


def _settle(text: str, html: bool, policy: Policy) -> str | None:
    """`text` tidied until it changes no more; None when it does not settle."""
    for _ in range(_MAX_PASSES):
        before, text = text, _tidy(text, html, policy)
        if text == before:
            return text
    return None


def _tidy(text: str, html: bool, policy: Policy) -> str:
    """One pass."""
    html = html and ("<" in text or "&" in text) and not markup.is_discussed(text)
    parts = _CODE.split(text) if "`" in text else [text]  # prose and code in turn
    for at in range(0, len(parts), 2):
        within = code.parts(parts[at])
        within[::2] = [_tidy_prose(part, html, policy) for part in within[::2]]
        parts[at] = "".join(within)
    return "".join(parts).strip()


def _tidy_prose(text: str, html: bool, policy: Policy) -> str:
    if not text.isascii():
        text = mojibake.repair(text)
    special = bool(_HAS_SPECIAL.search(text))
    if special:
        text = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
        text = _STRAY_JOINER.sub("", text)
    was_markup = False
    if html:
        stripped = markup.strip_tags(text)
        was_markup = stripped != text  # the indentation of HTML source means nothing
        text = markup.decode_entities(stripped)
    if special and policy.width != "keep" and not text.isascii():
        text = _WIDE_LETTER.sub(lambda run: run[0].translate(_NARROW), text)
    if policy != DEFAULT:
        text = policy.rewrite(text)
    if not was_markup and ("\n " in text or "\n\t" in text) and _INDENTED.search(text):
        return _tidy_indented(text)
    if special or "  " in text or html:
        text = _SPACE_RUN.sub(" ", text)
    if "\n" in text:
        text = _EMPTY_LINES.sub("\n\n", _AROUND_BREAK.sub("\n", text))
    return text


def _tidy_indented(text: str) -> str:
    """Spaces and empty lines tidied, but for spaces within lines and the indentation of lines."""
    return _EMPTY_LINES.sub("\n\n", _TRAILING_SPACE.sub("", _WIDE_SPACE.sub(" ", text)))
