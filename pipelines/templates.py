"""The YAML's templates as Spark columns."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from washplant.config.template import parse
from washplant.errors import ConfigError
from washplant.names import close_names


def column(template: str, schema: StructType, where: str) -> Column:
    """The text that a template gives for a row.

    A template that is one column alone is null where the column is; in a longer one a null gives no text.
    Raises ConfigError for a column that is not there.
    """
    parts = parse(template)
    if len(parts) == 1 and not parts[0][0] and parts[0][1]:
        return reference(parts[0][1], schema, where).cast("string")
    texts: list[Column] = []
    for literal, name in parts:
        if literal:
            texts.append(F.lit(literal))
        if name:
            texts.append(F.coalesce(reference(name, schema, where).cast("string"), F.lit("")))
    return F.concat(*texts) if texts else F.lit("")


def reference(name: str, schema: StructType, where: str) -> Column:
    """A column by its own name, or `source.column` of a joined source."""
    if name in schema.names:
        return F.col(f"`{name}`")
    source, _, inner = name.partition(".")
    if inner and source in schema.names and isinstance(joined := schema[source].dataType, StructType):
        if inner in joined.names:
            return F.col(f"`{source}`.`{inner}`")
        raise _unknown(inner, joined.names, f"{where} ({source})")
    raise _unknown(name, [known for known in schema.names if not known.startswith("_")], where)


def _unknown(name: str, known: Sequence[str], where: str) -> ConfigError:
    close = close_names(name, known)
    return ConfigError(
        f"no column {name!r}; known: {', '.join(known)}",
        where=where,
        next_step=f"did you mean {close[0]!r}?" if close else "name a column that the source has",
    )
