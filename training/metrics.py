"""How close a generated answer is to the human one. By characters, so that Chinese and code are measured alike."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

LONGEST = 2000
"""Characters of an answer that ROUGE-L compares: its cost is the product of both lengths."""


def normalised(text: str) -> str:
    """NFKC without white space: full-width forms and line breaks are no differences."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def exact(answer: str, wanted: str) -> float:
    """1.0 when both say the same."""
    return float(normalised(answer) == normalised(wanted))


def char_f1(answer: str, wanted: str) -> float:
    """Harmonic mean of precision and recall over the multiset of characters (SQuAD's F1, by characters)."""
    ours, theirs = normalised(answer), normalised(wanted)
    common = sum((Counter(ours) & Counter(theirs)).values())
    if common == 0:
        return float(ours == theirs)
    return 2 * common / (len(ours) + len(theirs))


def rouge_l(answer: str, wanted: str) -> float:
    """F-measure of the longest common subsequence of characters (Lin 2004, β = 1)."""
    ours, theirs = normalised(answer)[:LONGEST], normalised(wanted)[:LONGEST]
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * _common_subsequence(ours, theirs) / (len(ours) + len(theirs))


def _common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    row = [0] * (len(right) + 1)
    for char in left:
        before = 0
        for index, other in enumerate(right, 1):
            above = row[index]
            row[index] = before + 1 if char == other else max(above, row[index - 1])
            before = above
    return row[-1]


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
