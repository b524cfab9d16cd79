"""Whom it ends, how, and the guard that it is still the same session."""

from __future__ import annotations

import threading

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import BusyError
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.queries import ACT_LOCK_KEY, ACT_LOCK_OWNER
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.terminate import Ending
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Signal

from support.clients import lock_waiters, until
from support.killing import kill, pids, refused
from support.modules import run_module
from support.scenes import alter_queue, at_work, held, row_storm
from support.servers import PASSWORD


def test_check_real_check_again_and_again(server, session):
    holder, queue = row_storm(server, session, 20)
    planned = kill(server, check=True)
    assert planned["changed"]
    assert (planned["waiters_before"], planned["waiters_after"], planned["rounds"]) == (20, 20, 0)
    assert lock_waiters(server) == 20
    assert holder.fate() == "alive"
    done = kill(server)
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert [a["target"] for a in done["plan"]["actions"]] == [a["target"] for a in planned["plan"]["actions"]]
    assert pids(done["acted_on"]) == [holder.pid]
    assert (done["waiters_after"], done["rounds"], done["still_present"]) == (0, 1, [])
    assert done["seconds_to_recovery"] >= 0
    assert holder.fate() == "terminated"
    assert {c.fate() for c in queue} == {"alive"}
    for check in (True, False):
        quiet = kill(server, check=check)
        assert not quiet["changed"]
        assert quiet["plan"]["actions"] == []


def test_check_mode_sends_nothing_that_ends_anything(server, session):
    row_storm(server, session, 3)
    before = len(server.log.read_bytes())
    kill(server, check=True)
    said = server.log.read_bytes()[before:].decode(errors="replace")
    assert "pg_lock_status" in said  # the server's log does show what was sent
    for word in ("pg_terminate_backend", "pg_cancel_backend", "ROLLBACK PREPARED", "advisory_lock"):
        assert word not in said


def test_the_alter_goes_and_the_long_reader_stays(server, session):
    reader, alter, readers = alter_queue(server, session)
    reader.send("SELECT pg_sleep(3600)")
    at_work(reader)
    done = kill(server)
    assert [(e["pid"], e["action"]) for e in done["acted_on"]] == [(alter.pid, "cancelled")]
    assert reader.fate() == "alive"
    assert {c.fate() for c in readers} == {"alive"}
    assert done["waiters_after"] == 0


def test_half_of_a_pair_is_not_ended_for_nothing(server, session):
    readers = [held(session, "SELECT count(*) FROM payments") for dummy in range(2)]
    session("migration").send("ALTER TABLE payments ADD half text")
    until(lambda: lock_waiters(server) == 1)
    planned = kill(server, check=True, strategy="root_blockers")
    assert len(planned["plan"]["actions"]) == 2
    half = refused(server, strategy="root_blockers", only=[planned["plan"]["actions"][0]["target"]])
    assert half["error"] == "StaleApproval"
    assert {client.fate() for client in readers} == {"alive"}


def test_a_migration_that_already_holds_a_table_goes_when_nothing_else_helps(server, session):
    held(session, "SELECT count(*) FROM payments", application="pg_dump")
    migration = held(session, "ALTER TABLE bookings ADD extra text", application="migration")
    migration.send("ALTER TABLE payments ADD extra text")
    until(lambda: lock_waiters(server) == 1)
    readers = [session().send("SELECT * FROM bookings WHERE id = 1") for dummy in range(3)]
    until(lambda: lock_waiters(server) == 4)
    done = kill(server)
    assert pids(done["acted_on"]) == [migration.pid]
    assert {client.fate() for client in readers} == {"alive"}


