# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way in: a connection to PostgreSQL, also when every ordinary slot is taken. I/O.

Order of entry: as asked; as the reserve login, if one is given (a role with pg_use_reserved_connections
or a superuser reaches slots that others do not); then both again as a replication connection, whose
slots (max_wal_senders) the application cannot use up. The first that opens is used and named.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ..._core.errors import (
    ConnectError,
    DriverMissing,
    LoginRefused,
    NoSlotLeft,
    NotPostgres,
    PoolerInTheWay,
    ServerNotReady,
)
from ..connection_limits import DATABASE, ROLE, SLOTS
from ..sql_text import identifier, plain_identifier
from .refusal import REACHED, Answer, answer_to

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

# libpq reports these without an SQLSTATE, so the text has to do. In another language it does not match; then
# refusal.py asks for the SQLSTATE.
_FULL = (
    ("too many clients already", SLOTS),
    ("remaining connection slots are reserved", SLOTS),
    ("too many connections for role", ROLE),
    ("too many connections for database", DATABASE),
)
# PgBouncer's words for its own limits (max_client_conn and kin, query_wait_timeout): PostgreSQL was not asked.
_POOLER_FULL = ("no more connections allowed", "client connections exceeded", "query_wait_timeout")
_BY_ROUTINE = {
    "InitializeSessionUserId": ROLE,
    "CheckMyDatabase": DATABASE,
    "InitPostgres": SLOTS,
    "InitProcess": SLOTS,
}
_NOT_POSTGRES = (
    "received invalid response to",
    "expected authentication request from server",
    "unsupported frontend protocol",
    "invalid SSL negotiation response",
)
# A server says these of a login, and is healthy otherwise: the same form as below.
# TLS comes first: what it says of a missing file or a missing entry sounds like other things.
_TLS = (
    (
        "server does not support SSL",
        "ssl_mode requires TLS, and the server does not offer it: set ssl = on on the server, or ssl_mode=prefer.",
    ),
    (
        "root certificate file",
        "Check ca_cert: the file with the trusted authorities does not exist or is not readable.",
    ),
    ("certificate verify failed", "The server's certificate is not signed by an authority in ca_cert, or has expired."),
    ("does not match host name", "Set login_host to a name in the server's certificate, or ssl_mode=verify-ca."),
    ("key values mismatch", "ssl_key does not match ssl_cert."),
    ("private key file", "Check ssl_key: it must belong to the user who runs the module, with mode 0600."),
    ("certificate present, but not private key", "Set ssl_key together with ssl_cert."),
    ("certificate file", "Check ssl_cert: it cannot be read as a certificate."),
    ("alert unknown ca", "The server does not trust the authority of ssl_cert (its ssl_ca_file)."),
    ("certificate expired", "The certificate in ssl_cert has expired."),
    ("certificate required", "The server requires a client certificate: set ssl_cert and ssl_key."),
    ("requires a valid client certificate", "The server requires a client certificate: set ssl_cert and ssl_key."),
    (
        "certificate authentication failed",
        "The common name in ssl_cert is not login_user, and pg_ident.conf does not map it.",
    ),
    ("sslmode value", "This libpq was built without TLS: install a libpq with TLS, or set ssl_mode=prefer."),
    ("SSL error", "Client and server cannot agree on TLS: compare ssl_mode, ca_cert and the server's ssl settings."),
)
_PARAMETERS = (
    ("invalid connection option", "Check connect_params: libpq does not know that parameter."),
    ("invalid integer value", "Check connect_params."),
    ("definition of service", "Check the name of the service and its file (PGSERVICEFILE, ~/.pg_service.conf)."),
    ("service file", "Check the name of the service and its file (PGSERVICEFILE, ~/.pg_service.conf)."),
)
_NO_ENTRY = (
    "The server's pg_hba.conf does not allow this user, database and address. If its line is of type hostssl or "
    "hostnossl, set ssl_mode=require or ssl_mode=disable."
)
_LOGIN = (
    ("password authentication failed", "Check login_user and login_password."),
    ("no password supplied", "The server requires a password: set login_password."),
    ("no pg_hba.conf entry", _NO_ENTRY),
    ("pg_hba.conf rejects connection", _NO_ENTRY),
    ("is not permitted to log in", "Check login_user: that role has no LOGIN attribute."),
    ("permission denied for database", "Check login_db: this user has no CONNECT privilege there."),
    ("does not exist", "Check login_user and login_db."),
)
_LIBPQ_ASKS = re.compile(r"\s+Is the server running\b[^?]*\?")  # the remedy says what to do
_WAIT = (
    "The server answers, so the network works. It accepts no login while it starts, recovers from a crash or shuts"
    " down: wait, and read its log; if this lasts, check the free space of the data directory and of pg_wal."
)
_NOT_READY = (
    (
        "Hot standby mode is disabled",
        "It is a standby that accepts no queries (hot_standby is off): log in on its primary, or set hot_standby = on.",
    ),
    (
        "onsistent recovery state has not been yet reached",
        "It is a standby that has not replayed enough WAL to accept queries: wait, and check its log and its primary.",
    ),
    ("database system is starting up", _WAIT),
    ("database system is shutting down", _WAIT),
    ("database system is in recovery mode", _WAIT),
    ("database system is not yet accepting connections", _WAIT),
    ("database system is not accepting connections", _WAIT),
    ("terminating connection due to administrator command", _WAIT),
)
_BY_SQLSTATE = {"53300": NoSlotLeft, "57P01": ServerNotReady, "57P02": ServerNotReady, "57P03": ServerNotReady}
_OF_THE_LOGIN = ("28", "3D", "42", REACHED[:2])  # classes of SQLSTATE that are about the login, not the server
# text of libpq or of the server -> what to do next; the first that matches is used
_REMEDIES = (
    *_TLS,
    *_PARAMETERS,
    ("could not translate host name", "Check login_host: this host cannot resolve the name."),
    (
        "Connection refused",
        "No server listens there: check login_host and login_port, and whether the server is running.",
    ),
    (
        "No such file or directory",
        "The socket does not exist: check login_unix_socket and login_port, and whether the server is running.",
    ),
    (
        "timeout expired",
        "No answer in time: check the network and the firewall; if the server is up, logins "
        "may be waiting for a lock on pg_authid. connect_timeout bounds the wait.",
    ),
    ("No route to host", "Check login_host and the network."),
    ("Network is unreachable", "Check login_host and the network."),
    *_LOGIN,
    (
        "server closed the connection",
        "The connection was closed: check whether PostgreSQL listens on that address and port, and its log.",
    ),
)


