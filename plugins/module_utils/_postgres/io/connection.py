# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way in: a connection to PostgreSQL, also when every ordinary slot is taken. I/O.

Order of entry: as asked; as the reserve login, if one is given (a role with pg_use_reserved_connections
or a superuser reaches slots that others do not); then both again as a replication connection, whose
slots (max_wal_senders) the application cannot use up. The first that opens is used and named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._core.errors import ConnectError, DriverMissing, LoginRefused, NoSlotLeft, NotPostgres

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

# libpq reports these without an SQLSTATE, so the text has to do. In another language it does not match;
# such a refusal is treated as "perhaps full" and gets its try on the replication entrance.
_FULL = ("too many clients already", "remaining connection slots are reserved", "too many connections for")
_NOT_POSTGRES = (
    "received invalid response to",
    "expected authentication request from server",
    "unsupported frontend protocol",
    "invalid SSL negotiation response",
)
# A server says these of a login, and is well otherwise: the same form as below.
_LOGIN = (
    ("password authentication failed", "Check login_user and login_password."),
    ("no password supplied", "The server wants a password: give login_password."),
    ("no pg_hba.conf entry", "The server's pg_hba.conf does not let this user in from here."),
    ("pg_hba.conf rejects connection", "The server's pg_hba.conf does not let this user in from here."),
    ("is not permitted to log in", "Check login_user: that role has no LOGIN attribute."),
    ("permission denied for database", "Check login_db: this user has no CONNECT privilege there."),
    ("does not exist", "Check login_user and login_db."),
)
# text of libpq or of the server -> what to do next; the first that matches is used
_CURES = (
    ("could not translate host name", "Check login_host: its name is not known here."),
    (
        "Connection refused",
        "Nobody listens there: check login_host and login_port, and whether the server is running.",
    ),
    (
        "No such file or directory",
        "There is no socket: check login_unix_socket and login_port, and whether the server is running.",
    ),
    (
        "timeout expired",
        "Nobody answered in time: check the network and the firewall; if the server is up, logins "
        "may be waiting for a lock on pg_authid. connect_timeout bounds the wait.",
    ),
    ("No route to host", "Check login_host and the network."),
    ("Network is unreachable", "Check login_host and the network."),
    *_LOGIN,
    (
        "database system is starting up",
        "The server is starting; try again in a moment.",
    ),
    ("database system is shutting down", "The server is shutting down."),
    ("in recovery mode", "The server is recovering from a crash; try again in a moment."),
    ("server closed the connection", "The server, or something in its place, hung up: is it PostgreSQL?"),
)


@dataclass(frozen=True)
class Login:
    """Where and as whom. Seconds for the timeouts; they bound every step, so that no look can hang."""

    host: str = "localhost"
    port: int = 5432
    user: str = "postgres"
    password: str = ""
    database: str = "postgres"
    unix_socket: str = ""
    ssl_mode: str = "prefer"
    ca_cert: str = ""
    reserve_user: str = ""
    reserve_password: str = ""
    connect_timeout: int = 5
    statement_timeout: float = 15.0
    lock_timeout: float = 1.0

    @property
    def where(self) -> str:
        """For messages: never holds a password."""
        place = f"socket {self.unix_socket}, port" if self.unix_socket else self.host
        joint = " " if self.unix_socket else ":"
        return f"PostgreSQL at {place}{joint}{self.port} (database {self.database}, user {self.user})"

    def parameters(self, reserve: bool = False, replication: bool = False) -> dict[str, Any]:
        """For libpq. Options it would take from the environment are overridden where they matter."""
        given: dict[str, Any] = {
            "host": self.unix_socket or self.host,
            "port": self.port,
            "user": self.reserve_user if reserve else self.user,
            "password": (self.reserve_password if reserve else self.password) or None,
            "dbname": self.database,
            "sslmode": self.ssl_mode,
            "sslrootcert": self.ca_cert or None,
            "connect_timeout": self.connect_timeout,
            "application_name": "pafar.runbook",
            # Not UTF8: a statement of another database may be in another encoding, and the server would
            # refuse the whole look rather than send it. Bytes come as they are; postgres.py makes them legible.
            "client_encoding": "SQL_ASCII",
            # A network that is cut in the middle of a look is noticed as soon as a statement would time out.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": int(1000 * (self.statement_timeout + 5)),
            "replication": "database" if replication else None,
        }
        return {name: value for name, value in given.items() if value is not None}


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


