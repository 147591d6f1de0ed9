"""Hive tables for tests and benchmarks: every type that HiveServer2 sends as text, partitions of every kind, snapshots, 拉链表.

Statements only, in the SQL that Spark and Hive share; they make tables in the database of the session.
"""

from __future__ import annotations

from collections.abc import Iterator

MIXED_COLUMNS = {
    "id": "bigint",
    "tenant": "int",
    "level": "smallint",
    "flag": "boolean",
    "ratio": "double",
    "score": "float",
    "amount": "decimal(12,2)",
    "day": "date",
    "at": "timestamp",
    "status": "string",
    "title": "string",
    "question": "string",
    "payload": "binary",
}
"""The benchmark's thirteen columns."""


def mixed(rows: int, table: str = "mixed", stored: str = "parquet") -> Iterator[str]:
    """A support desk's table of 13 mixed columns, about 220 B a row, half of the text Chinese, 5 % NULLs."""
    columns = ", ".join(f"{name} {kind}" for name, kind in MIXED_COLUMNS.items())
    yield f"drop table if exists {table}"
    yield f"create table {table} ({columns}) stored as {stored}"
    yield f"""insert into {table} select /*+ repartition(2) */
  id * 4096 + id % 7, cast(id % 50 as int), cast(id % 300 - 150 as smallint), id % 3 = 0, id / 7.0D, cast(id / 3.0D as float),
  cast((id * 37 % 1000000) / 100 as decimal(12,2)), date_add(date '2024-01-01', cast(id % 700 as int)),
  if(id % 20 = 3, null, timestamp '2024-01-01 00:00:00' + make_dt_interval(0, 0, 0, id + 0.000003)),
  element_at(array('open', 'pending', 'solved', 'closed'), cast(1 + id % 4 as int)),
  concat('Ticket ', id, ' 退款申请 ', id * 7919),
  if(id % 20 = 0, null, concat('订单 ', id, repeat(' 用户反馈无法登录,页面一直转圈。', 2))), encode(concat('b', id), 'utf-8')
  from range(1, {rows + 1})"""


TORTURE_COLUMNS = {
    "id": "int",
    "tiny": "tinyint",
    "small": "smallint",
    "big": "bigint",
    "flag": "boolean",
    "real4": "float",
    "real8": "double",
    "dec10": "decimal(10,2)",
    "dec38": "decimal(38,10)",
    "day": "date",
    "at": "timestamp",
    "char_": "char(4)",
    "varchar_": "varchar(20)",
    "text_": "string",
    "bin": "binary",
    "list_": "array<string>",
    "map_": "map<string,int>",
    "numbers": "map<int,decimal(10,2)>",
    "struct_": "struct<name:string,at:timestamp,inner:struct<day:date,real8:double,bin:binary>>",
    "deep": "array<map<string,array<struct<a:bigint,b:string>>>>",
}

_EMPTY_DEEP = "array(map('', array(named_struct('a', cast(0 as bigint), 'b', ''))))"
_TORTURE_ROWS = (
    "1, 127Y, 32767S, 9223372036854775807, true, float('0.1'), 0.1D, 99999999.99, 9999999999999999999999999999.0123456789,"
    " date '9999-12-31', timestamp '2025-10-26 01:30:00.999999', 'ab', '𠮷野家', '😀 it''s \\\\ \\n\\t \"中文\" {end}',"
    " unhex('00ff0a00'), array('a\"b', null, '', '中,[]'), map('k\"1', 1, '', null), map(-1, 0.50, 7, null),"
    " named_struct('name', '\"}', 'at', timestamp '1969-12-31 23:59:59.000001', 'inner',"
    " named_struct('day', date '0001-01-01', 'real8', double('NaN'), 'bin', unhex('00ff'))),"
    " array(map('x', array(named_struct('a', 9007199254740993, 'b', '\\\\u0041')), 'y', null), map())",
    "2, -128Y, -32768S, -9223372036854775808, false, float('-Infinity'), double('NaN'), -0.01, -0.0000000001,"
    " date '0001-01-01', timestamp '0001-01-01 00:00:00', '', '', '', unhex(''), array(), map(), map(),"
    f" named_struct('name', '', 'at', null, 'inner', null), {_EMPTY_DEEP}",
    f"3{', null' * (len(TORTURE_COLUMNS) - 1)}",
    "4, 0Y, 0S, 0, false, float('1e-45'), double('-Infinity'), 0, 0, date '1582-10-15', timestamp '1970-01-01 00:00:00',"
    " 'NULL', 'null', '\\\\N', encode('\\\\N', 'utf-8'), array(null), map('null', 0), map(0, 0),"
    " named_struct('name', null, 'at', null, 'inner', named_struct('day', null, 'real8', double('Infinity'), 'bin', null)),"
    " null",
)


