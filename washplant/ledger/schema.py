"""Tables of the ledger and the steps from one schema version to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR
from sqlalchemy.exc import IntegrityError

from washplant.errors import LedgerError

SCHEMA_VERSION = 1

metadata = sa.MetaData()


def _text(length: int) -> sa.types.TypeEngine[str]:
    # MySQL compares names without case by default: `Tickets` and `tickets` would be one source.
    exact = VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


# Lengths are bounded because MySQL indexes at most 3072 bytes of utf8mb4 text.
_NAME = _text(255)

meta = sa.Table(
    "washplant_meta", metadata, sa.Column("name", _NAME, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
runs = sa.Table(
    "washplant_runs",
    metadata,
    sa.Column("stage", _text(64), primary_key=True),
    sa.Column("name", _text(191), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
)
watermarks = sa.Table(
    "washplant_watermarks",
    metadata,
    sa.Column("source", _NAME, primary_key=True),
    sa.Column("position", sa.Text().with_variant(LONGTEXT(charset="utf8mb4"), "mysql", "mariadb"), nullable=False),
    sa.Column("run_id", _NAME, nullable=False),
)
locks = sa.Table(
    "washplant_locks",
    metadata,
    sa.Column("name", _NAME, primary_key=True),
    sa.Column("owner", _NAME, nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
)
push_intents = sa.Table(
    "washplant_push_intents",
    metadata,
    sa.Column("batch", _NAME, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("tasks", sa.Integer, nullable=False),
)

MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {}
"""`MIGRATIONS[n]` brings schema version n to n + 1."""


def prepare(engine: sa.Engine, where: str) -> None:
    """Make the tables, or bring older ones to this version. Raises LedgerError for a newer ledger.

    Another process may do the same at the same time, so what it has just made is no error.
    """
    inspector = sa.inspect(engine)
    for table in metadata.sorted_tables:
        if not inspector.has_table(table.name):
            with contextlib.suppress(IntegrityError), engine.begin() as connection:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    with contextlib.suppress(IntegrityError), engine.begin() as connection:
        if _version(connection) is None:
            connection.execute(meta.insert().values(name="schema_version", value=str(SCHEMA_VERSION)))
    with engine.begin() as connection:
        version = int(_version(connection) or SCHEMA_VERSION)
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger has schema version {version}, this washplant knows {SCHEMA_VERSION}",
                where=where,
                next_step="use the newer washplant that wrote it",
            )
        for step in range(version, SCHEMA_VERSION):
            MIGRATIONS[step](connection)
            connection.execute(meta.update().where(meta.c.name == "schema_version").values(value=str(step + 1)))


def _version(connection: sa.Connection) -> str | None:
    return connection.execute(sa.select(meta.c.value).where(meta.c.name == "schema_version")).scalar()