@dataclass(frozen=True)
class Login:
    """Where to connect and as which role. Timeouts in seconds; they bound every step, so no snapshot can hang."""

    host: str = "localhost"
    port: int = 5432
    user: str = "postgres"
    password: str = ""
    database: str = "postgres"
    service: str = ""  # of libpq: what is empty or 0 here is the service's
    unix_socket: str = ""
    ssl_mode: str = "prefer"
    ca_cert: str = ""
    ssl_cert: str = ""
    ssl_key: str = ""
    session_role: str = ""
    more: tuple[tuple[str, str], ...] = ()  # libpq's own parameters
    reserve_user: str = ""
    reserve_password: str = ""
    connect_timeout: int = 5
    statement_timeout: float = 15.0
    lock_timeout: float = 1.0

    @property
    def where(self) -> str:
        """For messages: never holds a password."""
        if self.unix_socket:
            place = f"socket {self.unix_socket}, port {self.port}"
        else:
            host = f"[{self.host}]" if ":" in self.host else self.host
            place = f"{host}:{self.port}" if host else f"service {self.service}"
        of = ", ".join(f"{what} {name}" for what, name in (("database", self.database), ("user", self.user)) if name)
        return f"PostgreSQL at {place} ({of})" if of else f"PostgreSQL at {place}"

    def parameters(self, reserve: bool = False, replication: bool = False) -> dict[str, Any]:
        """For libpq. What is not given is the service's, the environment's, or libpq's own (~/.pgpass)."""
        given: dict[str, Any] = {
            "connect_timeout": self.connect_timeout,
            # A network that is cut in the middle of a look is noticed as soon as a statement would time out.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": int(1000 * (self.statement_timeout + 5)),
            "application_name": "pafar.runbook",
            "sslmode": self.ssl_mode,
            "sslrootcert": self.ca_cert,
            "sslcert": self.ssl_cert,
            "sslkey": self.ssl_key,
            **dict(self.more),
            "service": self.service,
            "host": self.unix_socket or self.host,
            "port": self.port,
            "user": self.reserve_user if reserve else self.user,
            "password": self.reserve_password if reserve else self.password,
            "dbname": self.database,
            # Not UTF8: a statement of another database may be in another encoding, and the server would
            # refuse the whole look rather than send it. Bytes come as they are; server.py makes them legible.
            "client_encoding": "SQL_ASCII",
            "replication": "database" if replication else "",
        }
        return {name: value for name, value in given.items() if value not in ("", 0, None)}


