"""Tables for tests and benchmarks: every type and date that hurt a reader of MySQL, every kind of key, and a big one.

Statements only, so that any client may run them: `for sql in torture(): cursor.execute(sql)`.
"""

from __future__ import annotations

from collections.abc import Iterator

SESSION = "set session sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', names utf8mb4"
"""Zero and impossible dates are refused by a strict session; TIMESTAMP literals below are UTC."""

TORTURE_COLUMNS = {
    "id": "bigint unsigned not null primary key",
    "tiny1": "tinyint(1)",
    "tiny": "tinyint",
    "utiny": "tinyint unsigned",
    "usmall": "smallint unsigned",
    "umedium": "mediumint unsigned",
    "uint": "int unsigned",
    "zerofill": "int(8) zerofill",
    "big": "bigint",
    "ubig": "bigint unsigned",
    "dec10": "decimal(10,2)",
    "dec38": "decimal(38,10)",
    "dec65": "decimal(65,30)",
    "real4": "float",
    "real8": "double",
    "bit1": "bit(1)",
    "bit17": "bit(17)",
    "bit64": "bit(64)",
    "enum_": "enum('small','größe','中')",
    "set_": "set('a','b','中')",
    "json_": "json",
    "date_": "date",
    "datetime0": "datetime",
    "datetime6": "datetime(6)",
    "timestamp6": "timestamp(6) null",
    "time_": "time",
    "time6": "time(6)",
    "year_": "year",
    "bin": "binary(4)",
    "varbin": "varbinary(16)",
    "blob_": "blob",
    "text_": "text",
    "varchar_": "varchar(100)",
    "latin": "varchar(100) character set latin1",
    "latin_utf8": "varchar(100) character set latin1",
    "gbk": "varchar(100) character set gbk",
}

# One dictionary per row: SQL by column; what is left out is NULL.
_HIGH = {
    "id": "18446744073709551615",
    "tiny1": "5",
    "tiny": "127",
    "utiny": "255",
    "usmall": "65535",
    "umedium": "16777215",
    "uint": "4294967295",
    "zerofill": "42",
    "big": "9223372036854775807",
    "ubig": "18446744073709551615",
    "dec10": "99999999.99",
    "dec38": "9999999999999999999999999999.0123456789",
    "dec65": "12345678901234567890123456789012345.123456789012345678901234567891",
    "real4": "16777216",
    "real8": "0.1",
    "bit1": "b'1'",
    "bit17": "b'10000000000000001'",
    "bit64": "18446744073709551615",
    "enum_": "'中'",
    "set_": "'a,中'",
    "json_": """'{"k": ["中", 1.5, null]}'""",
    "date_": "'9999-12-31'",
    "datetime0": "'2025-02-28 23:59:59'",
    "datetime6": "'2025-03-30 02:30:00.000001'",
    "timestamp6": "'2025-10-26 01:30:00.999999'",
    "time_": "'838:59:59'",
    "time6": "'-00:00:00.000001'",
    "year_": "2155",
    "bin": "x'00ff0a00'",
    "varbin": "x'fffe00'",
    "blob_": "x'c3280027'",
    "text_": "'😀 it''s \\\\ \\n\\t 中文 \\0 end'",
    "varchar_": "'𠮷野家'",
    "latin": "'größe'",
    "latin_utf8": "x'e4b8ade69687'",
    "gbk": "'汉字'",
}
_LOW = {
    "id": "0",
    "tiny1": "0",
    "tiny": "-128",
    "utiny": "0",
    "big": "-9223372036854775808",
    "ubig": "9223372036854775808",
    "dec10": "-0.01",
    "dec38": "-0.0000000001",
    "dec65": "-0.000000000000000000000000000001",
    "real4": "0.1",
    "real8": "-1.7976931348623157e308",
    "bit1": "b'0'",
    "bit17": "0",
    "bit64": "0",
    "enum_": "'small'",
    "set_": "''",
    "json_": "'null'",
    "date_": "'1000-01-01'",
    "datetime0": "'1000-01-01 00:00:00'",
    "datetime6": "'9999-12-31 23:59:59.999999'",
    "timestamp6": "'1970-01-01 00:00:01'",
    "time_": "'-838:59:59'",
    "time6": "'12:34:56.5'",
    "year_": "0",
    "bin": "x''",
    "varbin": "x''",
    "blob_": "x''",
    "text_": "''",
    "varchar_": "''",
    "latin": "''",
    "latin_utf8": "''",
    "gbk": "''",
}
_NULLS = {"id": "2"}
_ZERO_DATES = {
    "id": "3",
    "tiny1": "1",
    "date_": "'0000-00-00'",
    "datetime0": "'0000-00-00 12:00:00'",
    "datetime6": "'2025-00-15 01:02:03.000004'",
    "timestamp6": "'0000-00-00 00:00:00'",
    "time_": "'00:00:00'",
}
_IMPOSSIBLE_DATES = {
    "id": "4",
    "date_": "'2025-02-31'",
    "datetime0": "'2025-01-00 00:00:00'",
    "datetime6": "'2024-02-29 00:00:00.000000'",
}


def torture(table: str = "torture") -> Iterator[str]:
    """One row of extremes each way, one of NULLs, one of zero dates, one of dates that no calendar has."""
    columns = ", ".join(f"`{column}` {declared}" for column, declared in TORTURE_COLUMNS.items())
    yield SESSION
    yield f"drop table if exists `{table}`"
    yield f"create table `{table}` ({columns})"
    for row in (_HIGH, _LOW, _NULLS, _ZERO_DATES, _IMPOSSIBLE_DATES):
        yield f"insert into `{table}` ({', '.join(f'`{c}`' for c in row)}) values ({', '.join(row.values())})"


