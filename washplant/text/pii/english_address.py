"""Addresses in English: a number, a street, and what stands around them (flat, town, postcode)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STREETS = "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Terrace|Crescent|Close"
_WITHIN = r"(?:Room|Flat|Apt|Apartment|Unit|Suite|Building|Bldg|Floor|Block|House)\.?[ ]?#?[0-9]{1,5}[A-Za-z]?"
_NUMBER = r"(?:No\.?[ ]?)?[0-9]{1,5}[A-Za-z]?"
_ADDRESS = re.compile(
    rf"(?<![0-9A-Za-z$#.-])(?:(?:{_WITHIN},?[ ]){{1,3}}(?:{_NUMBER},?[ ])?|{_NUMBER},?[ ])"
    rf"(?!Nowhere)(?:[A-Z][A-Za-z']{{1,20}}[ ]){{1,3}}(?:{_STREETS})\b\.?(?![ ][A-Z])"
    rf"(?:,?[ ](?:{_WITHIN}))?(?:,[ ]?[A-Z][A-Za-z]{{1,20}}(?:[ ][A-Z][A-Za-z]{{1,20}}){{0,2}}){{0,3}}"
    r"(?:,?[ ][A-Z]{0,2}[ ]?[0-9]{5,6}(?![0-9]))?"
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Spans of addresses in a folded text."""
    for match in _ADDRESS.finditer(text):
        yield match.span()


HINT = rf"[0-9][A-Za-z]?,? (?:[A-Z][A-Za-z']+ ){{1,3}}(?:{_STREETS})"