def driver() -> Any:
    """psycopg2, imported late: its absence is an answer for the person on call, not a traceback."""
    try:
        import psycopg2  # noqa: PLC0415
        import psycopg2.extensions  # noqa: PLC0415
    except ImportError as error:
        raise DriverMissing(
            "Could not load the PostgreSQL driver psycopg2 with this host's Python; nothing was done. "
            "Install psycopg2-binary for the interpreter that Ansible uses there "
            f"(ansible_python_interpreter): {error}.",
            missing="psycopg2",
        ) from error
    for name in ("SQL_ASCII", "SQLASCII"):
        psycopg2.extensions.encodings[name] = "latin-1"
    return psycopg2


def environment(name: str) -> str:
    """A variable of the host where the module runs; empty where it is not set."""
    return os.environ.get(name, "")


class Opened(NamedTuple):
    """``login_path``: ``normal``, ``reserve``, ``replication``, ``reserve replication``. ``refused_by``: the kind of
    the connection limit that refused the ordinary login, empty where none did, or where that is not known."""

    connection: Connection
    login_path: str
    refused_by: str


def open_connection(login: Login) -> Opened:
    """Connect by the first login path that opens."""
    psycopg2 = driver()
    ways = [(False, False), (True, False), (False, True), (True, True)]
    first_refusal: ConnectError | None = None
    for reserve, replication in ways:
        if reserve and not login.reserve_user:
            continue
        try:
            connection = psycopg2.connect(**login.parameters(reserve, replication))
        except psycopg2.Error as error:
            refusal, maybe_full = _refusal(login, str(error), partial(_answer_to, login, reserve))
            first_refusal = first_refusal or refusal
            if not maybe_full and not replication:
                raise first_refusal from None
            continue
        connection.autocommit = True  # in a transaction pg_stat_activity would not change under our eyes
        _become(login, connection)
        name = " ".join(w for w, used in (("reserve", reserve), ("replication", replication)) if used)
        refused_by = first_refusal.details.get("connection_limit", "") if first_refusal else ""
        return Opened(connection, name or "normal", refused_by)
    raise first_refusal if first_refusal else ConnectError(f"Could not connect to {login.where}.")


def _become(login: Login, connection: Connection) -> None:
    """SET ROLE, where one is wanted; what the login may then see and end is that role's."""
    if not login.session_role:
        return
    user = plain_identifier(login.user or connection.info.user)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {identifier(login.session_role)}".encode().decode("latin-1"))
    except driver().Error as error:
        connection.close()
        raise LoginRefused(
            f"Could not become the role {login.session_role} (session_role) on {login.where}: {error}. "
            f"As a superuser: GRANT {plain_identifier(login.session_role)} TO {user}. Nothing was done.",
            host=login.host,
            port=login.port,
        ) from None


def login_paths(login: Login) -> dict[str, str]:
    """The login paths for when every slot is taken, each tried: why it did not open, empty where it did."""
    psycopg2 = driver()
    ways = {"replication": (False, True), **({"reserve": (True, False)} if login.reserve_user else {})}
    paths = {}
    for name, (reserve, replication) in ways.items():
        try:
            psycopg2.connect(**login.parameters(reserve, replication)).close()
            paths[name] = ""
        except psycopg2.Error as error:
            paths[name] = str(_refusal(login, str(error), partial(_answer_to, login, reserve))[0])
    return paths


