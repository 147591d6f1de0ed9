"""The same rules as people write them first: one Python UDF a rule, called row by row, for `benchmarks.cleaning`."""

from __future__ import annotations

import re
from collections import Counter

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from washplant.text.boilerplate import rules, strip_text
from washplant.text.fold import fold
from washplant.text.normalise import normalise_text
from washplant.text.phrases import phrases
from washplant.text.pii import KINDS

_NOISE = re.compile(r"[\W_]+")
_WORD = re.compile(r"[A-Za-z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DANGLING = re.compile(r"(?:\.\.\.|…|[，,、：:])\s*$")


def as_udfs(samples: DataFrame) -> DataFrame:
    """Both turns masked, tidied, stripped; the answer judged; the matching view of both."""
    frame = samples.select(
        "id",
        F.col("messages")[0]["content"].alias("question"),
        F.col("messages")[1]["content"].alias("answer"),
    )
    for name in ("question", "answer"):
        for change in (_mask, _normalise, _mask, _boilerplate):
            frame = frame.withColumn(name, F.udf(change, "string")(F.col(name)))
    answer, question = F.col("answer"), F.col("question")
    return frame.withColumns(
        {
            "dead_end": F.udf(_dead_end, "boolean")(answer),
            "refusal": F.udf(_refusal, "boolean")(answer),
            "truncated": F.udf(_truncated, "boolean")(answer),
            "length": F.length(answer),
            "repetition": F.udf(_repetition, "double")(answer),
            "symbols": F.udf(_symbols, "double")(answer),
            "digits": F.udf(_digits, "double")(answer),
            "gibberish": F.udf(_gibberish, "double")(answer),
            "echo": F.udf(_echo, "double")(question, answer),
            "language": F.udf(_language, "string")(answer),
            "asked_language": F.udf(_language, "string")(question),
            "view": F.concat_ws("\n", F.udf(_view, "string")(question), F.udf(_view, "string")(answer)),
        }
    )


def _mask(text: str) -> str:
    """Kind after kind, each on what the one before has left."""
    for kind in KINDS.values():
        view = fold(text)
        for start, stop in reversed(list(kind.find(view.text))):
            first, last = view.span(start, stop)
            text = text[:first] + kind.placeholder + text[last:]
    return text


def _normalise(text: str) -> str:
    return normalise_text(text)


def _boilerplate(text: str) -> str:
    return strip_text(text, rules())


def _seen(text: str) -> str:
    return _NOISE.sub("", text).lower()


def _view(text: str) -> str:
    return _seen(text)


def _dead_end(text: str) -> bool:
    return bool(re.search(phrases("dead_ends.txt").either, _seen(text)))


def _refusal(text: str) -> bool:
    return bool(re.search(phrases("refusals.txt").either, _seen(text)))


def _truncated(text: str) -> bool:
    return bool(_DANGLING.search(text))


def _repetition(text: str) -> float:
    grams = Counter(text[i : i + 3] for i in range(len(text) - 2))
    return 1 - len(grams) / max(sum(grams.values()), 1)


def _symbols(text: str) -> float:
    return sum(not (char.isalnum() or char.isspace()) for char in text) / max(len(text), 1)


def _digits(text: str) -> float:
    return sum(char.isdigit() for char in text) / max(len(text), 1)


def _gibberish(text: str) -> float:
    words = _WORD.findall(text)
    return sum(not set(word.lower()) & set("aeiouy") for word in words) / max(len(words), 1)


def _echo(question: str, answer: str) -> float:
    one, two = ({text[i : i + 2] for i in range(len(text) - 1)} for text in (_seen(question), _seen(answer)))
    return len(one & two) / max(len(one | two), 1)


def _language(text: str) -> str:
    return "zh" if len(_HAN.findall(text)) * 5 >= len(text) else "latin"
