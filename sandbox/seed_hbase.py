"""HBase tables for tests and benchmarks: every kind of key and cell that hurt a reader, wide rows, large cells, versions.

Each function fills one table that exists, through a happybase connection: `torture(connection.table("torture"))`.
"""

from __future__ import annotations

import decimal
import struct
from typing import Any

TORTURE_FAMILIES: dict[str, dict[str, Any]] = {"cf": {"max_versions": 3}, "ext": {"max_versions": 1}, "空": {}}

WIDE_CELLS = 20_000
MEGABYTES_10 = 10 << 20
HOUR_MS = 3_600_000
BEGIN_MS = 1_735_689_600_000
"""2025-01-01T00:00:00Z, the timestamp of the first version; each later one is an hour younger."""


def to_bytes(value: decimal.Decimal) -> bytes:
    """`Bytes.toBytes(BigDecimal)`: the scale, then the unscaled value in the fewest bytes of two's complement."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
    size = (unscaled + (unscaled < 0)).bit_length() // 8 + 1
    return struct.pack(">i", -exponent) + unscaled.to_bytes(size, "big", signed=True)


def phoenix_long(value: int) -> bytes:
    return ((value + 2**63) % 2**64).to_bytes(8, "big")


def phoenix_int(value: int) -> bytes:
    return ((value + 2**31) % 2**32).to_bytes(4, "big")


def phoenix_double(value: float) -> bytes:
    """As PDouble writes it: (bits ^ (bits >> 63 | MIN)) + 1."""
    (bits,) = struct.unpack(">q", struct.pack(">d", value))
    return (((bits ^ ((bits >> 63) | -(2**63))) + 1) % 2**64).to_bytes(8, "big")


_FULL = {
    b"cf:utf8": "水费怎么查？😀".encode(),
    b"cf:json": '{"城市": ["深圳", 1]}'.encode(),
    b"cf:byte": b"\x80",
    b"cf:short": struct.pack(">h", -(2**15)),
    b"cf:int": struct.pack(">i", -7),
    b"cf:long": struct.pack(">q", 2**63 - 1),
    b"cf:float": struct.pack(">f", -1.5),
    b"cf:double": struct.pack(">d", 1e300),
    b"cf:boolean": b"\xff",
    b"cf:decimal": to_bytes(decimal.Decimal("-1234567890123456.78")),
    b"cf:at": struct.pack(">q", BEGIN_MS + 123),
    b"cf:phoenix_int": phoenix_int(-5),
    b"cf:phoenix_long": phoenix_long(-(2**63)),
    b"cf:phoenix_double": phoenix_double(-0.25),
    b"cf:binary": bytes(range(256)),
    b"cf:": "没有限定符".encode(),
    b"cf:a:b": b"a colon in the qualifier",
    "ext:甲".encode(): "一".encode(),
    b"ext:b": b"2",
    b"ext:": b"",
    "空:空".encode(): "族名".encode(),
}
_KEYS = (b"\x00", b"\x00\x00", b"\x00\xff\x01", b"a", b"a\x00", "键".encode(), b"\xff", b"\xff\xff\xff")


def torture(table: Any) -> None:
    """A row with every cell under each of the ugly keys, rows with few cells between them, and one with 20,000 cells."""
    for key in _KEYS:
        table.put(key, _FULL, timestamp=BEGIN_MS)
    table.put(b"b", {b"cf:utf8": b""}, timestamp=BEGIN_MS)
    table.put(b"c", {b"ext:alone": b"only in ext"}, timestamp=BEGIN_MS)
    table.put(b"d", {b"cf:long": b"123"}, timestamp=BEGIN_MS)
    table.put(b"e", {b"cf:utf8": b"\xff\xfe"}, timestamp=BEGIN_MS)
    for version in range(5):  # the family keeps three
        table.put(b"versions", {b"cf:utf8": f"第{version}版".encode()}, timestamp=BEGIN_MS + version * HOUR_MS)
    wide = {f"ext:{i:05}".encode(): b"%d" % i for i in range(WIDE_CELLS)}
    table.put(b"wide", wide, timestamp=BEGIN_MS)


def salted(table: Any, rows: int) -> None:
    """Keys of one byte of salt, eight of a number and a day as text: `\\x03` + long + `|2025-01-07`."""
    with table.batch(batch_size=2_000, timestamp=BEGIN_MS) as batch:
        for i in range(rows):
            key = bytes([i % 16]) + struct.pack(">q", i * 1_000_003) + f"|2025-01-{i % 28 + 1:02}".encode()
            batch.put(key, {b"cf:id": b"%d" % i, b"cf:v": f"第{i}行".encode()})


def large(table: Any, rows: int, size: int = MEGABYTES_10) -> None:
    """Cells of ten megabytes after small ones, so that a reader that sizes by what it has seen is caught."""
    with table.batch(batch_size=1_000) as batch:
        for i in range(3_000):
            batch.put(b"0%06d" % i, {b"cf:v": b"small"})
    for i in range(rows):
        table.put(b"1%06d" % i, {b"cf:v": bytes([65 + i % 26]) * size})


def tickets(table: Any, rows: int) -> None:
    """A support desk's tickets, ten cells and about 540 bytes a row, as `sandbox.seed.tickets` has them for MySQL."""
    question = "水费账单比上个月多了一倍，请问怎么查询用水明细？"
    answer = "您好，请登录网上营业厅，在用水明细里按月查询；如有漏水请拨打热线。"
    with table.batch(batch_size=2_000) as batch:
        for i in range(rows):
            batch.put(
                b"%010d" % i,
                {
                    b"cf:title": f"工单{i}".encode(),
                    b"cf:question": f"{question}（{i}）".encode(),
                    b"cf:answer": f"{answer}工单号{i}".encode(),
                    b"cf:channel": (b"phone", b"wechat", b"web")[i % 3],
                    b"cf:city": "深圳市南山区".encode(),
                    b"cf:agent": b"agent-%d" % (i % 200),
                    b"cf:score": struct.pack(">i", i % 5),
                    b"cf:amount": struct.pack(">d", i / 100),
                    b"cf:created": struct.pack(">q", BEGIN_MS + i * 1000),
                    b"cf:closed": b"\xff" if i % 4 else b"\x00",
                },
            )
