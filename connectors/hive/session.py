"""One connection to a HiveServer2 through PyHive: how it is opened, how a statement runs, and its errors in our words."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from washplant.errors import ConfigError, SetupError, SourceDataError, SourceError, SourceSchemaError, SourceUnreachable
from washplant.secret import remember

if TYPE_CHECKING:
    from connectors.hive.options import HiveOptions, ServerOptions

_FIRST_POLL_S, _SLOWEST_POLL_S = 0.005, 1.0

_NOT_THERE = re.compile(
    r"TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|UNRESOLVED_COLUMN|Table not found|Invalid table alias|Database does not exist"
    r"|Invalid column reference|PARSE_SYNTAX_ERROR|ParseException|SemanticException",
)
_FORBIDDEN = re.compile(r"HiveAccessControlException|Permission denied|not have (the )?(following )?privileges", re.IGNORECASE)


class ConnectionLost(SourceUnreachable):
    """The connection could not be made or broke: the same split may well be read on another."""


class ServerError(Exception):
    """What the server says of a statement, without its stack trace."""


class Session:
    """An open session; `spark` tells Spark's server from Hive's own."""

    def __init__(self, connection: Any, options: ServerOptions) -> None:
        self.connection, self.options = connection, options
        self.spark = "spark" in self._info(17).lower()  # CLI_DBMS_NAME
        if self.spark:
            self.run("SET spark.sql.session.timeZone=UTC")
            self.run("SET spark.sql.debug.maxToStringFields=100000")  # or DESCRIBE cuts long structs off
            # As Hive does. Under ANSI Spark cannot read a text or Avro table whose date partition has a default one: it
            # casts __HIVE_DEFAULT_PARTITION__ (SeaTunnel#4465).
            self.run("SET spark.sql.ansi.enabled=false")
            # Otherwise the server collects the whole result in its memory before it sends the first row.
            self.run("SET spark.sql.thriftServer.incrementalCollect=true")
        for name, value in options.session.items():
            self.run(f"SET {name}={value}")

    def _info(self, kind: int) -> str:
        from TCLIService import ttypes

        answer = self.connection.client.GetInfo(
            ttypes.TGetInfoReq(sessionHandle=self.connection.sessionHandle, infoType=kind)
        )
        self.succeeded(answer.status)
        return str(answer.infoValue.stringValue)

    @contextmanager
    def cursor(self, sql: str) -> Iterator[Any]:
        """A cursor whose statement is done. It runs in the background: no socket waits for hours (SeaTunnel#7102)."""
        cursor = self.connection.cursor()
        finished = False
        try:
            cursor.execute(sql, async_=True)
            self._wait(cursor)
            yield cursor
            finished = True
        finally:
            # A statement that nobody reads to its end is closed on the server; on a broken connection it cannot be.
            with contextlib.suppress(Exception) if not finished else contextlib.nullcontext():
                cursor.close()

    def run(self, sql: str) -> None:
        """A statement without rows."""
        with self.cursor(sql):
            pass

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a small answer, never data."""
        with self.cursor(sql) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def succeeded(self, status: Any) -> None:
        """Raises ServerError unless it did."""
        from TCLIService.ttypes import TStatusCode

        if status.statusCode not in (TStatusCode.SUCCESS_STATUS, TStatusCode.SUCCESS_WITH_INFO_STATUS):
            raise ServerError(status.errorMessage or f"status {status.statusCode}")

    def _wait(self, cursor: Any) -> None:
        from TCLIService.ttypes import TOperationState as State

        end, pause = time.monotonic() + self.options.query_timeout_s, _FIRST_POLL_S
        while True:
            answer = cursor.poll(get_progress_update=False)
            if answer.operationState == State.FINISHED_STATE:
                return
            if answer.operationState not in (State.INITIALIZED_STATE, State.RUNNING_STATE, State.PENDING_STATE):
                raise ServerError(answer.errorMessage or "the statement was cancelled")
            if time.monotonic() > end:
                cursor.cancel()
                raise ServerError(f"the statement ran longer than `query_timeout_s`, {self.options.query_timeout_s} s")
            time.sleep(pause)
            pause = min(1.5 * pause, _SLOWEST_POLL_S)


@contextmanager
def session(options: HiveOptions, name: str) -> Iterator[Session]:
    """Connect, hand out the session, close. Everything that PyHive and thrift raise inside comes out as a SourceError."""
    server = options.server
    assert server is not None, "the options' validator"
    where = f"source {name}, {server.user or 'nobody'}@{server.host}:{server.port}/{options.table}"
    _check_libraries(server, where)
    from pyhive.exc import Error
    from thrift.Thrift import TException
    from thrift.transport.TSocket import TSocket

    socket, connection = TSocket(server.host, server.port), None
    try:
        connection = _connect(server, socket)
        yield Session(connection, server)
    except (Error, TException, ServerError, OSError, EOFError) as error:
        # `from None`: PyHive's text is the whole reply with a Java stack trace.
        raise explain(error, server, where) from None
    finally:
        if connection is not None:
            with contextlib.suppress(Exception):  # it may be broken in any way, which has been told
                connection.close()
        socket.close()  # PyHive leaves it open when a login or its good-bye fails


def _check_libraries(server: ServerOptions, where: str) -> None:
    install = "run: pip install 'washplant[hive]'"
    if find_spec("pyhive") is None or find_spec("thrift") is None:
        raise SetupError("HiveServer2 needs PyHive", where=where, next_step=install)
    if server.auth != "NOSASL" and find_spec("thrift_sasl") is None:
        raise SetupError(f"auth {server.auth} needs thrift_sasl", where=where, next_step=install)
    if server.auth == "KERBEROS" and find_spec("kerberos") is None and find_spec("sasl") is None:
        raise SetupError(
            "auth KERBEROS needs the library kerberos (or sasl), and there is none",
            where=where,
            next_step="install MIT Kerberos, then pip install kerberos, and run kinit; it is never tried without a ticket",
        )


def _connect(server: ServerOptions, socket: Any) -> Any:
    from pyhive import hive
    from thrift.transport.TTransport import TBufferedTransport

    socket.setTimeout(server.connect_timeout_s * 1000)
    password = server.password.get_secret_value() if server.password else None
    if password:
        remember(password)  # on a worker nothing has read the YAML, so nothing is known to be masked yet
    if server.auth == "NOSASL":
        transport = TBufferedTransport(socket)
    else:
        transport = _sasl(server, socket, password)
    # PyHive opens the transport and takes the password only with its own; the timeout for reading comes after.
    opened = transport.open
    transport.open = lambda: (opened(), socket.setTimeout(server.read_timeout_s * 1000))
    return hive.connect(thrift_transport=transport, username=server.user)


def _sasl(server: ServerOptions, socket: Any, password: str | None) -> Any:
    from pyhive.hive import get_installed_sasl
    from thrift_sasl import TSaslClientTransport

    mechanism = "GSSAPI" if server.auth == "KERBEROS" else "PLAIN"
    user = server.user or "anonymous"  # NONE asks for no password, but PLAIN must send something

    def client() -> Any:
        return get_installed_sasl(
            host=server.host,
            sasl_auth=mechanism,
            service=server.kerberos_service_name,
            username=user,
            password=password or "x",
        )

    return TSaslClientTransport(client, mechanism, socket)


def explain(error: Exception, server: ServerOptions, where: str) -> SourceError | ConfigError:
    """What happened, where, and what to do next."""
    from thrift.transport.TTransport import TTransportException

    text = _message(error)
    if "Bad status" in text or "Error validating the login" in text:
        step = f"check `user`, `password` and that the server's hive.server2.authentication is {server.auth}"
        return SourceUnreachable(f"the server refused the login with auth {server.auth}", where=where, next_step=step)
    if "GSS" in text or "kerberos" in text.lower():
        step = "run kinit: tickets expire, mostly after 24 hours (SeaTunnel#7102)"
        return SourceUnreachable(f"Kerberos failed: {text}", where=where, next_step=step)
    if isinstance(error, TTransportException | OSError | EOFError):
        step = (
            f"check `host`, `port` and that the server is up with hive.server2.authentication {server.auth}"
            " (one that expects another just hangs up); then run the same command again"
        )
        return ConnectionLost(f"the connection failed: {text}", where=where, next_step=step)
    if _FORBIDDEN.search(text):
        return SourceUnreachable(f"the server refused: {text}", where=where, next_step="ask for SELECT on the table")
    if _NOT_THERE.search(text):
        step = "check `table`, `columns`, `where` and `watermark`; `washplant plan` prints the statements"
        return SourceSchemaError(f"the server did not take the statement: {text}", where=where, next_step=step)
    return SourceDataError(f"the server reported: {text}", where=where, next_step="see the server's log")


def _message(error: Exception) -> str:
    """The error without the stack trace that the server sends along."""
    first = error.args[0] if error.args else ""
    status = getattr(first, "status", None)
    said = getattr(status, "errorMessage", None) or getattr(error, "message", None) or str(error) or type(error).__name__
    return str(said).split("\n\tat ")[0].split("\n== ")[0].strip()[:600]
