"""One Thrift connection to HBase by happybase, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from washplant.errors import SourceDataError, SourceError, SourceSchemaError, SourceUnreachable

if TYPE_CHECKING:
    from connectors.hbase_options import HBaseOptions

_SCANNER_GONE = ("scanner", "lease", "unknownscanner")


class Interrupted(SourceUnreachable):
    """The connection or the scanner is gone: what was not read yet can be read by a new one."""


@contextmanager
def client(options: HBaseOptions, source: str, first: int = 0) -> Iterator[Any]:
    """happybase's Thrift client of the first server that answers, beginning with number `first` of the list.

    Raises SourceUnreachable when none does, Interrupted for a connection or scanner lost later, SourceSchemaError and
    SourceDataError for what HBase reports.
    """
    import happybase
    from Hbase_thrift import IllegalArgument
    from Hbase_thrift import IOError as HBaseError
    from thriftpy2.protocol.exc import TProtocolException
    from thriftpy2.thrift import TApplicationException
    from thriftpy2.transport import TTransportException

    connection, where = None, f"source {source}, table {options.table}"
    tried = []
    for i in range(len(options.thrift)):
        address = options.thrift[(first + i) % len(options.thrift)]
        host, _, port = address.rpartition(":")
        try:
            connection = happybase.Connection(
                host, int(port), options.timeout_s * 1000, transport=options.transport, protocol=options.protocol
            )
            break
        except (OSError, TTransportException) as error:
            tried.append(f"{address}: {getattr(error, 'message', None) or error}")
    if connection is None:
        step = "check that HBase's Thrift server runs there (`hbase thrift start`) and that this machine may reach it"
        raise SourceUnreachable(f"no Thrift server answers ({'; '.join(tried)})", where=where, next_step=step)
    try:
        yield connection.client
    except (OSError, EOFError, TTransportException, TProtocolException) as error:
        raise Interrupted(
            f"the connection to the Thrift server was lost: {getattr(error, 'message', None) or error or type(error).__name__}",
            where=where,
            next_step=f"it must be up, and `transport` and `protocol` must be its own (now {options.transport}, "
            f"{options.protocol}: a server started with -nonblocking is framed, with -c compact)",
        ) from error
    except TApplicationException as error:
        # What the server says of a filter that it cannot parse, and no more than that.
        step = "check `filter`; HBase's own log has the reason"
        raise SourceDataError(f"HBase reported: {_message(error)}", where=where, next_step=step) from error
    except (HBaseError, IllegalArgument) as error:
        raise _explained(_message(error), where) from error
    finally:
        connection.close()


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
    if any(word in lower for word in _SCANNER_GONE):
        return Interrupted(f"the scanner is gone: {said}", where=where, next_step="run the same command again")
    return SourceDataError(f"HBase reported: {said}", where=where, next_step="see HBase's own log")
