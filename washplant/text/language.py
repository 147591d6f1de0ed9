"""Which language a text is in: by its script, and for Latin scripts by py3langid where it is installed."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from washplant.errors import SetupError
from washplant.text.arrow import Texts, as_strings
from washplant.text.characters import Counts, Kind

UNKNOWN = ""
LATIN = "latin"  # a Latin script, language not looked for
MIN_LETTERS = 20  # py3langid takes "Yes." for Kabyle: shorter texts keep the name of their script
MIN_HAN_SHARE = 0.2  # of letters: Chinese business text is full of product names and units in Latin letters
_KANA_SHARE = 0.1  # of Han and kana: a Japanese sentence always has kana, a Chinese one quotes a の at the most
_SCRIPTS = ("zh", "ja", "ko", "ru", "ar", LATIN)

Names = npt.NDArray[np.object_]


def script_language(counts: Counts) -> Names:
    """Per text `zh`, `ja`, `ko`, `ru`, `ar` or `latin` by its script, `""` where it has fewer than 2 letters of one.

    A text with a fifth of Han among its letters is Chinese (Japanese where a tenth of Han and kana is kana): one Han
    character says as much as a word of Latin letters.
    """
    han = counts[:, Kind.HAN_FREQUENT : Kind.HAN_RARE + 1].sum(axis=1)
    kana, hangul, latin = (counts[:, kind] for kind in (Kind.KANA, Kind.HANGUL, Kind.LATIN))
    letters = np.maximum(han + kana + hangul + latin + counts[:, Kind.CYRILLIC] + counts[:, Kind.ARABIC], 1)
    japanese = kana >= np.maximum(_KANA_SHARE * (han + kana), 1)
    chinese = han >= MIN_HAN_SHARE * letters
    amounts = np.stack(
        [
            np.where(chinese & ~japanese, letters, 0),
            np.where(japanese & (kana + han >= MIN_HAN_SHARE * letters), letters, 0),
            np.where(hangul >= MIN_HAN_SHARE * letters, hangul * 3, 0),
            counts[:, Kind.CYRILLIC],
            counts[:, Kind.ARABIC],
            latin,
        ]
    )
    best = amounts.argmax(axis=0)
    names: Names = np.array(_SCRIPTS, dtype=object)[best]
    names[amounts.max(axis=0) < np.where(best < 3, 1, 2)] = UNKNOWN
    return names


def languages(texts: Texts, counts: Counts) -> Names:
    """`script_language`, with `en`, `de`, … in place of `latin` for texts of 20 letters and more.

    Raises SetupError without py3langid (the extra `text`). About 13 k Latin texts a second; others cost nothing.
    """
    names = script_language(counts)
    rows = np.flatnonzero((names == LATIN) & (counts[:, Kind.LATIN] >= MIN_LETTERS))
    if len(rows):
        classify = _identifier().classify
        names[rows] = [classify(text)[0] for text in as_strings(texts).take(pa.array(rows)).to_pylist()]
    return names


@cache
def _identifier() -> Any:
    try:
        return importlib.import_module("py3langid")
    except ImportError as error:
        raise SetupError(
            "telling Latin languages apart needs py3langid, which is not installed",
            where="clean.quality.languages",
            next_step="pip install 'washplant[text]', or leave `languages` out",
        ) from error
