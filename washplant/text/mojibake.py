"""UTF-8 that somebody read as Latin-1 or Windows-1252 (`ä½ å¥½` for 你好), turned back where there is no doubt.

A latin1 column that holds UTF-8 is the usual source. Only runs of such characters are touched, so a half-broken text
keeps its good half; ftfy's wider guesses are not ours (FIELD-NOTES §6).
"""

from __future__ import annotations

import re

# Windows-1252's 0x80-0x9F; the five bytes it leaves undefined pass as C1 controls, as in browsers.
_CP1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_TO_BYTE = {ord(char): byte for byte, char in _CP1252.items()} | {point: point for point in range(0x80, 0x100)}
_HIGH = "".join(f"\\u{point:04x}" for point in sorted(_TO_BYTE) if point > 0xFF) + "\\u0080-\\u00ff"

SUSPICIOUS = r"[\u00c2-\u00f4][\u0080-\u00bf" + _HIGH.replace(r"\u0080-\u00ff", "") + "]"
_SUSPICIOUS = re.compile(SUSPICIOUS)
_RUN = re.compile(f"[{_HIGH}]{{2,}}")
_TWO_BYTE_PAIRS = 3  # Ð¿Ñ€Ð¸: one pair may be É®, three in a row are not


def repair(text: str) -> str:
    """`text` with every run of characters that is mis-read UTF-8 beyond doubt decoded again, as often as it was."""
    while _SUSPICIOUS.search(text):
        before, text = text, _RUN.sub(lambda run: _decode(run[0]), text)
        if text == before:
            break
    return text


def _decode(run: str) -> str:
    try:
        decoded = bytes(_TO_BYTE[ord(char)] for char in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
    wide = any(ord(char) >= 0x800 for char in decoded)
    latin = run[0] in "ÂÃ" and all(0xA0 <= ord(char) <= 0xFF for char in decoded) and len(run) == 2 * len(decoded)
    return decoded if wide or latin or len(decoded) >= _TWO_BYTE_PAIRS else run
