"""What PostgreSQL's answer to a login without a password means."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.postgres_answers import (
    LoginAnswer,
    has_ended,
    login_answer,
    of_postgres,
)


@pytest.mark.parametrize(
    ("kind", "sqlstate", "message", "state", "words"),
    [
        ("R", "", "", "up", "asks for credentials; whether a login of the application succeeds"),
        ("E", "28P01", "password authentication failed", "up", "refuses the password"),
        ("E", "28000", "no pg_hba.conf entry", "up", "refuses the probe's login (no pg_hba.conf entry)"),
        ("E", "28000", 'role "pafar_probe" does not exist', "up", '(role "pafar_probe" does not exist)'),
        ("E", "28000", "role is not permitted to log in", "up", "not permitted"),
        ("E", "42501", "permission denied for database", "up", "may not connect to this database"),
        ("E", "55000", "database is not currently accepting connections", "up", "this database takes no connections"),
        ("E", "53300", "sorry, too many clients already", "down", "every connection slot"),
        ("E", "57P03", "the database system is starting up", "down", "starting up"),
        ("E", "57P03", "the database system is not accepting connections", "down", "a standby without hot_standby"),
        ("E", "57P03", "das Datenbanksystem startet", "down", "(57P03): das Datenbanksystem"),
        ("E", "57P01", "terminating connection", "down", "stopping"),
        ("E", "57P05", "idle session timeout", "down", "refuses every login (57P05)"),
        ("E", "53100", "could not write", "down", "disk is full"),
        ("E", "08P01", "no such user: pafar_probe", "up", "it is a pooler"),
        ("E", "08P01", "no such database: postgres", "up", "it is a pooler"),
        ("E", "08P01", "no more connections allowed (max_client_conn)", "down", "every connection that it allows"),
        ("E", "08P01", "server login has been failing, cached error: connection refused", "down", "reaches no server"),
        ("E", "08P01", "server login has been failing, try again later (server_login_retry)", "down", "no server"),
        ("E", "08P01", "pgbouncer cannot connect to server", "down", "no login succeeds"),
        ("E", "08P01", "client_login_timeout (server down)", "down", "no login succeeds"),
        ("E", "58000", "all servers are down", "down", "no login succeeds"),
        (
            "E",
            "08P01",
            'server login has been failing, cached error: FATAL: role "pafar_probe" does not exist'
            " (server_login_retry)",
            "up",
            "refuses this login",
        ),
        (
            "E",
            "08P01",
            "server login has been failing, cached error: password authentication failed",
            "degraded",
            "a login that is not the probe's",
        ),
        ("E", "08P01", "unsupported startup parameter: x", "degraded", "error 08P01"),
        ("E", "58000", "could not open file", "degraded", "error 58000"),
        ("E", "XX000", "all servers are down", "degraded", "error XX000"),
        ("E", "XX000", "broken", "degraded", "error XX000: broken"),
        ("E", "", "could not fork new process for connection", "down", "before any login: could not fork"),
        ("H", "", "", "down", "not PostgreSQL"),
    ],
)
def test_what_its_answer_means(kind, sqlstate, message, state, words):
    meaning = of_postgres(LoginAnswer(kind, sqlstate, message))
    assert (meaning.state, words in meaning.why) == (state, True), meaning
    assert bool(meaning.unasked) == (state == "up"), "up, as far as a probe without a login is shown"


FAILING = "server login has been failing, cached error: {} (server_login_retry)"
HBA = 'no pg_hba.conf entry for host "10.0.0.5", user "{}", database "{}", no encryption'


@pytest.mark.parametrize("code", ["08P01", "58000", "08006"])
@pytest.mark.parametrize(
    ("message", "state"),
    [
        (FAILING.format(HBA.format("app", "app")), "degraded"),
        (FAILING.format(HBA.format("app", "postgres")), "up"),  # the probe's database, in which no application may be
        (FAILING.format(HBA.format("pgbouncer", "postgres")), "up"),
        (HBA.format("pgbouncer", "postgres"), "up"),
        (FAILING.format(HBA.format("pgbouncer", "postgres2")), "degraded"),
        (FAILING.format('database "app" does not exist'), "degraded"),
        (FAILING.format('FATAL: role "shop" does not exist'), "degraded"),
        (FAILING.format('password authentication failed for user "app"'), "degraded"),
        (FAILING.format("SASL authentication failed"), "degraded"),
        (HBA.format("pgbouncer", "shop"), "degraded"),
        ('database "app" does not exist', "degraded"),
        ('password authentication failed for user "pgbouncer"', "degraded"),
        (FAILING.format("connect failed"), "down"),
        (FAILING.format('FATAL: role "pafar_probe" does not exist'), "up"),
        (FAILING.format('database "postgres" does not exist'), "up"),
        (HBA.format("pafar_probe", "postgres"), "up"),
        ('password authentication failed for user "pafar_probe"', "up"),
        ("password authentication failed", "up"),
        ("SASL authentication failed", "up"),
    ],
)
def test_a_pooler_that_is_refused_as_another_than_the_probe_is_not_up(code, message, state):
    meaning = of_postgres(LoginAnswer("E", code, message))
    assert meaning.state == state, meaning


@pytest.mark.parametrize(
    ("routine", "state", "words"),
    [
        ("InitProcess", "down", "every connection slot is taken"),
        ("InitPostgres", "down", "the slots that are left are reserved"),
        ("InitializeSessionUserId", "up", "the probe's own role or database"),
        ("CheckMyDatabase", "up", "the probe's own role or database"),
    ],
)
def test_of_which_connections_there_are_too_many(routine, state, words):
    meaning = of_postgres(LoginAnswer("E", "53300", "zu viele", routine))
    assert (meaning.state, words in meaning.why) == (state, True), meaning


@pytest.mark.parametrize(
    ("parameters", "state", "words"),
    [
        ({"in_hot_standby": "on", "default_transaction_read_only": "off"}, "degraded", "standby"),
        ({"in_hot_standby": "off", "default_transaction_read_only": "on"}, "degraded", "read-only by default"),
        (
            {"in_hot_standby": "off", "default_transaction_read_only": "off"},
            "up",
            "no standby; whether it takes writes",
        ),
        ({"server_version": "12.7"}, "up", "it lets the probe in; whether it takes writes"),
    ],
)
def test_what_it_says_to_a_probe_that_it_lets_in(parameters, state, words):
    meaning = of_postgres(LoginAnswer("Z", parameters=parameters))
    assert (meaning.state, words in meaning.why) == (state, True), meaning


@pytest.mark.parametrize(
    ("parameters", "refuses"),
    [
        ({"in_hot_standby": "on", "default_transaction_read_only": "off"}, False),
        ({"in_hot_standby": "on", "default_transaction_read_only": "on"}, False),
        ({"in_hot_standby": "off", "default_transaction_read_only": "on"}, True),
        ({"in_hot_standby": "off"}, False),
    ],
)
def test_a_standby_takes_no_writes_by_design_and_refuses_none(parameters, refuses):
    assert of_postgres(LoginAnswer("Z", parameters=parameters)).refuses_writes is refuses


def test_a_secret_of_the_answer_is_hidden():
    assert "hunter2" not in of_postgres(LoginAnswer("E", "XX000", "failed: password=hunter2")).why
    assert "hunter2" not in of_postgres(LoginAnswer("E", "57P03", "failed: password=hunter2")).why
    assert "hunter2" not in of_postgres(LoginAnswer("E", "28000", "failed: password=hunter2")).why


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">i", len(body) + 4) + body


LET_IN = message(b"R", b"\0\0\0\0") + message(b"S", b"in_hot_standby\0on\0") + message(b"K", b"12345678")
REFUSED = message(b"E", b"SFATAL\0C28000\0Mrole does not exist\0RInitializeSessionUserId\0\0")


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        (message(b"R", b"\0\0\0\x05salt"), LoginAnswer("R")),
        (LET_IN + message(b"Z", b"I"), LoginAnswer("Z", parameters={"in_hot_standby": "on"})),
        (LET_IN + REFUSED, LoginAnswer("E", "28000", "role does not exist", "InitializeSessionUserId")),
        (b"Ecould not fork new process\n\0", LoginAnswer("E", message="could not fork new process")),
        (b"HTTP/1.1 400 Bad Request", LoginAnswer("")),
    ],
)
def test_the_outcome_of_a_login_is_read_whole(received, answer):
    """A login that needs no password is not accepted before the server says so."""
    assert has_ended(received)
    assert login_answer(received) == answer


@pytest.mark.parametrize("received", [b"", b"R\0\0\0", message(b"R", b"\0\0\0\0"), LET_IN, LET_IN + REFUSED[:9]])
def test_a_login_that_has_not_ended(received):
    assert not has_ended(received)