def open_pooler_connection(login: Login) -> Connection:
    """The admin console of PgBouncer. It knows neither transactions nor our settings; it is asked and left."""
    psycopg2 = driver()
    try:
        connection: Connection = psycopg2.connect(**{**login.parameters(), "dbname": "pgbouncer"})
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        raise ConnectError(
            f"Could not query the pooler at {login.host}:{login.port} as {login.user}: "
            f"{said.replace(login.password, '********') if login.password else said}. The user must be one of its "
            "stats_users or admin_users."
        ) from None
    connection.autocommit = True
    return connection


def _answer_to(login: Login, reserve: bool) -> Answer:
    user = (login.reserve_user, login.reserve_password) if reserve else (login.user, login.password)
    return answer_to(login, *user)


def _refusal(login: Login, text: str, ask: Callable[[], Answer]) -> tuple[ConnectError, bool]:
    """What to say, and whether another login path may be open where this one is not.

    ``ask`` gives the SQLSTATE; it is called where the text is not known.
    """
    raw = " ".join(text.split())
    said = _LIBPQ_ASKS.sub(";", raw).rstrip(";")
    for secret in (login.password, login.reserve_password):
        if secret:
            said = said.replace(secret, "********")
    # By the text as it came: a password may be a word of it.
    if any(sign in raw for sign in _NOT_POSTGRES):
        return NotPostgres(
            f"Could not connect to {login.where}: a program other than PostgreSQL answers on that port "
            f"({said}). Check login_host and login_port. Nothing was done.",
            host=login.host,
            port=login.port,
        ), False
    if any(sign in raw for sign in _POOLER_FULL):
        return PoolerInTheWay(
            f"A connection pooler answers for {login.where} and refuses this login by a limit of its own: {said}."
            " PostgreSQL may have room: set login_host and login_port to PostgreSQL itself, and see the pooler's"
            " max_client_conn and pool_size. Nothing was done.",
            host=login.host,
            port=login.port,
        ), False
    known = next((remedy for sign, remedy in _REMEDIES if sign in raw), "")
    not_ready = next((remedy for sign, remedy in _NOT_READY if sign in raw), "")
    full = next((limit for sign, limit in _FULL if sign in raw), "")
    sqlstate, routine = Answer("") if known or not_ready or full else ask()
    kind = _BY_SQLSTATE.get(sqlstate, ConnectError)
    if full or kind is NoSlotLeft:
        full = full or _BY_ROUTINE.get(routine, "")
        return NoSlotLeft(
            f"Could not connect to {login.where}: {said}. {_WHY_FULL[full]} No other login"
            " path worked. Give login_user the REPLICATION attribute (and a line in pg_hba.conf), so that "
            "it connects through max_wal_senders, or set login_reserve_user: a superuser, or from version 16 on "
            "a member of pg_use_reserved_connections. Nothing was done.",
            host=login.host,
            port=login.port,
            sqlstate="53300",
            connection_limit=full,
        ), True
    own = any(sign in raw for sign, dummy in (*_TLS, *_PARAMETERS, *_LOGIN)) or sqlstate[:2] in _OF_THE_LOGIN
    if not_ready or (sqlstate and not own):
        advice = not_ready or (_WAIT if kind is ServerNotReady else _OTHERWISE[True])
        return ServerNotReady(
            f"{login.where} accepts no login now: {said}. {advice} Nothing was done.",
            host=login.host,
            port=login.port,
            sqlstate=sqlstate or "57P03",
        ), False
    kind = LoginRefused if own else ConnectError
    code = f" (SQLSTATE {sqlstate})" if sqlstate not in ("", REACHED) else ""
    refusal = kind(
        f"Could not connect to {login.where}: {said}{code}. {known or _OTHERWISE[bool(sqlstate)]} Nothing was done.",
        host=login.host,
        port=login.port,
        sqlstate=code and sqlstate,
    )
    return refusal, not known and "FATAL" in raw


_WHY_FULL = {
    "": "A connection limit is reached: the server's, or that of this role or database.",
    SLOTS: "All connection slots for this login are in use.",
    ROLE: "The limit of this role is reached, and not that of the server (ALTER ROLE ... CONNECTION LIMIT).",
    DATABASE: "The limit of this database is reached, and not that of the server (ALTER DATABASE ... CONNECTION LIMIT);"
    " login_db can name another one.",
}
_OTHERWISE = (
    "The server refused: see its log.",
    "The server answers and refuses this login, so the network works: see its log.",
)