def test_a_session_level_advisory_lock_outlives_a_cancel(server, session):
    holder = session()
    holder.run("SELECT pg_advisory_lock(5)")
    holder.send("SELECT pg_sleep(3600)")
    waiter = session().send("SELECT pg_advisory_lock(5)")
    until(lambda: lock_waiters(server) == 1)
    root = run_module("pg_activity_info", **server.login("oncall"))["root_blockers"][0]
    done = kill(server, grace=0.5, only=[root["target"]])  # such a wait is by design until a person says otherwise
    assert [(e["pid"], e["action"]) for e in done["acted_on"]] == [(holder.pid, "terminated")]
    assert waiter.fate() == "alive"


def test_a_wait_for_a_safe_snapshot_is_relieved_like_the_others(server, session):
    writer = session()
    writer.run("BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE bookings SET seats = 1 WHERE id = 8")
    waiter = session()
    waiter.send("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM bookings")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SafeSnapshot'"))
    (action,) = kill(server)["plan"]["actions"]
    assert writer.fate() == "alive"
    assert "to free 1 (maintenance, a backup, replication," in action["needs_approval"]
    done = kill(server, only=[action["target"]])
    assert pids(done["acted_on"]) == [writer.pid]
    assert waiter.fate() == "alive"


def test_a_run_in_another_database_counts_as_another_run(server, session):
    row_storm(server, session, 2)
    server.run("GRANT CONNECT ON DATABASE other TO oncall")
    elsewhere = psycopg2.connect(server.dsn(user="oncall", password=PASSWORD, dbname="other"))
    elsewhere.cursor().execute("SELECT pg_try_advisory_lock(%s)", (0x70616661720001,))
    assert refused(server)["error"] == "BusyError"
    elsewhere.close()


@pytest.mark.parametrize("database", ["postgres", "other"])
def test_a_prepared_transaction_goes_only_when_allowed(server, session, database):
    if database == "other":
        server.run("CREATE TABLE IF NOT EXISTS trips (id int PRIMARY KEY, n int)", dbname="other")
        server.run(
            "INSERT INTO trips VALUES (1, 1) ON CONFLICT DO NOTHING",
            "ALTER TABLE trips OWNER TO app",
            dbname="other",
        )
        statement = "UPDATE trips SET n = 2 WHERE id = 1"
    else:
        statement = "UPDATE bookings SET seats = 1 WHERE id = 6"
    maker = session(db=database)
    maker.run("BEGIN")
    maker.run(statement)
    maker.run("PREPARE TRANSACTION 'it''s \u00e9 6; x'")
    waiter = session(db=database).send(statement)
    until(lambda: lock_waiters(server) == 1)
    excluded = kill(server)
    assert excluded["acted_on"] == []
    assert f"in database {database}: COMMIT PREPARED 'it''s" in excluded["plan"]["excluded"][0]["reason"]
    denied = kill(server, allow_prepared=True)
    assert "only its owner or a superuser" in denied["plan"]["excluded"][0]["reason"]
    done = kill(server, user="postgres", allow_prepared=True)
    assert [e["action"] for e in done["acted_on"]] == ["rolled back"]
    assert waiter.fate() == "alive"
    assert server.value("SELECT count(*) FROM pg_prepared_xacts") == 0


def test_a_session_in_its_next_transaction_is_another_target(server, session):
    """As behind a pooler: the same backend, another client's work."""
    holder, queue = row_storm(server, session, 2)
    target = kill(server, check=True)["plan"]["actions"][0]["target"]
    holder.run("COMMIT")
    until(lambda: lock_waiters(server) == 0)
    holder.run("BEGIN")
    holder.run("UPDATE bookings SET seats = 3 WHERE id = 1")
    for waiter in queue:
        waiter.fate()
        waiter.send("UPDATE bookings SET seats = seats - 1 WHERE id = 1")
    until(lambda: lock_waiters(server) == 2)
    result = refused(server, only=[target])
    assert result["error"] == "StaleApproval"
    assert holder.fate() == "alive"


def test_a_target_that_is_gone_does_no_harm_when_nobody_waits(server):
    gone = "4711@20261123T145635.123456Z/20261123T145640.000001Z"
    result = kill(server, only=[gone])
    assert not result["changed"]
    assert "not in the present plan" in result["plan"]["excluded"][0]["reason"]


