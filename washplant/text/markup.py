"""HTML to text, only where there is real markup: `if a<b and c>d:`, `List<int>` and `<think>` are not."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import NamedTuple

from washplant.text.words import table

_KINDS = table("html_tags.txt")
_KNOWN = frozenset().union(*_KINDS.values())
_BLOCK, _BREAK, _CELL, _VOID, _DOUBTFUL = (_KINDS[kind] for kind in ("block", "break", "cell", "void", "doubtful"))

_ATTRIBUTE = r"[A-Za-z_:@v][\w:.@-]*+\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++)"
_REST = r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)"
_FLAG = r"(?:disabled|checked|selected|hidden|readonly|required|nowrap|noshade|controls|autoplay|muted|async|defer|open)"
_TAG = re.compile(
    rf"(?P<comment><!--)|<!doctype\s[^<>]*+>"
    rf"|<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]*+(?::[a-z]++)?+)"
    rf"(?:\s*+/?+>|(?P<attrs>\s++(?:{_FLAG}\s++)*+{_ATTRIBUTE}){_REST}|(?:\s++{_FLAG})++\s*+/?+>)",
    re.IGNORECASE,
)
_ENDS = {
    "<!--": re.compile("-->"),
    "script": re.compile(r"</script\s*+>", re.IGNORECASE),
    "style": re.compile(r"</style\s*+>", re.IGNORECASE),
}
_SOFT_BREAK = "soft"  # a line break unless the line has just begun
_ROW = "tr"
_BETWEEN_CELLS = " | "
# "What does <br> do?": a tag that is talked about.
_MENTION = re.compile(r"[`\"”’」》]?\s?(?:标签|标记|元素|tags?\b|elements?\b)", re.IGNORECASE)

# The word, not in <html>, <!DOCTYPE html>, DTD HTML 4.01, index.html, text/html.
_ABOUT_HTML = re.compile(
    r"(?<![<./\w-])(?<!DOCTYPE )(?<!doctype )(?<!DTD )x?html5?(?![\w/.])"
    r"|(?<=[\u4e00-\u9fff])html|html5?(?=[\u4e00-\u9fff])|超文本",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9_]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def is_discussed(text: str) -> bool:
    """Whether the text itself is about HTML, so that its tags are what it talks about."""
    return bool(_ABOUT_HTML.search(text))


class _Tag(NamedTuple):
    """One match of _TAG; a comment and a doctype have no name (the comment's end is looked for later)."""

    start: int
    end: int
    comment: bool
    close: bool
    name: str
    attributes: bool


def strip_tags(text: str) -> str:
    """Line breaks for blocks and `<br>`, ` | ` between the cells of a row; scripts, comments and all other tags gone."""
    if "<" not in text:
        return text
    pieces: list[str] = []
    end = 0
    last = "\n"
    cells = False  # whether a cell of this row has begun
    for start, stop, name, close in _tags(text):
        if start < end:
            continue  # inside a script or a comment
        kept = text[end:start]
        last = kept[-1:] or last
        gap = _gap(name, close)
        pieces.append(kept)
        if name == _ROW:
            _trim(pieces)
            cells, gap = False, "\n" if pieces else ""
        if name in _CELL and not close:
            if cells:
                _trim(pieces)
                gap = _BETWEEN_CELLS
            cells, last = True, "\n"  # a paragraph that begins the cell begins no line
        elif gap == _SOFT_BREAK:
            gap = "" if last == "\n" else "\n"
        if name not in _CELL or close:
            last = gap or last
        pieces.append(gap)
        end = stop
    return "".join(pieces) + text[end:]


def _trim(pieces: list[str]) -> None:
    """Without the spaces and breaks at the end, which stand between two cells."""
    while pieces and (not pieces[-1] or pieces[-1].isspace()):
        pieces.pop()
    if pieces:
        pieces[-1] = pieces[-1].rstrip()


def _tags(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """(start, end, name, whether it closes) of all real markup, in order; scripts and comments with their content."""
    found = [_parse(match) for match in _TAG.finditer(text)]
    found = [tag for tag in found if not tag.name or tag.name in _KNOWN]
    closed = {tag.name for tag in found if tag.close}
    paired = {tag.name for tag in found if tag.name in closed and not tag.close}
    sure = any(tag.attributes or (tag.name and tag.name not in _DOUBTFUL) for tag in found)
    ends = _Ends(text)
    for tag in found:
        if tag.comment:
            stop = ends.after("<!--", tag.end)
            if stop:
                yield tag.start, stop, "", False
        elif not tag.name or tag.attributes or _is_bare_tag(tag, text, tag.name in paired, sure):
            stop = ends.after(tag.name, tag.end) if tag.name in _ENDS and not tag.close else 0
            yield tag.start, stop or tag.end, tag.name, tag.close


def _parse(match: re.Match[str]) -> _Tag:
    comment, close, name, attributes = match.groups("")
    return _Tag(*match.span(), bool(comment), bool(close), name.lower(), bool(attributes))


class _Ends:
    """Where scripts, styles and comments end; one that never ends is looked for once only: `<!--<!--<!--…` is cheap."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._endless: set[str] = set()

    def after(self, name: str, start: int) -> int:
        """The offset behind the end of `name` at or after `start`; 0 when there is none."""
        if name in self._endless:
            return 0
        match = _ENDS[name].search(self._text, start)
        if match:
            return match.end()
        self._endless.add(name)
        return 0


def _is_bare_tag(tag: _Tag, text: str, paired: bool, sure: bool) -> bool:
    """Whether a known name between angle brackets, without attributes, is a tag here."""
    single = len(tag.name) == 1
    if _MENTION.match(text, tag.end):
        return False
    if tag.name in _DOUBTFUL and not (sure or (single and paired)):
        return False
    if single and not paired and tag.name != "p":
        return False
    return tag.close or paired or tag.name in _VOID or not _WORD.match(text, max(tag.start - 1, 0))


def _gap(name: str, close: bool) -> str:
    if name in _BREAK:
        return "\n"
    if name in _BLOCK:
        return "\n" if close else _SOFT_BREAK
    return " " if name in _CELL and close else ""


def decode_entities(text: str) -> str:
    """Known entities decoded, once.

    Those for `<`, `>` and `&` stay where decoding would make new markup or a new entity: `&lt;br&gt;` talks about a
    tag, and a second reading must find nothing more to decode.
    """
    if "&" not in text or not _ENTITY.search(text):
        return text
    decoded = _ENTITY.sub(lambda match: _character(match[0]), text)
    if _is_stable(decoded):
        return decoded
    return _ENTITY.sub(lambda match: match[0] if _character(match[0]) in "<>&" else _character(match[0]), text)


def _is_stable(text: str) -> bool:
    return not any(_character(match[0]) != match[0] for match in _ENTITY.finditer(text)) and not any(_tags(text))


def _character(entity: str) -> str:
    """What a known entity stands for; an unknown one is itself."""
    if entity[1] != "#" and entity[1:] not in html5:
        return entity
    return html.unescape(entity)
