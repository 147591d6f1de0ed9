"""Tables of the ledger and the steps from one schema version to the next."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from washplant.errors import LedgerError

SCHEMA_VERSION = 1

metadata = sa.MetaData()
# Lengths are bounded because MySQL indexes at most 3072 bytes of utf8mb4 text.
_NAME = sa.String(255)

meta = sa.Table(
    "washplant_meta", metadata, sa.Column("name", _NAME, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
runs = sa.Table(
    "washplant_runs",
    metadata,
    sa.Column("stage", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(191), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
)
watermarks = sa.Table(
    "washplant_watermarks",
    metadata,
    sa.Column("source", _NAME, primary_key=True),
    sa.Column("position", sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb"), nullable=False),
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
    """Make the tables, or bring older ones to this version. Raises LedgerError for a newer ledger."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        found = connection.execute(sa.select(meta.c.value).where(meta.c.name == "schema_version")).scalar()
        if found is None:
            connection.execute(meta.insert().values(name="schema_version", value=str(SCHEMA_VERSION)))
            return
        version = int(found)
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger has schema version {version}, this washplant knows {SCHEMA_VERSION}",
                where=where,
                next_step="use the newer washplant that wrote it",
            )
        for step in range(version, SCHEMA_VERSION):
            MIGRATIONS[step](connection)
            connection.execute(meta.update().where(meta.c.name == "schema_version").values(value=str(step + 1)))