def test_the_guard_holds_in_the_last_moment(server, session):
    """What the plan saw has changed when the statement arrives: it selects nobody."""
    holder, queue = row_storm(server, session, 2)
    login = Login(host="127.0.0.1", port=server.port, user="oncall", password=PASSWORD)
    with connect(login) as postgres:
        ending = Ending(postgres)
        victim = read_snapshot(postgres).sessions[holder.pid]
        assert not ending.signal(Signal(victim, "terminate", (holder.pid,)))  # waits for nobody
        holder.run("SELECT 1")  # same transaction, another state_change: it is at work again
        assert not ending.signal(Signal(victim, "terminate", (queue[0].pid,)))
        fresh = read_snapshot(postgres).sessions[holder.pid]
        assert ending.signal(Signal(fresh, "terminate", (queue[0].pid, queue[1].pid)))
    until(lambda: holder.fate() == "terminated")


def test_two_runs_never_act_at_once(server, session):
    holder, dummy = row_storm(server, session, 2)
    other = psycopg2.connect(server.dsn(user="oncall"), application_name="pafar.runbook")
    other.cursor().execute("SELECT pg_try_advisory_lock(%s)", (0x70616661720001,))
    result = refused(server)
    assert result["error"] == "BusyError"
    assert "pafar.runbook" in result["msg"]
    assert holder.fate() == "alive"
    other.close()
    assert pids(kill(server)["acted_on"]) == [holder.pid]


@pytest.mark.parametrize(
    "databases", [("postgres", "other"), ("postgres", "postgres"), ("other", "postgres", "template1")]
)
def test_of_runs_that_meet_one_goes_on(server, databases):
    """Never two at once, and never none, in whichever databases they are: the lock itself is one database's."""

    def run(database: str, meet: threading.Barrier, done: threading.Event, got: list[str]) -> None:
        with connect(Login("127.0.0.1", server.port, "oncall", PASSWORD, database)) as postgres:
            meet.wait(60)
            try:
                Ending(postgres).claim()
            except BusyError:
                return
            got.append(database)
            done.wait(60)

    for dummy in range(6):
        meet, done = threading.Barrier(len(databases)), threading.Event()
        got: list[str] = []
        runs = [threading.Thread(target=run, args=(database, meet, done, got)) for database in databases]
        for one in runs:
            one.start()
        until(lambda got=got, runs=runs: _settled(got, runs), 60, "all but one to give way")
        assert len(got) == 1
        done.set()
        for one in runs:
            one.join(60)


def _settled(got: list[str], runs: list[threading.Thread]) -> bool:
    left = sum(one.is_alive() for one in runs)
    return left == 0 or (left == 1 and bool(got))


def test_a_run_that_died_leaves_nothing_taken(server):
    for database in ("postgres", "other", "other", "postgres"):
        with connect(Login("127.0.0.1", server.port, "oncall", PASSWORD, database)) as postgres:
            Ending(postgres).claim()


@pytest.mark.parametrize("database", ["postgres", "other"])
def test_a_lock_that_goes_while_a_run_asks_for_it_is_no_other_run(server, database):
    """The server gives the lock of a closed connection back a moment later; the run waits for that."""
    other = psycopg2.connect(server.dsn(user="oncall"))
    other.cursor().execute("SELECT pg_advisory_lock(%s)", (ACT_LOCK_KEY,))
    with connect(Login("127.0.0.1", server.port, "oncall", PASSWORD, database)) as postgres:
        waits = threading.Event()
        rows = postgres.rows

        def asked(query, **values):
            answer = rows(query, **values)
            if query == ACT_LOCK_OWNER and answer and not waits.is_set():
                waits.set()
                other.close()  # what the run has just seen is about to go
            return answer

        postgres.rows = asked
        Ending(postgres).claim()
        assert waits.is_set()
