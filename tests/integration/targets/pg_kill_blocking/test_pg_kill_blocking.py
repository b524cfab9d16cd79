from __future__ import annotations

import http.server
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.ending import Ending
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.entry import Login
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.postgres import connect
from ansible_collections.pafar.runbook.plugins.module_utils._domain.mercy import Mercy
from ansible_collections.pafar.runbook.plugins.module_utils._domain.rounds import Signal
from ansible_collections.pafar.runbook.plugins.module_utils._domain.unblocking import Bounds, judge

from support.clients import lock_waiters, until
from support.modules import run_module
from support.scenes import alter_queue, held, row_storm
from support.servers import PASSWORD, client_tool, free_port

WIDE = {"min_waiting": 0, "max_share": 1.0, "settle": 1.0}


def kill(server, check=False, user="oncall", **options):
    result = run_module("pg_kill_blocking", check=check, **server.login(user), **{**WIDE, **options})
    assert "msg" not in result, result["msg"]
    return result


def refused(server, check=False, user="oncall", **options):
    result = run_module("pg_kill_blocking", check=check, **server.login(user), **{**WIDE, **options})
    assert result.get("failed"), result
    assert "Traceback" not in str(result)
    return result


def pids(entries):
    return sorted(entry["pid"] for entry in entries)


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
    assert pids(done["ended"]) == [holder.pid]
    assert (done["waiters_after"], done["rounds"], done["stuck"]) == (0, 1, [])
    assert done["seconds_to_relief"] < 2
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
    reader.send("SELECT pg_sleep(60)")
    time.sleep(0.1)
    done = kill(server)
    assert [(e["pid"], e["action"]) for e in done["ended"]] == [(alter.pid, "cancelled")]
    assert reader.fate() == "alive"
    assert {c.fate() for c in readers} == {"alive"}
    assert done["waiters_after"] == 0


def test_a_savepoint_keeps_the_lock_over_a_cancel_so_it_is_followed_up(server, session):
    holder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 3", "SAVEPOINT s")
    holder.send("SELECT pg_sleep(60)")
    waiter = session().send("UPDATE bookings SET seats = 2 WHERE id = 3")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, grace=0.5)
    assert [(e["pid"], e["action"]) for e in done["ended"]] == [(holder.pid, "terminated")]
    assert waiter.fate() == "alive"
    assert lock_waiters(server) == 0


def test_of_two_sharers_the_second_shows_when_the_first_is_gone(server, session):
    sharers = [held(session, "SELECT * FROM bookings WHERE id = 4 FOR SHARE") for dummy in range(2)]
    session().send("UPDATE bookings SET seats = 2 WHERE id = 4")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server)
    assert pids(done["ended"]) == sorted(c.pid for c in sharers)
    assert done["rounds"] == 2
    assert done["waiters_after"] == 0


def cascade(server, session, length=3):
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 9")
    queue = []
    for n in range(length):
        waiter = session()
        waiter.run("BEGIN")
        waiter.send("UPDATE bookings SET seats = 4 WHERE id = 9")
        queue.append(waiter)
        until(lambda n=n: lock_waiters(server) == n + 1)
    return holder, queue


def test_a_cascade_is_followed_round_by_round(server, session):
    holder, queue = cascade(server, session)
    done = kill(server)
    assert done["waiters_after"] == 0
    assert done["rounds"] == 3
    assert pids(done["ended"]) == sorted([holder.pid, queue[0].pid, queue[1].pid])


def test_an_approved_run_does_not_follow_a_cascade(server, session):
    holder, dummy = cascade(server, session)
    planned = kill(server, check=True)
    done = kill(server, only=[a["target"] for a in planned["plan"]["actions"]])
    assert pids(done["ended"]) == [holder.pid]
    assert "nobody else may be ended" in done["stopped"]


def test_the_share_is_of_all_rounds_together(server, session):
    cascade(server, session, 4)
    done = kill(server, max_share=0.2)
    assert len(done["ended"]) == 1
    assert "nobody else may be ended" in done["stopped"]


def test_what_was_not_approved_may_be_followed_when_asked(server, session):
    cascade(server, session)
    planned = kill(server, check=True)
    done = kill(server, only=[a["target"] for a in planned["plan"]["actions"]], follow=True)
    assert done["waiters_after"] == 0
    assert done["rounds"] == 3


