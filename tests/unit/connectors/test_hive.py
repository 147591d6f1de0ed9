"""Hive's plans over a stand-in catalogue: names, bounds, literals, positions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest

from connectors.hive import Hive, HiveOptions
from washplant.errors import ConfigError, InvariantError, SourceDataError, SourceSchemaError

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("at", pa.timestamp("us")),
        ("instant", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("amount", pa.decimal128(12, 2)),
        ("odd`name", pa.string()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
    ]
)


UNMASKED = "nullif(`text`, '__HIVE_DEFAULT_PARTITION__')"


@dataclass
class FakeCatalog:
    """Answers every aggregate with `highest` and keeps what it was asked."""

    highest: Any = None
    asked: list[str] = field(default_factory=list)

    def tables(self, database: str | None) -> list[str]:
        return ["crm.tickets", "crm.users"] if database == "crm" else []

    def schema(self, table: str) -> pa.Schema:
        return SCHEMA

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return [(self.highest,)]

    def databases(self) -> list[str]:
        return ["crm"]

    def exists(self, table: str) -> bool:
        return table in ("crm.tickets", "crm.users")

    def described(self, table: str) -> list[tuple[Any, ...]]:
        return [(field.name, str(field.type), None) for field in SCHEMA]

    def partitions(self, table: str) -> list[str]:
        return []

    def fingerprint(self, table: str, partition: Mapping[str, str | None]) -> str:
        raise NotImplementedError


def hive(catalog: FakeCatalog | None = None, **options: Any) -> Hive:
    given = {"kind": "hive", "table": "crm.tickets", **options}
    return Hive("tickets", HiveOptions.model_validate(given), catalog or FakeCatalog())


def test_whole_table() -> None:
    plan = hive(columns=["id", "odd`name"]).plan({})
    assert plan.spark_sql == "SELECT `id`, `odd``name` FROM `crm`.`tickets`"
    assert plan.schema == pa.schema([SCHEMA.field("id"), SCHEMA.field("odd`name")])
    assert (plan.splits, dict(plan.until), plan.statements) == ((), {}, (plan.spark_sql,))


def test_where_and_limit() -> None:
    plan = hive(where="dt = '2024' or true", columns="id").plan({}, limit=3)
    assert plan.spark_sql == "SELECT `id` FROM `crm`.`tickets` WHERE (dt = '2024' or true) LIMIT 3"


def test_columns_of_the_call_go_before_the_options() -> None:
    assert hive(columns=["text"]).plan({}, columns=("id",)).schema.names == ["id"]


@pytest.mark.parametrize(
    "column, last, highest, bound, asked",
    [
        ("at", "2024-01-01 00:00:00.5", "2024-01-02 00:00:00", "TIMESTAMP_NTZ '{}'", "cast(max(`at`) AS string)"),
        ("day", "2024-01-01", "2024-01-02", "DATE '{}'", "cast(max(`day`) AS string)"),
        ("id", 9, 10, "{}L", "max(`id`)"),
        ("amount", "9.50", "10.00", "cast('{}' AS decimal(12, 2))", "cast(max(`amount`) AS string)"),
        ("ratio", "9.5", "1.0E10", "cast('{}' AS double)", "cast(max(`ratio`) AS string)"),
        ("text", "a'b\\", "c", "'{}'", f"cast(max({UNMASKED}) AS string)"),
    ],
)
def test_bounds_are_inclusive_typed_and_keep_rows_without_a_value(
    column: str, last: Any, highest: Any, bound: str, asked: str
) -> None:
    catalog = FakeCatalog(highest)
    connector = hive(catalog, watermark={"column": column}, columns="id")
    first = connector.plan({})
    assert first.spark_sql and first.spark_sql.endswith(
        f" WHERE ((`{column}` <= {bound.format(shown(highest))}) OR `{column}` IS NULL)"
    )
    assert catalog.asked == [f"SELECT {asked} FROM `crm`.`tickets`"]
    assert json.loads(json.dumps(first.until)) == {"column": column, "value": highest}
    following = connector.plan({"column": column, "value": last})
    low, high = bound.format(shown(last)), bound.format(shown(highest))
    assert following.spark_sql and following.spark_sql.endswith(
        f" WHERE ((`{column}` >= {low} AND `{column}` <= {high}) OR `{column}` IS NULL)"
    )


def shown(value: Any) -> str:
    return {"a'b\\": "a\\'b\\\\", "1.0E10": "10000000000.0"}.get(value, str(value))


def test_an_instant_is_independent_of_the_sessions_zone() -> None:
    catalog = FakeCatalog(1_704_164_645_000_006)
    connector = hive(catalog, watermark={"column": "instant", "lag_s": 5}, columns="id")
    plan = connector.plan({"column": "instant", "value": 1_704_164_640_000_000})
    assert "`instant` >= TIMESTAMP '2024-01-02 03:03:55.000000+00:00'" in str(plan.spark_sql)
    assert "`instant` <= TIMESTAMP '2024-01-02 03:04:05.000006+00:00'" in str(plan.spark_sql)
    assert catalog.asked == ["SELECT unix_micros(max(`instant`)) FROM `crm`.`tickets`"]


def test_lag_of_times_and_days() -> None:
    plan = hive(FakeCatalog("2024-01-02 00:00:00"), watermark={"column": "at", "lag_s": 60}).plan(
        {"column": "at", "value": "2024-01-01 00:00:30"}
    )
    assert "`at` >= TIMESTAMP_NTZ '2023-12-31 23:59:30'" in str(plan.spark_sql)
    plan = hive(FakeCatalog("2024-01-02"), watermark={"column": "day", "lag_s": 60}).plan(
        {"column": "day", "value": "2024-01-01"}
    )
    assert "`day` >= DATE '2023-12-31'" in str(plan.spark_sql)


def test_the_position_never_goes_back() -> None:
    since = {"column": "amount", "value": "10.00"}
    assert hive(FakeCatalog("9.00"), watermark={"column": "amount"}).plan(since).until == since
    since = {"column": "at", "value": "2024-01-01 00:00:00.5"}
    assert hive(FakeCatalog("2024-01-01 00:00:00.45"), watermark={"column": "at"}).plan(since).until == since


def test_a_table_whose_watermark_is_always_null_is_read_whole() -> None:
    plan = hive(FakeCatalog(None), watermark={"column": "at"}, columns="id").plan({})
    assert plan.spark_sql == "SELECT `id` FROM `crm`.`tickets`"
    assert plan.until == {}


def test_the_upper_bound_is_that_of_the_rows_read() -> None:
    catalog = FakeCatalog(7)
    hive(catalog, watermark={"column": "id"}, where="a or b").plan({})
    assert catalog.asked == ["SELECT max(`id`) FROM `crm`.`tickets` WHERE (a or b)"]


def test_limit_moves_no_watermark() -> None:
    since = {"column": "id", "value": 3}
    assert hive(FakeCatalog(7), watermark={"column": "id"}).plan(since, limit=2).until == since


@pytest.mark.parametrize(
    "options, what, step",
    [
        ({"table": "crm.ticket"}, "no such table", "did you mean crm.tickets?"),
        ({"table": "erp.tickets"}, "no such table", "no tables there"),
        ({"columns": ["texts"]}, "no column 'texts'", "did you mean text?"),
        ({"key": ["ids"]}, "no column 'ids'", "did you mean id?"),
        ({"watermark": {"column": "days"}}, "no column 'days'", "did you mean day?"),
        ({"watermark": {"column": "payload"}}, "cannot be of type binary", "choose"),
    ],
)
def test_names_that_are_not_there(options: dict[str, Any], what: str, step: str) -> None:
    with pytest.raises(SourceSchemaError, match=what) as caught:
        hive(**options).plan({})
    assert step in caught.value.next_step
    finding = hive(**options).check()[-1]
    assert not finding.ok and step in finding.next_step


def test_options_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match="lag_s"):
        hive(watermark={"column": "id", "lag_s": 5}).plan({})
    with pytest.raises(ConfigError, match="'at', now it is 'id'"):
        hive(watermark={"column": "id"}).plan({"column": "at", "value": "2024-01-01"})
    with pytest.raises(SourceDataError, match="NaN"):
        hive(FakeCatalog("NaN"), watermark={"column": "ratio"}).plan({})
    with pytest.raises(ValueError, match=r"database\.table"):
        hive(table="tickets")


def test_without_spark() -> None:
    connector = Hive("tickets", HiveOptions(kind="hive", table="crm.tickets"))
    with pytest.raises(ConfigError, match="no Spark session"):
        connector.plan({})
    assert not connector.check()[0].ok


def test_read_is_sparks() -> None:
    connector = hive()
    with pytest.raises(InvariantError):
        connector.read(connector.plan({}).splits, SCHEMA)  # type: ignore[arg-type]


def test_check_and_discover() -> None:
    assert all(finding.ok for finding in hive(FakeCatalog(7), key="id", watermark={"column": "id"}).check())
    assert [table.name for table in hive().discover()] == ["crm.tickets", "crm.users"]
    assert hive().discover()[0].columns[0].arrow == "int64"