def torture(table: str = "torture", stored: str = "parquet") -> Iterator[str]:
    """Extremes each way, NULL beside the empty string and the empty list, JSON's own characters in nested text."""
    columns = ", ".join(f"`{name}` {kind}" for name, kind in TORTURE_COLUMNS.items())
    yield f"drop table if exists {table}"
    yield f"create table {table} ({columns}) stored as {stored}"
    for row in _TORTURE_ROWS:
        yield f"insert into {table} select {row}"


FORMATS = ("textfile", "orc", "parquet", "avro")


def partitioned(table: str = "parts", stored: str = "parquet", rows: int = 1000) -> Iterator[str]:
    """`id` 1…rows over (dt date, city string) with a Chinese name, one to be escaped, and both default partitions."""
    yield f"drop table if exists {table}"
    yield f"create table {table} (id int, v string) partitioned by (dt date, city string) stored as {stored}"
    yield "set hive.exec.dynamic.partition.mode=nonstrict"
    yield f"""insert into {table} partition (dt, city) select cast(id as int), concat('文', id),
  if(id % 10 = 0, null, date_add(date '2025-01-01', cast(id % 3 as int))),
  element_at(array('福州', 'a/b=c it''s', 'x', null), cast(1 + id % 4 as int)) from range(1, {rows + 1})"""


def snapshots(table: str = "daily") -> Iterator[str]:
    """Two full daily copies: key 2 changed, 3 gone, 4 new; 1 stays."""
    yield f"drop table if exists {table}"
    yield f"create table {table} (id int, v string, tags map<string,int>) partitioned by (dt string) stored as orc"
    days = {
        "2025-01-01": ("1, 'one', map('a', 1)", "2, 'two', null", "3, null, null"),
        "2025-01-02": ("1, 'one', map('a', 1)", "2, '二', null", "4, 'four', map()"),
    }
    for day, rows in days.items():
        yield f"insert into {table} partition (dt='{day}') " + " union all ".join(f"select {row}" for row in rows)


def zipper(table: str = "zipper") -> Iterator[str]:
    """拉链表: key 1 changed on the 2nd, 2 closed on the 2nd for good, 3 never changed, 4 began on the 2nd."""
    yield f"drop table if exists {table}"
    yield f"create table {table} (id int, v string, start_date string, end_date string) stored as orc"
    yield f"""insert into {table} values (1, 'old', '2025-01-01', '2025-01-01'), (1, 'new', '2025-01-02', '9999-12-31'),
  (2, 'two', '2025-01-01', '2025-01-01'), (3, 'three', '2025-01-01', '9999-12-31'),
  (4, 'four', '2025-01-02', '9999-12-31')"""


ODD_TABLE = "工单_表"
ODD_COLUMNS = ("the id", "it's", "列 中", "100%")


def odd() -> Iterator[str]:
    """Names with spaces, quotes and Chinese, where Hive takes them: in columns; a table's name may be Chinese in Spark's."""
    a, b, c, d = (f"`{column}`" for column in ODD_COLUMNS)
    yield "drop table if exists odd_names"
    yield f"create table odd_names ({a} int, {b} string, {c} string, {d} timestamp) stored as parquet"
    yield "insert into odd_names values (1, 'it''s', '中', timestamp '2025-01-01 00:00:00'), (2, null, '`', null)"


def views() -> Iterator[str]:
    """A view over the partitioned table."""
    yield "drop view if exists parts_view"
    yield "create view parts_view as select id, v, dt from parts where id <= 100"
