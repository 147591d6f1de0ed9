"""Lines and sentences that many texts share: candidates for a boilerplate list, counted over whole columns."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings

MIN_LENGTH, MAX_LENGTH = 6, 200  # characters: shorter ones are answers (可以, yes), longer ones no lines
COUNTED = pa.schema([("line", pa.string()), ("rows", pa.int64())])
_ENDS = r"[。！？!?～~\n]+|\.(?:\s+|$)"
_AROUND = " \t\r\u3000*_=—-"


def count_lines(texts: Texts) -> pa.Table:
    """`COUNTED`: every line and sentence of 6 to 200 characters, and in how many of the texts it stands."""
    array = as_strings(texts)
    parts = pc.split_pattern_regex(array.fill_null(""), _ENDS)
    lines = pc.utf8_trim(parts.flatten(), characters=_AROUND)
    length = pc.utf8_length(lines)
    fits = pc.and_(pc.greater_equal(length, MIN_LENGTH), pc.less_equal(length, MAX_LENGTH))
    found = pa.table({"row": pc.list_parent_indices(parts), "line": lines}).filter(fits)
    once = found.group_by(["row", "line"]).aggregate([])
    counted = once.group_by("line").aggregate([("line", "count")])
    return counted.select(["line", "line_count"]).rename_columns(COUNTED.names).cast(COUNTED)
