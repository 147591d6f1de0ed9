"""datatrove 0.10: its ftfy, e-mail and IP formatters and repetition filter; what it has no block for (HTML, spaces, phones,
length, share of symbols) as a user writes it in its own block classes. Needs datatrove's environment."""

import html
import re
import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import GopherRepetitionFilter, LambdaFilter
from datatrove.pipeline.formatters import FTFYFormatter, PIIFormatter
from datatrove.pipeline.formatters.base import BaseFormatter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter

PROCESSES = 2
TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
SPACES = re.compile(r"[ \t\u00a0\u3000]+")
MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


class Markup(BaseFormatter):
    """HTML out."""

    name = "markup"

    def format(self, text: str) -> str:
        return html.unescape(TAG.sub(" ", text))


class Tidy(BaseFormatter):
    """Spaces, and mobile numbers."""

    name = "tidy"

    def format(self, text: str) -> str:
        return MOBILE.sub("[PHONE]", SPACES.sub(" ", text).strip())


def is_long_enough(document) -> bool:
    return 4 <= len(document.text) <= 20_000


def is_text(document) -> bool:
    symbols = sum(not (char.isalnum() or char.isspace()) for char in document.text)
    return symbols <= 0.4 * len(document.text)


if __name__ == "__main__":
    source, out = sys.argv[1:]
    steps = [
        ParquetReader(source),
        FTFYFormatter(),
        Markup(),
        Tidy(),
        PIIFormatter(),
        LambdaFilter(is_long_enough),
        LambdaFilter(is_text),
        GopherRepetitionFilter(),
        ParquetWriter(f"{out}/result"),
    ]
    LocalPipelineExecutor(steps, tasks=PROCESSES, workers=PROCESSES, logging_dir=f"{out}/log").run()
