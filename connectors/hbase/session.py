"""One Thrift connection to HBase by happybase, and its errors in our words."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from washplant.errors import SetupError, SourceDataError, SourceError, SourceSchemaError, SourceUnreachable

if TYPE_CHECKING:
    from connectors.hbase.client import Connection
    from connectors.hbase.options import HBaseOptions

log = logging.getLogger(__name__)

Item = TypeVar("Item")

_ATTEMPTS, _BACKOFF_S = 6, 0.5
_MISMATCH = (
    "`transport` and `protocol` must be the server's own (now {}, {}): a server started with -nonblocking, -hsha or"
    " -threadedselector is framed, with -c compact"
)
_SCANNER_GONE = ("scanner", "lease", "unknownscanner")


class Interrupted(SourceUnreachable):
    """The connection or the scanner is gone: what was not read yet can be read by a new one."""


@contextmanager
def connection(options: HBaseOptions, source: str, first: int = 0) -> Iterator[Connection]:
    """A connection to the first server that answers, beginning with number `first` of the list.

    Raises SourceUnreachable when none does, Interrupted for a connection or scanner lost later, SourceSchemaError and
    SourceDataError for what HBase reports.
    """
    where = f"source {source}, table {options.table}"
    try:
        import happybase  # noqa: F401 - it makes the module Hbase_thrift
        from Hbase_thrift import IllegalArgument
        from Hbase_thrift import IOError as HBaseError
        from thriftpy2.protocol.exc import TProtocolException
        from thriftpy2.thrift import TApplicationException
        from thriftpy2.transport import TTransportException
    except ImportError as error:
        step = "run: pip install 'washplant[hbase]'"
        raise SetupError("the HBase connector needs happybase", where=where, next_step=step) from error
    thrift = _connected(options, where, first)
    try:
        yield thrift
    except TimeoutError as error:
        what = f"the Thrift server {thrift.host}:{thrift.port} did not answer in {options.timeout_s} s"
        # Neither side can tell: the server waits for the rest of what it takes for a frame, or the other way round.
        step = f"raise `timeout_s` if it is merely slow. {_MISMATCH.format(options.transport, options.protocol)}"
        raise Interrupted(what, where=where, next_step=step) from error
    except (OSError, EOFError, TTransportException, TProtocolException) as error:
        said = getattr(error, "message", None) or str(error) or type(error).__name__
        what = f"the connection to the Thrift server {thrift.host}:{thrift.port} was lost: {said}"
        step = f"check that it is up. {_MISMATCH.format(options.transport, options.protocol)}"
        raise Interrupted(what, where=where, next_step=step) from error
    except TApplicationException as error:
        # What the server says of a filter that it cannot parse, and no more than that.
        step = "check `filter`; HBase's own log has the reason"
        raise SourceDataError(f"HBase reported: {_message(error)}", where=where, next_step=step) from error
    except (HBaseError, IllegalArgument) as error:
        raise _explained(_message(error), where) from error
    finally:
        thrift.close()


def retried(attempt: Callable[[int], Iterator[Item]], most: int = _ATTEMPTS) -> Iterator[Item]:
    """What `attempt(failures)` yields; called again when it is cut off, at most `most` times in a row without a result."""
    failures = 0
    while True:
        try:
            for item in attempt(failures):
                failures = 0
                yield item
            return
        except SourceUnreachable as error:
            failures += 1
            if failures >= most:
                raise
            log.warning("%s: %s; attempt %d of %d follows", error.where, error.what, failures + 1, most)
        time.sleep(_BACKOFF_S * 2 ** (failures - 1))


def _connected(options: HBaseOptions, where: str, first: int) -> Connection:
    from thriftpy2.transport import TTransportException

    from connectors.hbase.client import Connection

    tried = []
    for i in range(len(options.thrift)):
        address = options.thrift[(first + i) % len(options.thrift)]
        host, _, port = address.rpartition(":")
        try:
            return Connection(host, int(port), options.timeout_s * 1000, transport=options.transport, protocol=options.protocol)
        except (OSError, TTransportException) as error:
            tried.append(f"{address}: {getattr(error, 'message', None) or error}")
    step = "check that HBase's Thrift server runs there (`hbase thrift start`) and that this machine may reach it"
    raise SourceUnreachable(f"no Thrift server answers ({'; '.join(tried)})", where=where, next_step=step)


def _message(error: Any) -> str:
    """What HBase says; thriftpy2's exceptions fail in `str()` when their message is bytes."""
    message = error.message.decode(errors="replace") if isinstance(error.message, bytes) else str(error.message or "")
    return message.strip() or type(error).__name__


def _explained(message: str, where: str) -> SourceError:
    said = message.splitlines()[0]
    lower = message.lower()
    if "tablenotfound" in lower.replace(" ", ""):
        return SourceSchemaError("there is no such table", where=where, next_step="`washplant check` names those there are")
    if "nosuchcolumnfamily" in lower:
        return SourceSchemaError(f"no such column family: {said}", where=where, next_step="correct `cells`")
    if "notenabled" in lower or "disabled" in lower:
        return SourceSchemaError("the table is disabled", where=where, next_step="`enable` it in HBase's shell")
    if any(word in lower for word in _SCANNER_GONE):
        return Interrupted(f"the scanner is gone: {said}", where=where, next_step="run the same command again")
    return SourceDataError(f"HBase reported: {said}", where=where, next_step="see HBase's own log")