def test_half_of_a_pair_is_not_ended_for_nothing(server, session):
    readers = [held(session, "SELECT count(*) FROM payments") for dummy in range(2)]
    session("migration").send("ALTER TABLE payments ADD half text")
    until(lambda: lock_waiters(server) == 1)
    planned = kill(server, check=True, strategy="roots")
    assert len(planned["plan"]["actions"]) == 2
    half = refused(server, strategy="roots", only=[planned["plan"]["actions"][0]["target"]])
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
    assert pids(done["ended"]) == [migration.pid]
    assert {client.fate() for client in readers} == {"alive"}


def test_a_session_level_advisory_lock_outlives_a_cancel(server, session):
    holder = session()
    holder.run("SELECT pg_advisory_lock(5)")
    holder.send("SELECT pg_sleep(60)")
    waiter = session().send("SELECT pg_advisory_lock(5)")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, grace=0.5)
    assert [(e["pid"], e["action"]) for e in done["ended"]] == [(holder.pid, "terminated")]
    assert waiter.fate() == "alive"


def test_a_wait_for_a_safe_snapshot_is_relieved_like_the_others(server, session):
    writer = session()
    writer.run("BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE bookings SET seats = 1 WHERE id = 8")
    waiter = session()
    waiter.send("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM bookings")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SafeSnapshot'"))
    done = kill(server)
    assert pids(done["ended"]) == [writer.pid]
    assert waiter.fate() == "alive"


def test_a_session_whose_activity_is_not_tracked_is_spared(server, session):
    holder = session(user="postgres")
    holder.run("SET track_activities = off")
    holder.run("SET SESSION AUTHORIZATION app")
    holder.run("BEGIN")
    holder.run("UPDATE bookings SET seats = 1 WHERE id = 16")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 16")
    until(lambda: lock_waiters(server) == 1)
    result = kill(server, user="postgres", spare_superusers=False)
    assert result["ended"] == []
    assert "track_activities" in result["plan"]["spared"][0]["reason"]


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
        picture = postgres.look()
        locker.run("ROLLBACK")
        judged = judge(picture, Mercy(own_pid=postgres.pid), Bounds(0, 10, 1.0))
    assert judged.plan.actions == ()
    assert "could not be read" in judged.plan.spared[0].reason


def test_a_run_in_another_database_counts_as_another_run(server, session):
    row_storm(server, session, 2)
    server.run("GRANT CONNECT ON DATABASE other TO oncall")
    elsewhere = psycopg2.connect(server.dsn(user="oncall", password=PASSWORD, dbname="other"))
    elsewhere.cursor().execute("SELECT pg_try_advisory_lock(%s)", (0x70616661720001,))
    assert refused(server)["error"] == "BusyError"
    elsewhere.close()


def test_rounds_are_bounded(server, session):
    cascade(server, session)
    done = kill(server, max_rounds=2)
    assert done["rounds"] == 2
    assert "max_rounds" in done["stopped"]


def test_an_application_that_retries_stops_it(server, session):
    """Whoever loses or gets its turn queues up again at once, behind a second holder: no end of victims."""
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 14")
    second = held(session, "UPDATE bookings SET seats = 3 WHERE id = 15")
    queue = [session().ready() for dummy in range(6)]
    for waiter in queue:
        waiter.send("UPDATE bookings SET seats = 2 WHERE id = 14")
    until(lambda: lock_waiters(server) == 6)

    stop = threading.Event()

    def retry():
        waiting = list(queue)
        while waiting and not stop.is_set():
            for waiter in [w for w in waiting if w.done()]:
                waiter.send("UPDATE bookings SET seats = 2 WHERE id = 15")
                waiting.remove(waiter)
            time.sleep(0.001)

    application = threading.Thread(target=retry)
    application.start()
    try:
        # The picture after the act is taken when the queue has filled up again.
        done = kill(server, settle=1.0)
    finally:
        stop.set()
        application.join()
    assert pids(done["ended"]) == [holder.pid]
    assert second.fate() == "alive"
    assert done["rounds"] == 1
    assert "queued up again" in done["stopped"]


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
    spared = kill(server)
    assert spared["ended"] == []
    assert "not allowed" in spared["plan"]["spared"][0]["reason"]
    denied = kill(server, allow_prepared=True)
    assert "only its owner or a superuser" in denied["plan"]["spared"][0]["reason"]
    done = kill(server, user="postgres", allow_prepared=True)
    assert [e["action"] for e in done["ended"]] == ["rolled back"]
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
    assert "no longer stands" in result["plan"]["spared"][0]["reason"]


