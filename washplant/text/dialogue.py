"""Scores of dialogues with several answers: what is said before the last answer is learnt as well.

A bad turn among good ones is no bad dialogue: people chat, send a bare link, ask for patience. So the troubles of earlier
answers count by their share of all that is said in answer. Two do not: an answer of 12 characters and more that repeats
itself, or that is no language at all, spoils the dialogue as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.text.ngrams import code_point_counts
from washplant.text.quality import SCORES, Judged, Texts, judge, judge_answers
from washplant.text.view import matching_view

SPOILING = ("repetition", "gibberish")
MIN_SPOILING = 12  # characters: 哈哈哈哈 and ???? are small talk in a chat


class Earlier(NamedTuple):
    """The answers before the last turns, in order: the row of each, the turn before it, and itself; no nulls."""

    owner: npt.NDArray[np.int64]
    question: pa.StringArray
    answer: pa.StringArray


def judge_dialogues(texts: Texts, earlier: Earlier) -> Judged:
    """`judge`, with the earlier answers counted: no score is less than it is without them."""
    judged = judge(texts)
    views = matching_view(earlier.question), matching_view(earlier.answer)
    every = np.ones(len(earlier.owner), dtype=bool)
    theirs = judge_answers(Texts(earlier.question, earlier.answer, *views, every))
    rows, owner = np.unique(earlier.owner, return_inverse=True)
    length = code_point_counts(earlier.answer)
    last = code_point_counts(texts.answer)[rows]
    total = np.maximum(last + np.bincount(owner, length, len(rows)), 1)
    for name in SCORES:
        score, ours = theirs[name], judged.scores[name]
        if name in SPOILING:
            np.maximum.at(ours, earlier.owner, np.where(length >= MIN_SPOILING, score, 0.0))
        else:
            share = (ours[rows] * last + np.bincount(owner, score * length, len(rows))) / total
            ours[rows] = np.maximum(ours[rows], share)
    return judged
