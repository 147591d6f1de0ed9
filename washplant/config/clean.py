"""The options of cleaning beside masking: texts, boilerplate, quality, sensitive words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from washplant.config.source import OneOrMany, Options, ShortForm
from washplant.errors import ConfigError
from washplant.text.words import entries

Share = Annotated[float, Field(ge=0, le=1)]


class WordList(Options):
    """A list of words: in a file, one a line, `#` begins a comment; or written here."""

    path: str | None = Field(default=None, description="the file, UTF-8; relative to the YAML")
    words: OneOrMany = Field(default=(), description="the words themselves; those of the file are added to them")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.path is None and not self.words:
            raise ValueError("a word list needs path or words")
        return self

    def relative_to(self, folder: Path) -> Self:
        """The list with its file read: the words are part of the configuration, so that a changed list makes rows stale.

        Raises ConfigError when the file cannot be read.
        """
        if self.path is None:
            return self
        file = folder / self.path
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"no readable word list: {error}", where=str(file), next_step="save it as UTF-8") from error
        lines = (line.split("#")[0].strip() for line in text.splitlines())
        return self.model_copy(update={"words": tuple(dict.fromkeys([*self.words, *filter(None, lines)]))})


BUILTIN = ("gambling", "forgery", "fraud")
"""Samples that are shipped (washplant/text/data/sensitive); named builtin:NAME where a file would be."""


def _list(value: object) -> object:
    """A name alone is a file; builtin:NAME is a shipped list, whose words become part of the configuration."""
    if not isinstance(value, str):
        return value
    kind, _, name = value.partition(":")
    if kind != "builtin":
        return {"path": value}
    if name not in BUILTIN:
        raise ValueError(f"no shipped list {name!r}; there are: {', '.join(BUILTIN)}")
    return {"words": entries(f"sensitive/{name}.txt")}


Words = Annotated[WordList, BeforeValidator(_list), ShortForm({"type": "string"})]
WordLists = tuple[Words, ...]


def _read(lists: WordLists, folder: Path) -> WordLists:
    return tuple(one.relative_to(folder) for one in lists)


class Thresholds(Options):
    """The score from which a row counts as troubled; null: never."""

    repetition: Share | None = Field(default=None, description="share of the answer's n-grams or sentences that repeat")
    symbols: Share | None = Field(default=None, description="share of punctuation and symbols among the answer's characters")
    digits: Share | None = Field(default=None, description="share of digits, in answers of 30 characters and more")
    urls: Share | None = Field(default=None, description="share of the answer's characters that are in URLs")
    gibberish: Share | None = Field(default=None, description="how little the question or the answer looks like running text")
    echo: Share | None = Field(default=None, description="similarity of the answer to its question")
    language_mismatch: Share | None = Field(default=None, description="1 where the answer is in another script than asked for")
    refusal: Share | None = Field(default=None, description="1 where the whole answer refuses or gives up: 不知道")
    low_information: Share | None = Field(
        default=None, description="1 where the answer has no words, or only nods at an open question; .5 for other nods: 好的"
    )


class Bounds(Options):
    """Bounds of a scorer's score; rows outside them are dropped."""

    min: float | None = Field(default=None, description="least score of a row that is kept")
    max: float | None = Field(default=None, description="greatest score of a row that is kept")


def _over(defaults: Mapping[str, float]) -> BeforeValidator:
    """What is named replaces its default; the others stay."""
    return BeforeValidator(lambda given: {**defaults, **given} if isinstance(given, dict) else given)


_TAG = {
    **{"repetition": 0.3, "symbols": 0.4, "digits": 0.5, "urls": 0.5, "gibberish": 0.4, "echo": 0.7},
    **{"language_mismatch": 1.0, "refusal": 1.0, "low_information": 0.5},
}
_DROP = {
    **{"repetition": 0.6, "symbols": 0.7, "digits": 0.8, "urls": 0.9, "gibberish": 0.5, "echo": 0.85},
    **{"language_mismatch": 1.0, "refusal": 1.0, "low_information": 1.0},
}


class QualityOptions(Options):
    """Scores that every row gets; from which of them on it is tagged, from which dropped."""

    tag: Annotated[Thresholds, _over(_TAG)] = Field(
        default=Thresholds(**_TAG), description="scores from which a row carries the score's name as a tag"
    )
    drop: Annotated[Thresholds, _over(_DROP)] = Field(
        default=Thresholds(**_DROP), description="scores from which a row is dropped"
    )
    languages: OneOrMany = Field(
        default=(),
        description="keep rows in these languages only (zh, en, ja, …); Latin ones are told apart by the extra `text`",
    )
    scorers: dict[str, Bounds] = Field(
        default_factory=dict, description="your own scorers by the name of their entry point (group washplant.scorers)"
    )


BOILERPLATE = ("footer", "quote", "device", "notice", "menu", "survey", "greeting", "closing", "signature", "filler")
BoilerplateKind = Literal[
    "footer", "quote", "device", "notice", "menu", "survey", "greeting", "closing", "signature", "filler"
]


class BoilerplateOptions(Options):
    """What is cut from the start and the end of texts; a text that is nothing else stays."""

    kinds: tuple[BoilerplateKind, ...] = Field(
        default=("footer", "quote", "device", "notice", "menu", "survey"),
        description="mail footers, quoted mails, `Sent from my …`, notices of the chat system, bot menus, requests to rate;"
        " also, when asked for: greeting, closing, signature, and filler (ASR's 嗯, um, anywhere in a text)",
    )
    lists: WordLists = Field(
        default=(), description="your own lines and sentences to cut, such as those that `washplant mine` has found"
    )

    def relative_to(self, folder: Path) -> Self:
        return self.model_copy(update={"lists": _read(self.lists, folder)})


class SensitiveOptions(Options):
    """Words that must not be learnt, by category; needs the extra `text`."""

    lists: dict[str, Words] = Field(
        default_factory=dict,
        description="a word list for each category: a file, words, or builtin:NAME (gambling, forgery, fraud: short samples)",
    )
    action: Literal["tag", "mask", "drop"] = Field(
        default="tag", description="tag: the row gets `sensitive:CATEGORY`; mask: the words become ＊; drop: the row goes"
    )

    def relative_to(self, folder: Path) -> Self:
        return self.model_copy(update={"lists": {name: one.relative_to(folder) for name, one in self.lists.items()}})


class TextOptions(Options):
    """How texts are written; what only repairs them is always done."""

    width: Literal["keep", "letters", "all"] = Field(
        default="letters",
        description="letters: full-width letters and digits become half-width; all: full-width punctuation does, too",
    )
    simplified: bool = Field(default=False, description="turn traditional Chinese into simplified; needs the extra `text`")
    emoji: Literal["keep", "remove"] = Field(default="keep", description="what becomes of emoji")
    punctuation: Literal["keep", "squeeze"] = Field(
        default="keep", description="squeeze: ！！！！ becomes ！, and 。。。。 becomes ……"
    )
