"""How good a question and its answer are to learn from: one score a trouble, 0 for none, up to 1.

Nothing is decided here: thresholds are the configuration's. Every score is computed for whole columns from character
counts; only rows that a cheap condition points at are looked at one by one. Code (`code.is_code`) has no troubles.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from washplant.text import repetition
from washplant.text.arrow import rows_where
from washplant.text.boilerplate import is_boilerplate
from washplant.text.characters import Counts, Kind, character_counts
from washplant.text.code import MAY_BE_CODE, has_code
from washplant.text.jaccard import jaccard
from washplant.text.language import LATIN, UNKNOWN, Names, script_language
from washplant.text.ngrams import code_point_counts
from washplant.text.phrases import fillers, phrases
from washplant.text.view import unspaced
from washplant.text.words import entries

SCORES = (
    "repetition",
    "symbols",
    "digits",
    "urls",
    "gibberish",
    "echo",
    "language_mismatch",
    "refusal",
    "low_information",
)
"""Every sample has all of them, in this order."""

Shares = npt.NDArray[np.float64]

MIN_PAIRS = 12  # pairs of letters: fewer are names, codes, brands
MIN_HAN = 12  # characters: fewer are names and places
MIN_RARE = 4
MIN_SYMBOLS = 8  # characters: shorter answers are formulas, times, e-mail addresses
MIN_DIGITS = 30  # characters: shorter answers are amounts, dates, numbers of orders and meters
MIN_MISMATCH = 20  # letters of the answer
_ECHO_LENGTHS = 0.6  # an echo is about as long as what it echoes
_MAX_QUESTION = 60  # characters
_CLOSED = r"[吗嘛么][？?\s]*$|是否|是不是|对不对|能不能|可不可以|行不行"
_MAX_PHRASE = 50  # characters of a view that is worth comparing with the phrase lists
_URL = r"(?i:https?://|www\.)\S"
_URLS = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。；！？）】]+", re.IGNORECASE)
# Who asks for another language gets it.
_TRANSLATION = (
    r"(?i)翻译|译[为成]|英[文语]|[日法德韩俄]语|[日法德韩]文|外语|中文|汉语|拼音|缩写"
    r"|translat|chinese|english|mandarin|pinyin|in \w+ese\b"
)
_ASKS = (
    r"吗|呢|什么|怎|如何|哪|几|多少|谁|为何|是否|能不能|可不可以|有没有"
    r"|(?i:how|what|when|where|why|who|which|can|do|does|is|are)"
)


class Texts(NamedTuple):
    """Question and answer of every row, not null, with their matching views; `judged`: whose answers are whole texts."""

    question: pa.StringArray
    answer: pa.StringArray
    question_view: pa.StringArray
    answer_view: pa.StringArray
    judged: npt.NDArray[np.bool_]


class Judged(NamedTuple):
    """The scores by name (float64[rows], 0 to 1) and the language of each row, by its longer text."""

    scores: dict[str, Shares]
    language: Names
    counts: Counts  # of the longer text


def judge(texts: Texts) -> Judged:
    """All scores of all rows. Answers that are labels (`judged` false) have no scores of their own."""
    asked, answered = character_counts(texts.question), character_counts(texts.answer)
    answered[~texts.judged] = 0
    scores = _scores(texts, asked, answered)
    unread = gibberish(asked)
    scores["gibberish"] = np.where(texts.judged, np.maximum(scores["gibberish"], unread), unread)
    _spare_code(texts, scores)
    ours, theirs = script_language(answered), script_language(asked)
    longer = asked.sum(axis=1) > answered.sum(axis=1)
    language = np.where((longer | (ours == UNKNOWN)) & (theirs != UNKNOWN), theirs, ours)
    return Judged(scores, language, np.where(longer[:, None], asked, answered))


def judge_answers(texts: Texts) -> dict[str, Shares]:
    """The scores of the answers alone: gibberish in a question is not counted."""
    scores = _scores(texts, character_counts(texts.question), character_counts(texts.answer))
    _spare_code(texts, scores)
    return scores


def _scores(texts: Texts, asked: Counts, answered: Counts) -> dict[str, Shares]:
    """The scores of the answers, those of code, too."""
    repeated = repetition.repeated_ngrams(pc.if_else(pa.array(texts.judged), texts.answer, ""))
    suspects = np.flatnonzero(repeated >= 0.2)
    repeated = np.maximum(repeated, repetition.repeated_sentences(texts.answer, suspects))
    repeated[rows_where(repetition.is_one_character(texts.answer))] = 1.0
    compact = unspaced(texts.answer_view)
    short = rows_where(pc.less_equal(pc.utf8_length(compact), _MAX_PHRASE))
    phrase = compact.take(pa.array(short))
    scores = {
        "repetition": repeated,
        "symbols": _share(answered, (Kind.PUNCTUATION, Kind.SYMBOL, Kind.BROKEN), MIN_SYMBOLS),
        "digits": _share(answered, (Kind.DIGIT,), MIN_DIGITS),
        "urls": _urls(texts.answer),
        "gibberish": gibberish(answered),
        "echo": _echoes(texts),
        "language_mismatch": _mismatches(texts, script_language(asked), script_language(answered), asked, answered),
        "refusal": _refusals(phrase, short, len(compact)),
        "low_information": _low_information(texts, answered, phrase, short),
    }
    for score in scores.values():
        score[~texts.judged] = 0.0
    return scores


def gibberish(counts: Counts) -> Shares:
    """How little a text looks like running text of any language: letters that never go together, Chinese without its
    frequent characters, rare characters, characters that stand for nothing.

    .5 is where real text ends: 65 % of the pairs of letters usual (99.9 % of real texts have 76 % and more), and 31 % of
    the Chinese characters frequent, 27 % in short texts (99 % of real texts have 47 %; random ones have 20 %).
    """
    characters = np.maximum(_characters(counts), 1)
    pairs = counts[:, Kind.PAIRS]
    unusual = np.where(pairs >= MIN_PAIRS, (1.0 - counts[:, Kind.USUAL_PAIRS] / np.maximum(pairs, 1)) / 0.7, 0.0)
    unusual *= counts[:, Kind.LATIN] >= 0.5 * characters  # a code or a URL in a sentence is no gibberish
    han = _han(counts)
    unusual *= han < 0.1 * characters  # pinyin beside its characters
    frequent = counts[:, Kind.HAN_FREQUENT] / np.maximum(han, 1)
    odd = np.where(han >= MIN_HAN, np.clip(1.0 - frequent / np.where(han < 24, 0.54, 0.62), 0.0, 1.0), 0.0)
    odd *= counts[:, Kind.LATIN] < 0.2 * characters  # lists of names with their spelling
    rare = np.where(han >= MIN_RARE, 1.6 * counts[:, Kind.HAN_RARE] / np.maximum(han, 1), 0.0)
    rare *= counts[:, Kind.KANA] == 0
    broken = np.where(characters >= MIN_RARE, 2.0 * counts[:, Kind.BROKEN] / characters, 0.0)
    worst: Shares = np.clip(np.maximum.reduce([unusual, odd, rare, broken]), 0.0, 1.0)
    return worst


def _characters(counts: Counts) -> npt.NDArray[np.int64]:
    """Characters but spaces and breaks."""
    return np.asarray(counts[:, : Kind.PAIRS].sum(axis=1) - counts[:, Kind.SPACE] - counts[:, Kind.BREAK], dtype=np.int64)


def _han(counts: Counts) -> npt.NDArray[np.int64]:
    return np.asarray(counts[:, Kind.HAN_FREQUENT : Kind.HAN_RARE + 1].sum(axis=1), dtype=np.int64)


def _share(counts: Counts, kinds: tuple[Kind, ...], least: int) -> Shares:
    characters = _characters(counts)
    share = counts[:, list(kinds)].sum(axis=1) / np.maximum(characters, 1)
    share[characters < least] = 0.0
    return np.asarray(share, dtype=np.float64)


def _urls(answer: pa.StringArray) -> Shares:
    """The share of characters in URLs."""
    shares = np.zeros(len(answer))
    rows = rows_where(pc.match_substring_regex(answer, _URL))
    for row, text in zip(rows.tolist(), answer.take(pa.array(rows, pa.int64())).to_pylist(), strict=True):
        shares[row] = sum(len(url) for url in _URLS.findall(text)) / len(text)
    return shares


def _echoes(texts: Texts) -> Shares:
    """Jaccard similarity of question and answer where both ask the same; an answer may well repeat a question's words."""
    asked, answered = code_point_counts(texts.question_view), code_point_counts(texts.answer_view)
    alike = (np.minimum(asked, answered) >= _ECHO_LENGTHS * np.maximum(asked, answered)) & (answered >= 4) & texts.judged
    rows = np.flatnonzero(alike)
    scores = np.zeros(len(asked))
    if not len(rows):
        return scores
    at = pa.array(rows)
    question, answer = texts.question_view.take(at), texts.answer_view.take(at)
    similar = jaccard(question, answer, 2)
    both = pc.equal(pc.count_substring_regex(question, _ASKS), pc.count_substring_regex(answer, _ASKS))
    scores[rows] = np.where(both.to_numpy(zero_copy_only=False), similar, np.minimum(similar, 0.5))
    return scores


