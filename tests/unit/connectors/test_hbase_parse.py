"""Thrift replies cut into columns in bulk equal what thriftpy2 makes of the same bytes, however they arrive."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")
happybase = pytest.importorskip("happybase")

from Hbase_thrift import Hbase, IOError as HBaseError, TCell, TRowResult  # noqa: E402, I001
from thriftpy2.protocol import TBinaryProtocol, TCompactProtocol  # noqa: E402
from thriftpy2.protocol.exc import TProtocolException  # noqa: E402
from thriftpy2.thrift import TClient, TMessageType  # noqa: E402
from thriftpy2.transport import TFramedTransport, TBufferedTransport, TMemoryBuffer, TTransportException  # noqa: E402

from connectors.hbase.client import Connection  # noqa: E402
from connectors.hbase.rows import ClientRows, Wanted, WireRows  # noqa: E402
from connectors.hbase.wire import Replies  # noqa: E402

KINDS = [(False, False), (True, True), (False, True), (True, False)]


def reply(result: Any, *, framed: bool, compact: bool) -> bytes:
    """What a server would send."""
    memory = TMemoryBuffer()
    protocol = (TCompactProtocol if compact else TBinaryProtocol)(memory)
    protocol.write_message_begin("scannerGetList", TMessageType.REPLY, 0)
    result.write(protocol)
    protocol.write_message_end()
    data = bytes(memory.getvalue())
    return struct.pack(">i", len(data)) + data if framed else data


def of_rows(rows: list[Any]) -> Any:
    return Hbase.scannerGetList_result(success=rows)


@contextmanager
def arriving(data: bytes, piece: int, *, framed: bool, compact: bool, wanted: Wanted) -> Iterator[Replies]:
    """A reader whose socket gets `data` in pieces."""
    near, far = socket.socketpair()

    class Socket:
        sock = near

        def read(self, size: int) -> bytes:
            return near.recv(size)

    class Link:
        socket = Socket()
        replay = Connection.replay
        _transport_class = TFramedTransport if framed else TBufferedTransport

        def client_over(self, transport: Any) -> Any:
            kind = TCompactProtocol if compact else TBinaryProtocol
            return TClient(Hbase, kind(transport, decode_response=False))

        def send(self, *_: Any) -> None: ...

    def feed() -> None:
        with far, suppress(BrokenPipeError):  # a reader that finds an error hangs up
            for at in range(0, len(data), piece):
                far.sendall(data[at : at + piece])

    thread = threading.Thread(target=feed)
    thread.start()
    with near:
        yield Replies(cast(Any, Link()), wanted, framed=framed, compact=compact)
    thread.join()


def cell(value: bytes, stamp: int = 1) -> Any:
    return TCell(value=value, timestamp=stamp)


def same(batches: list[WireRows], rows: list[Any], wanted: Wanted) -> None:
    at = 0
    for batch in batches:
        client = ClientRows(rows[at : at + len(batch)])
        at += len(batch)
        assert batch.keys().equals(client.keys())
        assert [batch.key(i) for i in range(len(batch))] == [client.key(i) for i in range(len(client))]
        for name in wanted.names:
            batch.cells(name).validate(full=True)
            assert batch.cells(name).equals(client.cells(name))
        for family in wanted.families:
            assert batch.family(family[:-1]) == client.family(family[:-1])
        assert np.array_equal(batch.newest(), client.newest())
    assert at == len(rows)


NAMES = st.sampled_from([b"cf:a", b"cf:b", b"cf:", b"cf:ab", b"c:a", "ext:甲".encode(), b"ext:", b"ex:t"])
CELLS = st.builds(cell, st.binary(max_size=300), st.integers(-(2**63), 2**63 - 1))
ROWS = st.lists(
    st.builds(TRowResult, st.binary(max_size=200), st.dictionaries(NAMES, CELLS, min_size=1)), min_size=0, max_size=40
)
WANTED = Wanted((b"cf:", b"cf:a", b"cf:b", b"never:there"), (b"ext:",))


@pytest.mark.parametrize(("framed", "compact"), KINDS)
@settings(max_examples=60)
@given(rows=ROWS, piece=st.integers(1, 4000), most=st.integers(1, 50), most_bytes=st.integers(1, 5000))
def test_any_rows_in_any_pieces(
    framed: bool, compact: bool, rows: list[Any], piece: int, most: int, most_bytes: int
) -> None:
    data = reply(of_rows(rows), framed=framed, compact=compact)
    with arriving(data, piece, framed=framed, compact=compact, wanted=WANTED) as replies:
        replies.ask("scannerGetList")
        batches = list(replies.rows(most_bytes, most))
    assert all(len(batch) <= most for batch in batches)
    same(batches, rows, WANTED)


@pytest.mark.parametrize(("framed", "compact"), KINDS)
def test_replies_follow_each_other(framed: bool, compact: bool) -> None:
    """The next request is on its way before the last rows were taken: two replies may stand in one buffer."""
    first = [TRowResult(b"%d" % i, {b"cf:a": cell(b"x" * i)}) for i in range(500)]
    second = [TRowResult(b"z%d" % i, {b"cf:b": cell(b"y")}) for i in range(3)]
    data = b"".join(reply(of_rows(rows), framed=framed, compact=compact) for rows in (first, second, []))
    with arriving(data, 1 << 20, framed=framed, compact=compact, wanted=WANTED) as replies:
        for rows in (first, second, []):
            replies.ask("scannerGetList")
            same(list(replies.rows(10_000, 1000)), rows, WANTED)


@pytest.mark.parametrize(("framed", "compact"), KINDS)
def test_a_wide_row_is_not_cut(framed: bool, compact: bool) -> None:
    """DataX#359 made several rows of one."""
    rows = [TRowResult(b"wide", {b"ext:%05d" % i: cell(b"%d" % i, i) for i in range(40_000)})]
    data = reply(of_rows(rows), framed=framed, compact=compact)
    with arriving(data, 65_536, framed=framed, compact=compact, wanted=WANTED) as replies:
        replies.ask("scannerGetList")
        batches = list(replies.rows(100, 10))
    assert len(batches) == 1
    same(batches, rows, WANTED)


