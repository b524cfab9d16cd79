"""pg_preflight_info against real servers: ready where it is, not ready where it was broken on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from support.modules import run_module
from support.servers import PASSWORD, password_hash


def checks(server: Any, user: str = "oncall", **options: Any) -> dict[str, dict[str, Any]]:
    found = run_module("pg_preflight_info", **{**server.login(user), **options})
    assert "failed" not in found, found
    assert all(one["ready"] or one["remedy"] for one in found["checks"])
    assert PASSWORD not in str(found)
    return {one["check"]: one for one in found["checks"]}


def test_ready(counted):
    found = checks(counted)
    for name in ("is reached", "sees every session", "may end sessions", "connects when it is full", "slots in reserve",
                 "statements are counted", "wraparound is far", "the clock agrees with the database",
                 "no unused slot keeps WAL", "the database's disk has room"):  # fmt: skip
        assert found[name]["ready"] is True, found[name]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("sees every session", "GRANT pg_monitor TO stranger"),
        ("may end sessions", "GRANT pg_signal_backend TO stranger"),
        ("connects when it is full", "ALTER ROLE stranger REPLICATION"),
    ],
)
def test_a_login_that_may_too_little(counted, name, remedy):
    found = checks(counted, "stranger")[name]
    assert found["ready"] is False
    assert remedy in found["remedy"]


@pytest.fixture
def second_superuser(server):
    server.run(f"CREATE ROLE \"App-Owner\" LOGIN SUPERUSER PASSWORD '{password_hash(PASSWORD)}'")
    yield "App-Owner"
    server.run('DROP ROLE "App-Owner"')


@pytest.mark.parametrize("application", ["gunicorn", "PostgreSQL JDBC Driver", ""])
def test_an_application_that_logs_in_as_a_superuser_is_out_of_reach(server, session, second_superuser, application):
    """As POSTGRES_USER of the official image; a right to signal does not reach its sessions."""
    for dummy in range(6):
        session(application, user="postgres").ready()
    found = checks(server)["may end sessions"]
    assert found["ready"] is False
    assert "but not these sessions of superusers: 6 of " in found["found"]
    assert found["remedy"].endswith("runbook_application_superusers: [postgres]")
    for dummy in range(2):
        session(application, user=second_superuser).ready()
    assert checks(server)["may end sessions"]["remedy"].endswith(': ["App-Owner", postgres]')
    known = {"application_superusers": ["postgres", second_superuser]}
    assert checks(server, user="postgres", **known)["may end sessions"]["ready"] is True
    assert checks(server, **known)["may end sessions"]["ready"] is False, "only a superuser may end one"


@pytest.mark.parametrize(
    ("number", "given"),
    [
        pytest.param(6, {"application": "gunicorn", "user": "app"}, id="a role of its own"),
        pytest.param(3, {"application": "psql", "user": "postgres"}, id="operators"),
        pytest.param(3, {"application": "postgres_exporter", "user": "postgres"}, id="monitoring"),
        pytest.param(1, {"application": "gunicorn", "user": "postgres"}, id="one session"),
    ],
)
def test_sessions_that_are_in_reach_or_no_application_s(server, session, number, given):
    for dummy in range(number):
        session(**given).ready()
    assert checks(server)["may end sessions"]["ready"] is True


def test_not_ready_where_nothing_is_counted(server):
    found = checks(server)["statements are counted"]
    assert found["ready"] is False
    assert "pg_stat_statements" in found["found"]


def test_a_slot_for_nobody_and_full_slots(server):
    server.run("SELECT pg_create_physical_replication_slot('dead', true)", "ALTER ROLE app CONNECTION LIMIT 1")
    try:
        found = checks(server)
        assert "pg_drop_replication_slot('dead')" in found["no unused slot keeps WAL"]["remedy"]
        assert found["room under the limit of role app"]["ready"] is True
    finally:
        server.run("SELECT pg_drop_replication_slot('dead')", "ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.parametrize("options", [{"login_port": 1}, {"login_password": "wrong"}, {"login_db": "nowhere"}])
def test_a_server_that_is_not_reached_is_a_check_and_no_failure(server, options):
    found = checks(server, **options)
    assert set(found) == {"is reached"}
    assert found["is reached"]["ready"] is False