ODD_TABLE = "工单 it's `odd`"
ODD_COLUMNS = ("the id", "it's", "列 `中`", "100%")


def keys(rows: int = 5_000) -> Iterator[str]:
    """A table per kind of key; `n` counts 1…rows in each, and some keys are hard to quote."""
    yield SESSION
    snowflake = "(1700000000000 + floor(seq / 7) * 40000000) << 22 | (seq % 7)"
    bodies = {
        "empty": ("id int primary key, n int, v text", None),
        "no_key": ("n int, v text", "seq, concat('v', seq)"),
        "int_key": ("id int primary key, n int, v text", "cast(seq as signed) * 2 - 5000, seq, concat('v', seq)"),
        "sparse_key": ("id bigint primary key, n int, v text", f"{snowflake}, seq, concat('v', seq)"),
        "string_key": (
            "id varchar(40) primary key, n int, v text",
            "concat(elt(1 + seq % 5, 'a', 'B', '中', '\\\\', ''''), lpad(seq, 6, '0'), '😀'), seq, concat('v', seq)",
        ),
        "latin_key": (
            "id varchar(40) character set latin1 primary key, n int, v text",
            "concat(elt(1 + seq % 4, 'a', 'ä', 'ß', 'ÿ'), lpad(seq, 6, '0')), seq, concat('v', seq)",
        ),
        "gbk_key": (
            "id varchar(40) character set gbk primary key, n int, v text",
            "concat(elt(1 + seq % 4, '一', '龥', '中', 'z'), lpad(seq, 6, '0'), '文'), seq, concat('v', seq)",
        ),
        "binary_key": ("id binary(16) primary key, n int, v text", "unhex(left(sha2(seq, 256), 32)), seq, concat('v', seq)"),
        "decimal_key": ("id decimal(20,3) primary key, n int, v text", "seq / 8 - 100, seq, concat('v', seq)"),
        "time_key": (
            "id datetime(6) primary key, n int, v text",
            "'2025-01-01' + interval seq * 1000001 microsecond, seq, concat('v', seq)",
        ),
        "composite_key": (
            "tenant int, code varchar(10), n int, v text, primary key (tenant, code)",
            "if(seq < 4000, 1, seq % 3 + 1), concat('c', seq), seq, concat('v', seq)",
        ),
        "unique_key": (
            "a int, id varchar(20) not null, n int, v text, unique (a), unique (id)",
            "seq, concat('u', seq), seq, concat('v', seq)",
        ),
    }
    for table, (columns, values) in bodies.items():
        yield f"drop table if exists `{table}`"
        yield f"create table `{table}` ({columns})"
        if values:
            yield f"insert into `{table}` select {values} from seq_1_to_{rows}"
        yield f"analyze table `{table}`"
    yield from _odd()


def _odd() -> Iterator[str]:
    table = ODD_TABLE.replace("`", "``")
    a, b, c, d = (column.replace("`", "``") for column in ODD_COLUMNS)
    yield f"drop table if exists `{table}`"
    yield f"create table `{table}` (`{a}` int primary key, `{b}` text, `{c}` text, `{d}` datetime, key (`{d}`))"
    yield f"insert into `{table}` values (1, 'it''s', '中', '2025-01-01'), (2, null, '`', '2025-01-02')"


def watermark(table: str, kind: str = "datetime(6)", *, indexed: bool = True) -> Iterator[str]:
    """1,000 rows of which ten share each microsecond, then five without a watermark and one with a zero date."""
    key = ", key (updated_at)" if indexed else ""
    yield SESSION
    yield f"drop table if exists {table}"
    yield f"create table {table} (id int primary key, updated_at {kind} null, v text{key})"
    at = "'2025-01-01' + interval floor(seq / 10) * 1000001 microsecond"
    yield f"insert into {table} select seq, {at}, concat('v', seq) from seq_1_to_1000"
    yield f"insert into {table} select 1000 + seq, null, 'late' from seq_1_to_1000 where seq <= 5"
    yield f"insert into {table} values (1006, '0000-00-00', 'zero')"
    yield f"analyze table {table}"


def tickets(rows: int, table: str = "tickets") -> Iterator[str]:
    """A support desk's table: ten columns, about 540 B a row, half of the text Chinese. Made by the server."""
    yield SESSION
    yield f"drop table if exists {table}"
    yield f"""create table {table} (
  id bigint primary key, tenant_id int not null, status varchar(16) not null, priority tinyint not null,
  amount decimal(12,2) not null, title varchar(200) not null, question text not null, answer text,
  created_at datetime not null, updated_at datetime(6) not null, key (updated_at))"""
    # In pieces, so that the undo log of one statement stays small.
    for first in range(1, rows + 1, 250_000):
        last = min(rows, first + 249_999)
        yield f"""insert into {table}
select seq * 4096 + seq % 7, seq % 50, elt(1 + seq % 4, 'open', 'pending', 'solved', 'closed'), seq % 5,
  (seq * 37 % 1000000) / 100, concat('Ticket ', seq, ' 退款申请 ', left(sha2(seq, 256), 32)),
  concat('订单 ', seq, repeat(' 用户反馈无法登录,页面一直转圈。', 3), left(sha2(seq, 256), 40), ' please help ',
    left(sha2(seq + 1, 256), 40)),
  if(seq % 20 = 0, null, concat('您好,', repeat('请尝试清除缓存后重新登录。', 3), left(sha2(seq + 2, 256), 40))),
  '2024-01-01' + interval seq second, '2024-01-01' + interval seq * 1000003 microsecond from seq_{first}_to_{last}"""
    yield f"analyze table {table}"