def test_the_guard_holds_in_the_last_moment(server, session):
    """What the plan saw has changed when the statement arrives: it selects nobody."""
    holder, queue = row_storm(server, session, 2)
    login = Login(host="127.0.0.1", port=server.port, user="oncall", password=PASSWORD)
    with connect(login) as postgres:
        ending = Ending(postgres)
        victim = postgres.look().sessions[holder.pid]
        assert not ending.signal(Signal(victim, "terminate", (holder.pid,)))  # waits for nobody
        holder.run("SELECT 1")  # same transaction, another state_change: it is at work again
        assert not ending.signal(Signal(victim, "terminate", (queue[0].pid,)))
        fresh = postgres.look().sessions[holder.pid]
        assert ending.signal(Signal(fresh, "terminate", (queue[0].pid, queue[1].pid)))
    until(lambda: holder.fate() == "terminated")


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
            done = kill(server, strategy="roots")
            assert done["ended"] == []
            assert {s["reason"] for s in done["plan"]["spared"]} >= {"is a backup"}
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
    planned = kill(server, check=True, strategy="gates")
    spared = {s["pid"]: s["reason"] for s in planned["plan"]["spared"]}
    assert "builds an index" in spared[builder.pid]
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
    assert "superuser" in kill(server)["plan"]["spared"][0]["reason"]
    asked = kill(server, user="postgres", spare_superusers=False, spare_roles=["postgres"])
    assert asked["plan"]["spared"][0]["reason"] == "role postgres is spared"
    pattern = kill(server, user="postgres", spare_superusers=False, spare_queries=["seats = 1\\b"])
    assert "spared pattern" in pattern["plan"]["spared"][0]["reason"]
    assert boss.fate() == "alive"
    done = kill(server, user="postgres", spare_superusers=False)
    assert pids(done["ended"]) == [boss.pid]


def test_two_runs_never_act_at_once(server, session):
    holder, dummy = row_storm(server, session, 2)
    other = psycopg2.connect(server.dsn(user="oncall"), application_name="pafar.runbook")
    other.cursor().execute("SELECT pg_try_advisory_lock(%s)", (0x70616661720001,))
    result = refused(server)
    assert result["error"] == "BusyError"
    assert "pafar.runbook" in result["msg"]
    assert holder.fate() == "alive"
    other.close()
    assert pids(kill(server)["ended"]) == [holder.pid]


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
            ({"login_port": 1}, "Nobody listens there"),
            ({"login_port": 0}, "login_port must be between 1 and 65535"),
            ({"login_password": "hunter2-wrong"}, "Check login_user and login_password"),
            ({"login_user": "nobody-here"}, "password authentication failed"),
            ({"login_db": "nowhere"}, "Check login_user and login_db"),
            ({"login_unix_socket": "/nonexistent"}, "There is no socket"),
            ({"max_victims": 0}, "max_victims is 0 and must be at least 1"),
            ({"max_share": 0}, "max_share is 0 and must be more than 0"),
            ({"max_rounds": 0}, "max_rounds is 0"),
            ({"grace": float("nan")}, "grace is nan and must be a number"),
            ({"statement_timeout": float("inf")}, "statement_timeout is inf and must be a number"),
            ({"min_waiting": -1}, "min_waiting is -1"),
            ({"statement_timeout": 0}, "a limit of 0 (none) is refused"),
            ({"spare_queries": ["("]}, "is no regular expression"),
            ({"only": ["4711"]}, "names no session"),
            ({"only": ["4711@x; DROP TABLE bookings"]}, "names no session"),
            (
                {"only": ["4711@20261123T145635.123456Z/20261123T145640.000001Z"]},
                "still wait, for other reasons",
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
        assert "login_port of PostgreSQL itself" in result["msg"]


@pytest.fixture
def pooler(server):
    """A real PgBouncer in transaction mode, where the machine has one."""
    binary = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if not binary:
        pytest.skip("NOT RUN: no pgbouncer on this machine (on Debian: apt-get install pgbouncer)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pafar-pooler-") as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "users.txt").write_text(f'"oncall" "{PASSWORD}"\n')
        (home / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = plain\nauth_file = {home}/users.txt\n"
            "pool_mode = transaction\nunix_socket_dir =\n"
        )
        who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        quiet = subprocess.DEVNULL
        with subprocess.Popen([binary, str(home / "pgbouncer.ini")], stdout=quiet, stderr=quiet, **who) as process:
            try:
                until(lambda: _answers(port), what="pgbouncer")
                yield port
            finally:
                process.terminate()


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