def enter(login: Login) -> tuple[Connection, str]:
    """Connect; also tells by which entrance: ``normal``, ``reserve``, ``replication``, ``reserve replication``."""
    psycopg2 = driver()
    ways = [(False, False), (True, False), (False, True), (True, True)]
    first_refusal: ConnectError | None = None
    for reserve, replication in ways:
        if reserve and not login.reserve_user:
            continue
        try:
            connection = psycopg2.connect(**login.parameters(reserve, replication))
        except psycopg2.Error as error:
            refusal, maybe_full = _refusal(login, str(error))
            first_refusal = first_refusal or refusal
            if not maybe_full and not replication:
                raise first_refusal from None
            continue
        connection.autocommit = True  # in a transaction pg_stat_activity would not change under our eyes
        name = " ".join(w for w, used in (("reserve", reserve), ("replication", replication)) if used)
        return connection, name or "normal"
    raise first_refusal if first_refusal else ConnectError(f"Could not connect to {login.where}.")


def entrances(login: Login) -> dict[str, str]:
    """The entrances for when every slot is taken, each tried: why it did not open, empty where it did."""
    psycopg2 = driver()
    ways = {"replication": (False, True), **({"reserve": (True, False)} if login.reserve_user else {})}
    found = {}
    for name, (reserve, replication) in ways.items():
        try:
            psycopg2.connect(**login.parameters(reserve, replication)).close()
            found[name] = ""
        except psycopg2.Error as error:
            found[name] = str(_refusal(login, str(error))[0])
    return found


def enter_pooler(login: Login) -> Connection:
    """The admin console of PgBouncer. It knows neither transactions nor our settings; it is asked and left."""
    psycopg2 = driver()
    try:
        connection: Connection = psycopg2.connect(**{**login.parameters(), "dbname": "pgbouncer"})
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        raise ConnectError(
            f"Could not ask the pooler at {login.host}:{login.port} as {login.user}: "
            f"{said.replace(login.password, '********') if login.password else said}. The user must be one of its "
            "stats_users or admin_users."
        ) from None
    connection.autocommit = True
    return connection


def _refusal(login: Login, text: str) -> tuple[ConnectError, bool]:
    """What to say, and whether another entrance may be open where this one is not."""
    said = " ".join(text.split())
    for secret in (login.password, login.reserve_password):
        if secret:
            said = said.replace(secret, "********")
    if any(sign in said for sign in _NOT_POSTGRES):
        return NotPostgres(
            f"Could not talk to {login.where}: something answers on that port, but not as PostgreSQL does "
            f"({said}). Check login_host and login_port. Nothing was done.",
            host=login.host,
            port=login.port,
        ), False
    known = next((cure for sign, cure in _CURES if sign in said), "")
    if any(sign in said for sign in _FULL):
        return NoSlotLeft(
            f"Could not get into {login.where}: {said}. Every slot for this login is taken, and no other "
            "entrance opened. Give login_user the REPLICATION attribute (and a line in pg_hba.conf) to let "
            "it in through max_wal_senders, or give login_reserve_user: a superuser, or from version 16 on "
            "a member of pg_use_reserved_connections. Nothing was done.",
            host=login.host,
            port=login.port,
        ), True
    kind = LoginRefused if any(sign in said for sign, dummy in _LOGIN) else ConnectError
    refusal = kind(
        f"Could not connect to {login.where}: {said}. {known or 'The server refused: see its log.'} Nothing was done.",
        host=login.host,
        port=login.port,
    )
    return refusal, not known and "FATAL" in said
