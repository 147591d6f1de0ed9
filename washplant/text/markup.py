"""HTML to text, only where there is real markup: `if a<b and c>d:`, `List<int>` and `<think>` are not."""

from __future__ import annotations

import html
import re
from html.entities import html5

_BREAKS = frozenset(
    "p div li tr h1 h2 h3 h4 h5 h6 ul ol dl dd dt table thead tbody tfoot blockquote pre section article header footer nav "
    "aside main form fieldset center address figure figcaption title option caption html head body".split()
)
_CELLS = frozenset(("td", "th"))
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i img ins kbd label link mark meta q ruby rt rp s samp small span strike "
    "strong sub sup tt u var wbr button input select textarea object embed iframe audio video source picture svg path canvas "
    "map area col colgroup time data base param script style noscript summary details o:p".split()
)
_VOID = frozenset(("br", "hr", "img", "wbr", "input", "meta", "link"))
_NAMES = _BREAKS | _CELLS | _INLINE | _VOID
# Prompts use these as their own tags (`<input>…</input>`), programs as type names: without attributes they are markup only
# beside markup that is beyond doubt.
_DOUBTFUL = frozenset(
    "address aside audio base button canvas caption code data details embed footer form head header input label link main map "
    "mark meta nav object option param path picture pre q s section select source summary svg time title u var video article "
    "body table cite figure i b a".split()
)

_ATTRIBUTE = r"[A-Za-z_:@v][\w:.@-]*+\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++)"
_REST = r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)"
_FLAG = r"(?:disabled|checked|selected|hidden|readonly|required|nowrap|noshade|controls|autoplay|loop|muted|async|defer|open)"
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
# "What does <br> do?": a tag that is talked about.
_MENTION = re.compile(r"[`\"”’」》]?\s?(?:标签|标记|元素|tags?\b|elements?\b)", re.IGNORECASE)

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def to_text(text: str) -> str:
    """Markup as text: line breaks for blocks and `<br>`, a space after cells, no scripts, styles, comments; entities decoded.

    An entity stays as it is where decoding would make new markup or a new entity of it: `&lt;br&gt;` talks about a tag,
    and a second reading must find nothing more to decode.
    """
    if "<" in text:
        text = _strip_tags(text)
    if "&" in text:
        text = _decode(text)
    return text


def _strip_tags(text: str) -> str:
    pieces: list[str] = []
    end = 0
    last = "\n"
    for start, stop, gap in _tags(text):
        if start < end:
            continue  # inside a script or a comment
        kept = text[end:start]
        last = kept[-1:] or last
        if gap == _SOFT_BREAK:
            gap = "" if last == "\n" else "\n"
        last = gap or last
        pieces += [kept, gap]
        end = stop
    return "".join(pieces) + text[end:]


def _tags(text: str) -> list[tuple[int, int, str]]:
    """(start, end, what stands in its place) of all real markup, in order; script, style and comment with their content."""
    found = [match for match in _TAG.finditer(text) if not match["name"] or match["name"].lower() in _NAMES]
    if not found:
        return []
    names = [(match["name"] or "").lower() for match in found]
    closed = {name for match, name in zip(found, names, strict=True) if match["close"]}
    paired = {name for match, name in zip(found, names, strict=True) if name in closed and not match["close"]}
    sure = any(map(_is_sure, found, names))
    ends = _Ends(text)
    tags = []
    for match, name in zip(found, names, strict=True):
        if match["comment"]:
            stop = ends.after("<!--", match.end())
            if stop:
                tags.append((match.start(), stop, ""))
        elif not name or match["attrs"] or _is_bare_tag(match, name, name in paired, sure):
            stop = ends.after(name, match.end()) if not match["close"] else 0
            tags.append((match.start(), stop or match.end(), _gap(name, bool(match["close"]))))
    return tags


class _Ends:
    """Where scripts, styles and comments end; one that never ends is looked for once only, so a text of openings is cheap."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._endless: set[str] = set()

    def after(self, name: str, start: int) -> int:
        """The offset behind the end of `name` at or after `start`; 0 when there is none or `name` needs none."""
        if name not in _ENDS or name in self._endless:
            return 0
        match = _ENDS[name].search(self._text, start)
        if match:
            return match.end()
        self._endless.add(name)
        return 0


def _is_sure(match: re.Match[str], name: str) -> bool:
    return bool(match["attrs"]) or (bool(name) and name not in _DOUBTFUL)


def _is_bare_tag(match: re.Match[str], name: str, paired: bool, sure: bool) -> bool:
    """Whether a known name between angle brackets, without attributes, is a tag here."""
    single = len(name) == 1
    if _MENTION.match(match.string, match.end()):
        return False
    if name in _DOUBTFUL and not (sure or (single and paired)):
        return False
    if single and not paired and name != "p":
        return False
    return bool(match["close"]) or paired or name in _VOID or not _is_word(match.string[max(match.start() - 1, 0) : match.start()])


def _is_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _gap(name: str, close: bool) -> str:
    if name in ("br", "hr"):
        return "\n"
    if name in _BREAKS:
        return "\n" if close else _SOFT_BREAK
    return " " if name in _CELLS and close else ""


def _decode(text: str) -> str:
    if not _ENTITY.search(text):
        return text
    decoded = _ENTITY.sub(lambda match: _character(match[0]), text)
    if _is_stable(decoded):
        return decoded
    return _ENTITY.sub(lambda match: match[0] if _character(match[0]) in "<>&" else _character(match[0]), text)


def _is_stable(text: str) -> bool:
    return not any(_character(match[0]) != match[0] for match in _ENTITY.finditer(text)) and not _tags(text)


def _character(entity: str) -> str:
    """What a known entity stands for; an unknown one is itself."""
    if entity[1] != "#" and entity[1:] not in html5:
        return entity
    return html.unescape(entity)
