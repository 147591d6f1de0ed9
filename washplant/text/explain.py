"""What changed between two versions of a text, for people: marks for a terminal, brackets for everything else."""

from __future__ import annotations

from difflib import SequenceMatcher

_MAX = 4000  # characters: comparing longer texts takes more than a moment
_RED, _GREEN, _END = "\x1b[9;31m", "\x1b[32m", "\x1b[0m"


def changed(before: str, after: str, *, colour: bool) -> str:
    """The text with what went and what came marked: `[-gone-]{+come+}`, or in colours."""
    gone, come = ((_RED, _END), (_GREEN, _END)) if colour else (("[-", "-]"), ("{+", "+}"))
    if len(before) + len(after) > _MAX:
        return f"{gone[0]}{_shown(before[:_MAX])}{gone[1]}\n{come[0]}{_shown(after[:_MAX])}{come[1]}"
    pieces = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(before[a:b])
            continue
        if b > a:
            pieces.append(f"{gone[0]}{_shown(before[a:b])}{gone[1]}")
        if d > c:
            pieces.append(f"{come[0]}{_shown(after[c:d])}{come[1]}")
    return "".join(pieces)


def _shown(text: str) -> str:
    """With a sign for every character that shows nothing, because most of what is cut shows nothing."""
    return "".join(_sign(char) for char in text)


def _sign(char: str) -> str:
    if char == "\n":
        return "⏎\n"
    if char.isprintable():
        return char
    return "⇥" if char == "\t" else f"<U+{ord(char):04X}>"