def test_memory_follows_the_batch_and_not_the_reply() -> None:
    rows = [TRowResult(b"%d" % i, {b"cf:a": cell(b"x" * 1_000_000)}) for i in range(40)]
    data = reply(of_rows(rows), framed=False, compact=False)
    with arriving(data, 1 << 16, framed=False, compact=False, wanted=WANTED) as replies:
        replies.ask("scannerGetList")
        for batch in replies.rows(1 << 20, 100):
            assert batch.data.nbytes <= 8 << 20
            assert len(batch) <= 3


@pytest.mark.parametrize(("framed", "compact"), KINDS)
def test_what_the_server_reports_is_raised(framed: bool, compact: bool) -> None:
    data = reply(Hbase.scannerGetList_result(io=HBaseError(message=b"no such scanner")), framed=framed, compact=compact)
    with arriving(data, 7, framed=framed, compact=compact, wanted=WANTED) as replies:
        replies.ask("scannerGetList")
        with pytest.raises(HBaseError):
            list(replies.rows(1000, 1000))


def _cut(data: bytes) -> bytes:
    return data[:-20]


def _turned(data: bytes) -> bytes:
    at = data.index(b"cf:a") + 4
    return data[:at] + b"\x55" + data[at + 1 :]


@pytest.mark.parametrize(("framed", "compact"), KINDS)
@pytest.mark.parametrize(("broken", "said"), [(_cut, TTransportException), (_turned, TProtocolException)])
def test_a_broken_reply_is_an_error(
    framed: bool, compact: bool, broken: Callable[[bytes], bytes], said: type[Exception]
) -> None:
    data = reply(of_rows([TRowResult(b"k", {b"cf:a": cell(b"x" * 50)})]), framed=framed, compact=compact)
    with arriving(broken(data), 64, framed=framed, compact=compact, wanted=WANTED) as replies:
        replies.ask("scannerGetList")
        with pytest.raises(said):
            list(replies.rows(1000, 1000))
