"""What it does not even begin."""

from __future__ import annotations

import http.server
import threading

import pytest

from support.clients import lock_waiters
from support.killing import WIDE, refused
from support.modules import run_module
from support.poolers import pgbouncer
from support.scenes import row_storm
from support.servers import PASSWORD


class TestRefusals:
    """One paragraph that says what, to what, and what to do next; nothing changed, no secret shown."""

    @pytest.fixture(autouse=True)
    def nothing_changes(self, server, session):
        holder, dummy = row_storm(server, session, 2)
        yield
        assert holder.fate() == "alive"
        assert lock_waiters(server) == 2

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"login_host": "no-such-host.invalid"}, "Check login_host"),
            ({"login_port": 1}, "No server listens there"),
            ({"login_port": 0}, "login_port must be between 1 and 65535"),
            ({"login_password": "hunter2-wrong"}, "Check login_user and login_password"),
            ({"login_user": "nobody-here"}, "password authentication failed"),
            ({"login_db": "nowhere"}, "Check login_user and login_db"),
            ({"login_unix_socket": "/nonexistent"}, "The socket does not exist"),
            ({"max_terminations": 0}, "max_terminations is 0 and must be at least 1"),
            ({"max_share": 0}, "max_share is 0 and must be more than 0"),
            ({"max_rounds": 0}, "max_rounds is 0"),
            ({"grace": float("nan")}, "grace is nan and must be a number"),
            ({"statement_timeout": float("inf")}, "statement_timeout is inf and must be a number"),
            ({"min_waiting": -1}, "min_waiting is -1"),
            ({"statement_timeout": 0}, "every query must have a limit"),
            ({"exclude_queries": ["("]}, "is not a valid regular expression"),
            ({"only": ["4711"]}, "does not identify a session"),
            ({"only": ["4711@x; DROP TABLE bookings"]}, "does not identify a session"),
            (
                {"only": ["4711@20261123T145635.123456Z/20261123T145640.000001Z"]},
                "is in the present plan",
            ),
            ({"strategy": "all"}, "value of strategy must be one of"),
            ({"max_victim": 3}, "Unsupported parameters"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
    )
    def test_of_what_cannot_work(self, server, options, says):
        for check in (True, False):
            result = run_module("pg_kill_blocking", check=check, **{**server.login("oncall"), **WIDE, **options})
            assert result["failed"]
            assert says in result["msg"]
            assert "\n" not in result["msg"]
            assert "hunter2" not in str(result)
            assert PASSWORD not in str(result)

    def test_of_a_login_that_sees_only_part(self, server):
        result = refused(server, user="stranger")
        assert result["error"] == "PrivilegeError"
        assert "GRANT pg_monitor, pg_signal_backend TO stranger" in result["msg"]

    def test_of_a_login_that_may_look_and_not_end(self, server):
        server.run(
            "DROP ROLE IF EXISTS watcher",
            f"CREATE ROLE watcher LOGIN PASSWORD '{PASSWORD}'",
            "GRANT pg_monitor TO watcher",
        )
        result = refused(server, user="watcher", check=True)
        assert result["error"] == "PrivilegeError"
        assert "GRANT pg_signal_backend TO watcher" in result["msg"]

    def test_of_something_that_is_no_postgresql(self, server):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as web:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            result = run_module("pg_kill_blocking", **{**server.login("oncall"), "login_port": web.server_port})
            web.shutdown()
        assert result["failed"]
        assert "PostgreSQL" in result["msg"]
        assert "\n" not in result["msg"]

    def test_of_a_pooler_in_transaction_mode(self, server, pooler):
        result = run_module("pg_kill_blocking", **{**server.login("oncall"), "login_port": pooler})
        assert result["error"] == "PoolerInTheWay"
        assert "login_port to PostgreSQL itself" in result["msg"]


@pytest.fixture
def pooler(server):
    with pgbouncer(server) as port:
        yield port
