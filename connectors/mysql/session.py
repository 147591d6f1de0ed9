"""One connection to MySQL or MariaDB: how it is opened, what its session is set to, and its errors in our words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from washplant.errors import ConfigError, SetupError, SourceDataError, SourceError, SourceSchemaError, SourceUnreachable
from washplant.names import did_you_mean
from washplant.secret import remember

if TYPE_CHECKING:
    from pymysql.connections import Connection

    from connectors.mysql.options import MySQLOptions, TLSOptions
    from connectors.mysql.sql import Value

# A slow consumer must not make the server hang up (mysqljs#427): it waits this long for us to take the next bytes.
NET_WRITE_TIMEOUT_S = 3600

_DENIED = {1044, 1045, 1130, 1142, 1143, 1227, 1251, 1698, 2049, 2059, 3118, 4151}
_NOT_THIS_COLUMN = {1142, 1143}
_UNKNOWN_DATABASE = 1049
_NOT_IN_CHARSET = {1267, 3854}  # MariaDB, MySQL
_WRONG_QUERY = {1052, 1054, 1060, 1064, 1146, 1305, 1356}  # names that are ambiguous, missing or double, syntax
# Interrupted, killed, shut down, timed out on the network, gone: another connection may go on from the last key.
_TRANSIENT = {1040, 1053, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1317, 1927, 2003, 2006, 2013, 2055, 4031}


class ConnectionLost(SourceUnreachable):
    """The connection could not be made or broke: the same statement may well succeed on another."""


class Session:
    """An open connection. Cells of `query` are text (binary columns: bytes); rows of tables go through `wire`."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection

    def query(self, sql: str, arguments: Sequence[object] | None = None) -> Sequence[Sequence[Value | None]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall()

    def guessed(self, sql: str) -> Sequence[Sequence[Value | None]]:
        """As `query`; nothing when the statement's text is not in the column's character set."""
        import pymysql

        try:
            return self.query(sql)
        except pymysql.MySQLError as error:
            if error.args[0] not in _NOT_IN_CHARSET:
                raise
            return ()

    def records(self, sql: str) -> list[dict[str, Value | None]]:
        """Rows by column name in lower case, for answers whose columns differ between servers."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            columns = [column[0].lower() for column in cursor.description]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def value(self, sql: str) -> Value | None:
        """The one cell of the one row."""
        rows = self.query(sql)
        return rows[0][0] if rows else None

    def estimate(self, sql: str) -> int:
        """How many rows the optimizer expects to look at; MySQL and MariaDB put the number in different columns."""
        return int(self.records(f"explain format=traditional {sql}")[0]["rows"] or 0)


@contextmanager
def session(options: MySQLOptions, name: str, *, database: bool = True) -> Iterator[Session]:
    """Connect, hand out the session, close. Everything that PyMySQL raises inside comes out as a `SourceError`."""
    try:
        import pymysql
    except ImportError as error:
        raise SetupError(
            "the MySQL connector needs PyMySQL", where=f"source {name}", next_step="run: pip install 'washplant[mysql]'"
        ) from error
    try:
        with closing(_connect(options, database=database)) as connection:
            yield Session(connection)
    except pymysql.MySQLError as error:
        # `from None`: the original may quote the statement or the password's user; its text is in ours, masked.
        raise explain(error, options, name) from None


def explain(error: Exception, options: MySQLOptions, name: str) -> SourceError:
    """A PyMySQL error as what happened, where, and what to do next."""
    number = error.args[0] if error.args else 0
    text = str(error.args[-1] if error.args else error)
    where = f"source {name}, {options.user}@{options.host}:{options.port}/{options.database}.{options.subject}"
    if _is_certificate(error):
        what, step = f"the server's certificate was refused: {text}", "give the right CA in `tls: {ca: …}`"
        return SourceUnreachable(what, where=where, next_step=step)
    if number in _DENIED:
        step = f"check `user`, `password` and the grants: SELECT on {options.database}.{options.subject}"
        if number in _NOT_THIS_COLUMN:
            step = f"list the columns that {options.user} may read in `columns`, or grant SELECT on the whole table"
        return SourceUnreachable(f"the server refused: {text}", where=where, next_step=step)
    if number == _UNKNOWN_DATABASE:
        known = _databases(options, name)
        return SourceSchemaError(
            f"there is no database {options.database!r}",
            where=where,
            next_step=did_you_mean(options.database, known, nothing="this user sees none"),
        )
    if number in _WRONG_QUERY:
        step = "check `query`, `where`, `columns` and `watermark`; `washplant plan` prints the statements"
        return SourceSchemaError(f"the server did not take the query: {text}", where=where, next_step=step)
    if number in _TRANSIENT:
        step = "check `host` and `port`, and that the server is up; then run the same command again"
        return ConnectionLost(f"the connection failed: {text}", where=where, next_step=step)
    return SourceDataError(f"the server reported error {number}: {text}", where=where, next_step="see the server's log")


def _databases(options: MySQLOptions, name: str) -> list[str]:
    with session(options, name, database=False) as server:
        return [str(row[0]) for row in server.query("show databases")]


def _is_certificate(error: Exception) -> bool:
    return "certificate" in str(error).lower()


def _connect(options: MySQLOptions, *, database: bool) -> Connection[Any]:
    import pymysql

    password = options.password.get_secret_value()
    remember(password)  # on a worker nothing has read the YAML, so nothing is known to be masked yet
    tls = options.tls
    return pymysql.connect(
        host=options.host,
        port=options.port,
        user=options.user,
        password=password.encode(),  # PyMySQL would encode text as latin-1
        database=options.database if database else None,
        charset="utf8mb4",
        # For the arguments of look-ups; there are no decoders, so cells stay as sent.
        conv=pymysql.converters.encoders,  # type: ignore[arg-type]
        connect_timeout=options.connect_timeout_s,
        read_timeout=options.read_timeout_s,
        write_timeout=options.read_timeout_s,
        autocommit=True,  # no transaction is held open while a slow consumer works
        init_command=(
            f"set session time_zone = '{options.timezone}', sql_mode = '', net_write_timeout = {NET_WRITE_TIMEOUT_S}"
        ),
        ssl=_context(tls) if tls else None,
        ssl_disabled=tls is False,
    )


def _context(tls: TLSOptions) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key)
    except OSError as error:
        files = ", ".join(file for file in (tls.ca, tls.cert, tls.key) if file)
        raise ConfigError(f"the TLS files cannot be used: {error}", next_step=f"check {files}") from None
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