def _mismatches(texts: Texts, asked: Names, answered: Names, ask_counts: Counts, counts: Counts) -> Shares:
    """1 where a question in one script has an answer in another, and did not ask for that."""
    letters = counts[:, Kind.LATIN : Kind.BROKEN].sum(axis=1)
    enough = np.where(answered == LATIN, letters >= MIN_MISMATCH, letters >= MIN_MISMATCH // 2)
    differs = (asked != answered) & (asked != UNKNOWN) & (answered != UNKNOWN) & enough & texts.judged
    # A question or an answer that has some of the other's script quotes names or words.
    differs &= ~((answered == LATIN) & ((ask_counts[:, Kind.LATIN] >= 2) | (_han(counts) >= 2)))
    differs &= ~((asked == LATIN) & (_han(ask_counts) > 0))
    rows = np.flatnonzero(differs)
    scores = np.zeros(len(asked))
    if len(rows):
        wanted = pc.match_substring_regex(texts.question.take(pa.array(rows)), _TRANSLATION)
        linked = pc.match_substring_regex(texts.answer.take(pa.array(rows)), r"^\s*(?:\S+://\S+|\S+@\S+|[A-Za-z0-9._/-]+)\s*$")
        scores[rows] = ~np.asarray(pc.or_(wanted, linked))
    return scores


def _refusals(phrase: pa.StringArray, short: npt.NDArray[np.int64], rows: int) -> Shares:
    """1 for an answer that is nothing but refusals (data/refusals.txt)."""
    scores = np.zeros(rows)
    hit = pc.match_substring_regex(phrase, phrases("refusals.txt").either)
    scores[short[rows_where(hit)]] = 1.0
    return scores


def _low_information(texts: Texts, counts: Counts, phrase: pa.StringArray, short: npt.NDArray[np.int64]) -> Shares:
    """1 for an answer without a letter or digit, of interjections or notices alone, or of nods where the question was
    open; .5 for a nod to any other question."""
    scores = np.zeros(len(texts.answer))
    letters = counts[:, [Kind.OTHER, Kind.DIGIT, *range(Kind.LATIN, Kind.BROKEN)]].sum(axis=1)
    scores[(letters == 0) & (_characters(counts) > 0)] = 1.0
    nods = short[rows_where(pc.match_substring_regex(phrase, fillers("interjections.txt")))]
    scores[nods] = np.where(np.asarray(is_open_question(texts.question.take(pa.array(nods)))), 1.0, 0.5)
    empty = pc.and_(
        pc.match_substring_regex(phrase, phrases("interjections.txt").whole),
        pc.less_equal(pc.utf8_length(phrase), 12),
    )
    scores[short[rows_where(empty)]] = 1.0
    scores[rows_where(is_boilerplate(texts.answer))] = 1.0
    return scores


def is_open_question(questions: pa.StringArray) -> pa.BooleanArray:
    """Whether a question asks how, what, when, …, which neither yes nor no answers; long texts may ask many things."""
    asks = pc.match_substring_regex(questions, "|".join(entries("question_words.txt")))
    closed = pc.match_substring_regex(questions, _CLOSED)
    return pc.and_(pc.and_not(asks, closed), pc.less_equal(pc.utf8_length(questions), _MAX_QUESTION))


def _spare_code(texts: Texts, scores: dict[str, Shares]) -> None:
    """No troubles for answers that are code, nor for what answers a question that shows code."""
    troubled = np.flatnonzero(np.maximum.reduce(list(scores.values())) > 0)
    at = pa.array(troubled)
    for column in (texts.answer, texts.question):
        maybe = troubled[rows_where(pc.match_substring_regex(column.take(at), MAY_BE_CODE))]
        for row, text in zip(maybe.tolist(), column.take(pa.array(maybe, pa.int64())).to_pylist(), strict=True):
            if has_code(text):
                for name in SCORES:
                    scores[name][row] = 0.0
