"""Who is never ended."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.scenes import held, row_storm
from support.servers import PASSWORD, client_tool


def test_a_session_whose_activity_is_not_tracked_is_spared(server, session):
    holder = session(user="postgres")
    holder.run("SET track_activities = off")
    holder.run("SET SESSION AUTHORIZATION app")
    holder.run("BEGIN")
    holder.run("UPDATE bookings SET seats = 1 WHERE id = 16")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 16")
    until(lambda: lock_waiters(server) == 1)
    result = kill(server, user="postgres", exclude_superusers=False)
    assert result["acted_on"] == []
    assert "track_activities" in result["plan"]["excluded"][0]["reason"]


def test_what_cannot_be_read_is_spared_and_not_presumed_unlisted(server, session):
    row_storm(server, session, 2)
    locker = session(user="postgres")
    locker.run("BEGIN")
    locker.run("LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE")
    # A new login would wait for that lock itself; this one was made before.
    locker.run("ROLLBACK")
    login = Login(host="127.0.0.1", port=server.port, user="oncall", password=PASSWORD, lock_timeout=0.3)
    with connect(login) as postgres:
        locker.run("BEGIN")
        locker.run("LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE")
        snapshot = read_snapshot(postgres)
        locker.run("ROLLBACK")
        judged = judge(snapshot, Exclusions(own_pid=postgres.pid), Bounds(0, 10, 1.0))
    assert judged.plan.actions == ()
    assert "could not be read" in judged.plan.excluded[0].reason


def test_replication_and_backups_are_there_and_stay(server, session):
    receive = [
        client_tool("pg_basebackup"),
        "-D",
        "-",
        "-Ft",
        "-X",
        "none",
        "-r",
        "64k",
        "-d",
        server.dsn(user="oncall", dbname="postgres"),
    ]
    with subprocess.Popen([str(a) for a in receive], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as backup:
        try:
            until(lambda: server.value("SELECT count(*) FROM pg_stat_replication"), what="the base backup")
            dump = held(session, "LOCK TABLE payments IN ACCESS SHARE MODE", application="pg_dump")
            alter = session("migration").send("ALTER TABLE payments ADD more text")
            until(lambda: lock_waiters(server) == 1)
            done = kill(server, strategy="root_blockers")
            assert done["acted_on"] == []
            assert {s["reason"] for s in done["plan"]["excluded"]} >= {"is a backup"}
            assert dump.fate() == "alive"
            assert alter.fate() == "alive"
            assert backup.poll() is None
        finally:
            backup.terminate()


def test_an_index_in_the_making_is_spared(server, session):
    """It is a gate, the cheapest cut, and still not touched."""
    held(session, "UPDATE bookings SET seats = 1 WHERE id = 12")
    builder = session().send("CREATE INDEX CONCURRENTLY seats_index ON bookings (seats)")
    until(lambda: lock_waiters(server) == 1)
    session().send("ANALYZE bookings")  # waits for nobody else
    until(lambda: lock_waiters(server) == 2)
    planned = kill(server, check=True, strategy="queued_blockers")
    excluded = {s["pid"]: s["reason"] for s in planned["plan"]["excluded"]}
    assert "builds an index" in excluded[builder.pid]
    assert planned["plan"]["actions"] == []
    builder.connection.close()
    server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
        "DROP INDEX IF EXISTS seats_index",
    )


def test_superusers_roles_applications_and_patterns_are_spared(server, session):
    boss = held(session, "UPDATE bookings SET seats = 1 WHERE id = 13", user="postgres")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 13")
    until(lambda: lock_waiters(server) == 1)
    assert "superuser" in kill(server)["plan"]["excluded"][0]["reason"]
    asked = kill(server, user="postgres", exclude_superusers=False, exclude_roles=["postgres"])
    assert asked["plan"]["excluded"][0]["reason"] == "role postgres is excluded"
    pattern = kill(server, user="postgres", exclude_superusers=False, exclude_queries=["seats = 1\\b"])
    assert "excluded pattern" in pattern["plan"]["excluded"][0]["reason"]
    assert boss.fate() == "alive"
    done = kill(server, user="postgres", exclude_superusers=False)
    assert pids(done["acted_on"]) == [boss.pid]


@pytest.mark.parametrize("application", ["gunicorn", "PostgreSQL JDBC Driver", ""])
def test_a_superuser_as_which_the_application_logs_in_is_ended_where_the_site_names_it(server, session, application):
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 14", user="postgres", application=application)
    waiter = session().send("UPDATE bookings SET seats = 2 WHERE id = 14")
    until(lambda: lock_waiters(server) == 1)
    for user, options, says in (
        ("oncall", {}, "if the application logs in as it, see application_superusers"),
        ("postgres", {}, "if the application logs in as it, see application_superusers"),
        ("postgres", {"application_superusers": ["app", "boss"]}, "role postgres is a superuser"),
        ("oncall", {"application_superusers": ["postgres"]}, "only a superuser may terminate"),
    ):
        plan = kill(server, user=user, **options)["plan"]
        assert (plan["actions"], says in plan["excluded"][0]["reason"]) == ([], True), plan["excluded"]
    done = kill(server, user="postgres", application_superusers=["postgres"])
    assert pids(done["acted_on"]) == [root.pid]
    assert waiter.fate() == "alive"


@pytest.mark.parametrize("application", ["psql", "pgAdmin 4 - DB:postgres", "postgres_exporter"])
def test_the_tools_of_operators_stay_also_where_the_application_has_their_role(server, session, application):
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 15", user="postgres", application=application)
    session().send("UPDATE bookings SET seats = 2 WHERE id = 15")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, user="postgres", application_superusers=["postgres"])
    assert done["acted_on"] == []
    assert "operator" in done["plan"]["excluded"][0]["reason"]
    assert root.fate() == "alive"
