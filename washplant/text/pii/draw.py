"""Keyed draws: the same key, kind and value give the same pseudonym in every run, and without the key nothing leads back.

HMAC-SHA256 (RFC 2104). No table of values and pseudonyms exists anywhere, so none can leak.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence

from washplant.text.fold import fold

_SAME = re.compile(r"[^0-9a-z\u3400-\u9fff@_]+")


class Draw:
    """An endless stream of draws that belongs to one value of one kind."""

    def __init__(self, key: bytes, kind: str, value: str) -> None:
        self._key, self._seed, self._count = key, f"{kind}\0{canonical(value)}".encode(), 0
        self._pool = 0
        self._bits = 0

    def below(self, top: int) -> int:
        """A number from 0 to top - 1; top is far below 2^32, so the bias of the remainder does not matter."""
        if self._bits < 32:
            block = hmac.new(self._key, self._seed + self._count.to_bytes(4, "big"), hashlib.sha256).digest()
            self._pool, self._bits, self._count = int.from_bytes(block, "big"), 256, self._count + 1
        word, self._pool, self._bits = self._pool & 0xFFFFFFFF, self._pool >> 32, self._bits - 32
        return word % top

    def one(self, of: Sequence[str]) -> str:
        """One of a few texts."""
        return of[self.below(len(of))]

    def digits(self, count: int) -> str:
        """So many decimal digits."""
        return "".join(self.one("0123456789") for _ in range(count))

    def like(self, text: str) -> str:
        """A text of the same form: digits for digits, letters for letters of the same case, the rest as it is."""
        return "".join(self._like(char) for char in text)

    def _like(self, char: str) -> str:
        if char.isdecimal():
            return self.one("0123456789")
        if char.isascii() and char.isalpha():
            letter = self.one("abcdefghjkmnpqrstuvwxyz")
            return letter.upper() if char.isupper() else letter
        return char


def canonical(value: str) -> str:
    """What is the same however it is written: width, case, spaces, dashes and +86 do not count."""
    plain = _SAME.sub("", unicodedata.normalize("NFKC", fold(value).text).lower())
    return plain[2:] if plain.isdecimal() and len(plain) == 13 and plain.startswith("86") else plain
