"""What libpq and servers say, and what we make of it; the texts were recorded from real ones."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import (
    ConnectError,
    LoginRefused,
    NoSlotLeft,
    NotPostgres,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login, _refusal

AT = 'connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        pytest.param(AT + "Connection refused\n\tIs the server running?", ConnectError, "Nobody listens", id="down"),
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
            "not as PostgreSQL",
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
    refusal, maybe_full = _refusal(Login(host="127.0.0.1", user="oncall", password="hunter2"), said)
    assert maybe_full == (kind is NoSlotLeft or "tut mir leid" in said)
    assert refusal.__class__ is kind
    assert advice in str(refusal)
    assert "Nothing was done" in str(refusal)
    assert "\n" not in str(refusal)


def test_a_password_is_never_repeated():
    said = AT + 'FATAL: could not use "hunter2"'
    assert "hunter2" not in str(_refusal(Login(password="hunter2"), said)[0])
    assert "hunter2" not in Login(password="hunter2").where
