"""What a person finds in a server of the sandbox: the water utility's tables, and a torture set of every type and key.

`python -m sandbox up` fills what it starts, once for each life of the data. Tests make tables of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa

from sandbox import seed, water
from sandbox.server import Facts


def seeder(name: str) -> Callable[[Facts], None] | None:
    """What fills the server `name`, given its facts; None for servers that hold no tables."""
    return _SEEDERS.get(name)


def _mysql(facts: Facts) -> None:
    import pymysql

    login = {"host": facts["host"], "port": facts["port"], "user": "etl", "database": facts["database"]}
    password = facts["users"]["etl"].encode()
    with closing(pymysql.connect(**login, password=password, autocommit=True)) as connection, connection.cursor() as cursor:
        for name in water.TABLES:
            found = water.table(name)
            columns = ", ".join(f"`{field.name}` {_declared(field, key=not i)}" for i, field in enumerate(found.schema))
            indexed = ", key (updated_at)" if "updated_at" in found.schema.names else ""
            cursor.execute(f"drop table if exists {name}")
            cursor.execute(f"create table {name} ({columns}{indexed}) character set utf8mb4")
            places = ", ".join(["%s"] * found.num_columns)
            cursor.executemany(f"insert into {name} values ({places})", [tuple(row.values()) for row in found.to_pylist()])
        for sql in seed.torture():
            cursor.execute(sql)


def _declared(field: pa.Field, *, key: bool) -> str:
    types = pa.types
    if types.is_string(field.type):
        return "varchar(40) primary key" if key else "text"
    kinds = ((types.is_int64, "bigint"), (types.is_boolean, "tinyint(1)"), (types.is_date, "date"))
    kind = next((kind for fits, kind in kinds if fits(field.type)), "datetime(6)")
    return f"{kind} primary key" if key else kind


def _hbase(facts: Facts) -> None:
    import happybase

    from sandbox import seed_hbase

    with closing(happybase.Connection(facts["host"], facts["port"], timeout=60_000)) as connection:
        for name in (*water.TABLES, "torture"):
            if name.encode() in connection.tables():
                connection.delete_table(name, disable=True)
        for name in water.TABLES:
            connection.create_table(name, {"cf": {}})
            found = water.table(name)
            key = found.schema.names[0]
            with connection.table(name).batch(batch_size=1_000) as batch:
                for row in found.to_pylist():
                    cells = {f"cf:{column}".encode(): str(cell).encode() for column, cell in row.items() if cell is not None}
                    batch.put(str(row[key]).encode(), cells)
        connection.create_table("torture", seed_hbase.TORTURE_FAMILIES)
        seed_hbase.torture(connection.table("torture"))


def _hive(facts: Facts) -> None:
    from pyhive import hive

    from sandbox import seed_hive

    with closing(hive.connect(facts["host"], facts["ports"]["NONE"], auth="NONE")) as connection:
        cursor = connection.cursor()
        cursor.execute("create database if not exists crm")
        cursor.execute("use crm")
        for name in water.TABLES:
            columns = ", ".join(f"`{field.name}` {_in_hive(field.type)}" for field in water.table(name).schema)
            cursor.execute(f"drop table if exists {name}")
            place = water.files(name)
            cursor.execute(f"create external table {name} ({columns}) stored as parquet location 'file://{place}'")
        if "CUSTOM" in facts["ports"]:  # Spark's server: the torture set is in its SQL
            for sql in seed_hive.torture():
                cursor.execute(sql)


def _in_hive(kind: pa.DataType) -> str:
    types = pa.types
    kinds = ((types.is_int64, "bigint"), (types.is_boolean, "boolean"), (types.is_date, "date"))
    if types.is_timestamp(kind):
        return "timestamp"
    return next((name for fits, name in kinds if fits(kind)), "string")


_SEEDERS: dict[str, Callable[[Facts], None]] = {
    "mariadb": _mysql,
    "mysql": _mysql,
    "hive": _hive,
    "hive4": _hive,
    "hbase": _hbase,
}
