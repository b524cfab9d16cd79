"""What libpq and servers say, and what we make of it; the texts were recorded from real ones."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import (
    ConnectError,
    LoginRefused,
    NoSlotLeft,
    NotPostgres,
    PoolerInTheWay,
    ServerNotReady,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login, _refusal
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.refusal import Answer

AT = 'connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        pytest.param(AT + "Connection refused\n\tIs the server running?", ConnectError, "No server listens", id="down"),
        pytest.param(AT + "timeout expired", ConnectError, "pg_authid", id="no answer"),
        pytest.param(
            'could not translate host name "db9" to address: Name or service not known',
            ConnectError,
            "Check login_host",
            id="no such host",
        ),
        pytest.param(
            AT + 'FATAL:  password authentication failed for user "oncall"',
            LoginRefused,
            "Check login_user and login_password",
            id="wrong password",
        ),
        pytest.param(AT + 'FATAL:  database "x" does not exist', LoginRefused, "login_db", id="no database"),
        pytest.param(
            AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "oncall"',
            LoginRefused,
            "pg_hba",
            id="no entry",
        ),
        pytest.param(AT + 'FATAL:  role "x" is not permitted to log in', LoginRefused, "LOGIN", id="no login"),
        pytest.param(
            AT + 'FATAL:  permission denied for database "x"\nDETAIL:  User does not have CONNECT privilege.',
            LoginRefused,
            "CONNECT",
            id="no right to connect",
        ),
        pytest.param(AT + "FATAL:  sorry, too many clients already", NoSlotLeft, "REPLICATION", id="full"),
        pytest.param(
            AT + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            NoSlotLeft,
            "login_reserve_user",
            id="reserved, 16 and newer",
        ),
        pytest.param(
            AT + "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            NoSlotLeft,
            "login_reserve_user",
            id="reserved, 15",
        ),
        pytest.param(AT + 'FATAL:  too many connections for role "oncall"', NoSlotLeft, "REPLICATION", id="role limit"),
        pytest.param(
            AT + "FATAL:  tut mir leid, schon zu viele Verbindungen",
            ConnectError,
            "see its log",
            id="in German",
        ),
        pytest.param(
            AT + "received invalid response to SSL negotiation: H",
            NotPostgres,
            "a program other than PostgreSQL",
            id="HTTP",
        ),
        pytest.param(
            AT + "expected authentication request from server, but received H",
            NotPostgres,
            "login_port",
            id="HTTP 2",
        ),
    ],
)
def test_a_refusal_says_what_to_do(said, kind, advice):
    refusal, maybe_full = _refusal(Login(host="127.0.0.1", user="oncall", password="hunter2"), said, unknown)
    assert maybe_full == (kind is NoSlotLeft or "tut mir leid" in said)
    assert refusal.__class__ is kind
    assert advice in str(refusal)
    assert "Nothing was done" in str(refusal)
    assert "\n" not in str(refusal)


def unknown():
    return Answer("")


@pytest.mark.parametrize(
    ("said", "sqlstate", "kind", "advice"),
    [
        ("FATAL:  tut mir leid, schon zu viele Verbindungen", "53300", NoSlotLeft, "login_reserve_user"),
        ("FATAL:  das Datenbanksystem startet", "57P03", ServerNotReady, "wait, and read its log"),
        ("FATAL:  le serveur est en cours de fermeture", "57P03", ServerNotReady, "the network works"),
        ("FATALE:  interruzione della connessione", "57P01", ServerNotReady, "wait"),
        ("FATAL:  nicht genug Speicher", "53200", ServerNotReady, "see its log"),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", "28P01", LoginRefused, "SQLSTATE 28P01"),
        ("FATAL:  Datenbank existiert nicht", "3D000", LoginRefused, "SQLSTATE 3D000"),
        ("FATAL:  Anmeldung nicht erlaubt", "reached", LoginRefused, "the network works"),
        ("something else", "", ConnectError, "see its log"),
    ],
)
def test_in_any_language_the_sqlstate_says_what_it_is(said, sqlstate, kind, advice):
    refusal, dummy = _refusal(Login(host="127.0.0.1"), AT + said, lambda: Answer(sqlstate))
    assert refusal.__class__ is kind
    assert advice in str(refusal)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("the database system is starting up", "wait, and read its log"),
        ("the database system is shutting down", "wait, and read its log"),
        ("the database system is in recovery mode", "the free space"),
        ("the database system is not yet accepting connections", "wait"),
        ("the database system is not accepting connections DETAIL: Hot standby mode is disabled.", "hot_standby = on"),
        ("the database system is not yet accepting connections DETAIL: Consistent recovery state has not been yet"
         " reached.", "has not replayed enough"),
    ],
)  # fmt: skip
def test_a_server_that_takes_no_login_now_was_reached(said, advice):
    refusal, maybe_full = _refusal(Login(host="127.0.0.1"), f"{AT}FATAL:  {said}", unknown)
    assert isinstance(refusal, ServerNotReady)
    assert not maybe_full
    assert advice in str(refusal)


@pytest.mark.parametrize(
    ("said", "answer", "limit", "words"),
    [
        ("sorry, too many clients already", Answer(""), "max_connections", "All connection slots"),
        ('too many connections for role "oncall"', Answer(""), "role", "ALTER ROLE ... CONNECTION LIMIT"),
        ('too many connections for database "shop"', Answer(""), "database", "ALTER DATABASE ... CONNECTION LIMIT"),
        ("zu viele Verbindungen", Answer("53300", "InitializeSessionUserId"), "role", "not that of the server"),
        ("zu viele Verbindungen", Answer("53300", "CheckMyDatabase"), "database", "not that of the server"),
        ("zu viele Verbindungen", Answer("53300", "ProcessStartupPacket"), "", "or that of this role or database"),
    ],
)
def test_each_limit_has_its_own_cure(said, answer, limit, words):
    refusal, maybe_full = _refusal(Login(host="127.0.0.1"), f"{AT}FATAL:  {said}", lambda: answer)
    assert maybe_full
    assert refusal.details["connection_limit"] == limit
    assert words in str(refusal)


@pytest.mark.parametrize(
    "said",
    [
        "no more connections allowed (max_client_conn)",
        "client connections exceeded (max_db_client_connections)",
        "query_wait_timeout",
    ],
)
def test_a_limit_of_a_pooler_is_none_of_postgresql_s(said):
    refusal, maybe_full = _refusal(Login(host="127.0.0.1"), f"{AT}FATAL:  {said}", unknown)
    assert isinstance(refusal, PoolerInTheWay)
    assert not maybe_full
    assert said in str(refusal)
    assert "PostgreSQL may have room" in str(refusal)


def test_a_password_is_never_repeated():
    said = AT + 'FATAL: could not use "hunter2"'
    assert "hunter2" not in str(_refusal(Login(password="hunter2"), said, unknown)[0])
    assert "hunter2" not in Login(password="hunter2").where


@pytest.mark.parametrize("password", ["password", "authentication", "x", "oncall"])
def test_a_password_that_is_a_word_of_the_refusal_hides_no_cause(password):
    login = Login(host="127.0.0.1", user="oncall", password=password)
    refusal, maybe_full = _refusal(login, f'{AT}FATAL:  password authentication failed for user "oncall"', unknown)
    assert isinstance(refusal, LoginRefused)
    assert not maybe_full
    assert "Check login_user and login_password." in str(refusal)
    late, dummy = _refusal(login, f"{AT}timeout expired", unknown)
    assert "No answer in time" in str(late)
    assert "see its log" not in str(late)


def test_what_libpq_asks_is_answered_by_the_remedy():
    asks = "Is the server running on that host and accepting TCP/IP connections?"
    one = f"{AT}Connection refused\n\t{asks}\n"
    assert "failed: Connection refused. No server listens" in str(_refusal(Login(), one, unknown)[0])
    both = str(_refusal(Login(), one + one, unknown)[0])
    assert f"{AT}Connection refused; {AT}Connection refused. No server listens" in both
    name = f'{AT}could not use "Is the server there?"'
    assert '"Is the server there?"' in str(_refusal(Login(), name, unknown)[0])
