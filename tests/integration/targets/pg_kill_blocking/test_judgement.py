"""Which waits are an incident, and whom to end for them."""

from __future__ import annotations

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.terminate import Ending
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Patience, unblocking

from support import scenes
from support.clients import clients, lock_waiters, until
from support.killing import kill, pids
from support.modules import run_module
from support.scenes import at_work, held, lasting, row_storm
from support.servers import PASSWORD, Server, one_per_major


@pytest.mark.parametrize(
    "leads",
    [
        pytest.param(["SELECT pg_advisory_lock(77)"], id="a session lock"),
        pytest.param(["SELECT pg_advisory_lock(7, 7)", "SELECT 1"], id="a session lock of two keys"),
        pytest.param(["BEGIN", "SELECT pg_advisory_xact_lock(77)", "SELECT 1"], id="a transaction lock"),
    ],
)
def test_the_leader_of_an_election_stays_and_hides_no_queue(server, session, leads):
    leader = session("scheduler-1")
    for statement in leads:
        leader.run(statement)
    key = "7, 7" if "(7, 7)" in leads[0] else "77"
    followers = [session(f"scheduler-{n}").send(f"SELECT pg_advisory_lock({key})") for n in (2, 3)]
    until(lambda: lock_waiters(server) == 2)
    told = kill(server, check=True)
    assert told["plan"]["actions"] == []
    assert "by design: 2 sessions wait for advisory lock" in told["plan"]["no_action_reason"]
    assert run_module("pg_activity_info", **server.login("oncall"), min_waiting=0)["long_waiters"] == 0
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 20")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 20")
    until(lambda: lock_waiters(server) == 3)
    assert pids(kill(server)["acted_on"]) == [root.pid]
    assert {one.fate() for one in (leader, *followers)} == {"alive"}


@pytest.mark.parametrize(
    ("sets", "takes"),
    [
        pytest.param([], "SELECT pg_advisory_xact_lock(78)", id="it waits for each"),
        pytest.param(["SET lock_timeout = '20s'"], "SELECT pg_advisory_xact_lock(78)", id="with a long timeout"),
    ],
)
def test_requests_that_pile_up_behind_a_hung_transaction_are_held_with_their_root(server, session, sets, takes):
    hung = held(session, takes)
    at_work(hung.send("SELECT pg_sleep(600)"))
    requests = [session(f"web-{number}") for number in range(7)]
    for request in requests:
        for statement in sets:
            request.run(statement)
        request.send(takes)
    until(lambda: lock_waiters(server) == 7)
    lasting(server, 2.0)
    (action,) = kill(server, min_waiting=2, check=True)["plan"]["actions"]
    assert (action["pid"], action["action"]) == (hung.pid, "cancel")
    assert "whether its work continues is not known" in action["needs_approval"]
    assert kill(server, min_waiting=2)["acted_on"] == []
    assert pids(kill(server, min_waiting=2, only=[action["target"]])["acted_on"]) == [hung.pid]
    assert {request.fate() for request in requests} == {"alive"}


@pytest.fixture(params=sorted(one_per_major()), ids=lambda major: f"pg{major}")
def alone(request):
    """A server whose synchronous standby is not there."""
    settings = {"wal_level": "replica", "synchronous_commit": "on"}  # off: no commit waits for a standby
    with Server(one_per_major()[request.param], settings) as server:
        server.prepare_site()
        server.run(
            "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby1, standby2)'", "SELECT pg_reload_conf()"
        )
        until(lambda: server.value("SHOW synchronous_standby_names"))
        yield server


@pytest.mark.parametrize(
    "commits",
    [
        pytest.param(["BEGIN", "UPDATE bookings SET seats = 3 WHERE id = 1", "COMMIT"], id="a transaction"),
        pytest.param(["UPDATE bookings SET seats = 3 WHERE id = 1"], id="one statement"),
        pytest.param(["BEGIN", "SELECT * FROM bookings WHERE id = 1 FOR UPDATE", "COMMIT"], id="a lock and no row"),
    ],
)
def test_no_commit_that_waits_for_a_standby_is_ended(alone, commits):
    with clients(alone) as session:
        first = session()
        for statement in commits[:-1]:
            first.run(statement)
        first.send(commits[-1])
        until(lambda: alone.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
        queue = [session().send("UPDATE bookings SET seats = seats - 1 WHERE id = 1") for dummy in range(3)]
        until(lambda: lock_waiters(alone) == 3)
        lasting(alone, 1.1, "wait_event = 'SyncRep'")
        done = kill(alone)
        assert done["acted_on"] == []
        assert "synchronous standby" in done["plan"]["excluded"][0]["reason"]
        (state,) = kill(alone, check=True)["facts"]["server_states"]
        assert "synchronous_standby_names = ANY 1 (standby1, standby2), connected: none" in state["text"]
        ended = run_module("pg_end_sessions", **alone.login("oncall"), long_running=0, max_share=1.0)["acted_on"]
        assert ended == []
        assert {client.fate() for client in (first, *queue)} == {"alive"}
        alone.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        assert first.done(60)


@pytest.mark.parametrize(
    ("takes", "holds_on"),
    [
        pytest.param("UPDATE bookings SET seats = seats - 1 WHERE id = 21", "SELECT 1", id="a row, between statements"),
        pytest.param("UPDATE bookings SET seats = seats - 1 WHERE id = 21", "SELECT pg_sleep(60)", id="a row, at work"),
        pytest.param("LOCK TABLE payments IN SHARE ROW EXCLUSIVE MODE; SELECT 1", "SELECT 1", id="a table"),
    ],
)
def test_the_next_in_the_queue_is_healthy_when_it_has_just_got_its_lock(server, session, takes, holds_on):
    root = held(session, takes)
    queue = [session() for dummy in range(3)]
    for number, client in enumerate(queue, 1):
        client.run("BEGIN")
        client.send(f"{takes}; {holds_on}" if "sleep" in holds_on else takes)
        until(lambda number=number: lock_waiters(server) == number)
    lasting(server, 8.0)
    done = kill(server, min_waiting=8)
    assert pids(done["acted_on"]) == [root.pid]
    assert done["stopped"] == ""
    assert (done["after"]["long_waiters"], done["remaining"]) == (0, 0)
    assert "the lock queue is moving: " in done["done"][-1]
    assert {client.fate() for client in queue} == {"alive"}


@pytest.mark.parametrize(
    "works",
    [
        pytest.param(["DECLARE c CURSOR FOR SELECT * FROM payments", "FETCH 1 FROM c"], id="a cursor"),
        pytest.param(["SELECT * FROM payments WHERE id = 1"], id="a transaction of an ORM"),
        pytest.param(["INSERT INTO payments VALUES (-7, 1, 1)", "SELECT 1"], id="one that has written"),
    ],
)
def test_an_alter_goes_before_a_transaction_that_is_between_two_statements(server, session, works):
    reader = held(session, *works, application="report")
    alter = session("migration").send("ALTER TABLE payments ADD between_two text")
    until(lambda: lock_waiters(server) == 1)
    readers = [session().send("SELECT 1 FROM payments LIMIT 1") for dummy in range(4)]
    until(lambda: lock_waiters(server) == 5)
    done = kill(server, min_idle_in_transaction=600)
    assert [(entry["pid"], entry["action"]) for entry in done["acted_on"]] == [(alter.pid, "cancelled")]
    assert {client.fate() for client in (reader, *readers)} == {"alive"}


def test_an_idle_reader_stays_when_a_migration_with_a_short_lock_timeout_waits_for_it(server, session):
    """Requests wait behind the migration for as long as it tries, and then go on."""
    reader = held(session, "SELECT count(*) FROM payments", application="export")
    lasting(server, 3.1, f"pid = {reader.pid}")
    migration = session("migration")
    migration.run("SET lock_timeout = '2s'")
    migration.send("ALTER TABLE payments ADD soon text")
    until(lambda: lock_waiters(server) == 1)
    requests = [session().send("SELECT count(*) FROM payments") for dummy in range(4)]
    until(lambda: lock_waiters(server) == 5)
    done = kill(server, min_waiting=3)
    assert (done["plan"]["actions"], done["acted_on"]) == ([], [])
    assert {client.fate() for client in (reader, *requests)} == {"alive"}


def test_a_leader_by_its_transaction_is_not_ended_unasked(server, session):
    leader = held(session, "SELECT pg_advisory_xact_lock(79)", application="scheduler-1")
    standbys = [session(f"scheduler-{n}").send("SELECT pg_advisory_xact_lock(79)") for n in (2, 3, 4)]
    until(lambda: lock_waiters(server) == 3)
    lasting(server, 5.1, f"pid = {leader.pid}")
    done = kill(server, min_waiting=2)
    assert "it may be the elected leader" in done["plan"]["actions"][0]["needs_approval"]
    assert done["acted_on"] == []
    assert {client.fate() for client in (leader, *standbys)} == {"alive"}


@pytest.mark.parametrize(
    ("before", "ends"),
    [
        pytest.param([], "migration", id="nothing before the ALTER"),
        pytest.param(["BEGIN"], "migration", id="a BEGIN before it"),
        pytest.param(["BEGIN", "SELECT * FROM bookings WHERE id = 1"], "migration", id="a read before it"),
        pytest.param(["BEGIN; UPDATE bookings SET seats = 4 WHERE id = 30"], "report", id="a write before it"),
        pytest.param(["BEGIN; INSERT INTO payments VALUES (-8, 1, 1)"], "report", id="a write to the same table"),
        pytest.param(["BEGIN; CREATE TABLE first_step (n int)"], "report", id="a change of another table"),
    ],
)
def test_a_queued_alter_costs_what_its_transaction_has_done(server, session, before, ends):
    """The reader at work costs 4: more than a statement that has done nothing, less than a transaction that has."""
    reader = session("report")
    reader.send("SELECT count(*), pg_sleep(3600) FROM payments")
    at_work(reader)
    migration = session("migration")
    for statement in before:
        migration.run(statement)
    migration.send("ALTER TABLE payments ADD priced text")
    until(lambda: lock_waiters(server) == 1)
    readers = [session().send("SELECT 1 FROM payments LIMIT 1") for dummy in range(4)]
    until(lambda: lock_waiters(server) == 5)
    planned = kill(server, check=True)
    assert [action["who"].split()[-1] for action in planned["plan"]["actions"]] == [ends]
    assert {client.fate() for client in (reader, migration, *readers)} == {"alive"}


@pytest.mark.parametrize(
    ("works", "options"),
    [
        pytest.param(["SELECT count(*), pg_sleep(3600) FROM payments"], {}, id="reports"),
        pytest.param(["BEGIN", "SELECT 1 FROM payments LIMIT 1"], {"min_idle_in_transaction": 600}, id="transactions"),
        pytest.param(
            ["BEGIN", "DECLARE c CURSOR FOR SELECT * FROM payments", "FETCH 1 FROM c"],
            {"min_idle_in_transaction": 600},
            id="cursors",
        ),
    ],
)
def test_four_that_work_are_not_ended_for_one_that_waits(server, session, works, options):
    readers = [session("report") for dummy in range(4)]
    for reader in readers:
        for statement in works[:-1]:
            reader.run(statement)
        reader.send(works[-1])
        if "sleep" in works[-1]:
            at_work(reader)
        else:
            assert reader.done(60)
    alter = session("migration").send("ALTER TABLE payments ADD weighed text")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, **options)
    assert done["acted_on"] == []
    assert {action["needs_approval"] for action in done["plan"]["actions"]} != {None}
    assert "needs an approval" in done["not_done"][0]["reason"]
    assert {client.fate() for client in (*readers, alter)} == {"alive"}
    (other,) = done["plan"]["alternatives"]
    gave_up = kill(server, only=[action["target"] for action in other["actions"]], **options)
    assert [(entry["pid"], entry["action"]) for entry in gave_up["acted_on"]] == [(alter.pid, "cancelled")]
    assert {client.fate() for client in readers} == {"alive"}


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_clients_with_short_timeouts_are_stuck_behind_a_root_that_is_idle_for_long(server, session, limit):
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 40")
    lasting(server, 8.0, f"pid = {root.pid}")
    queue = [session() for dummy in range(4)]
    for client in queue:
        client.run(f"SET {limit} = '60s'")  # long for the test's sake: what counts is how young the waits are
        client.send("UPDATE bookings SET seats = 2 WHERE id = 40")
    until(lambda: lock_waiters(server) == 4)
    idle = "SELECT floor(extract(epoch FROM now() - state_change))::int FROM pg_stat_activity"
    held_for = server.value(f"{idle} WHERE pid = {root.pid}")
    oldest = "extract(epoch FROM clock_timestamp() - min(query_start))"
    assert server.value(f"SELECT {oldest} < {held_for} FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    done = kill(server, min_waiting=held_for)
    assert pids(done["acted_on"]) == [root.pid]
    assert {client.fate() for client in queue} == {"alive"}


@pytest.fixture
def coming_back(server):
    """Four clients that pause for a moment."""
    with scenes.coming_back(server, "lock_timeout = '100ms'", 0.1):
        yield


ATTEMPTS = 8


@pytest.mark.parametrize(
    ("state", "held_back"),
    [("idle", False), ("failed after a savepoint", False), ("active", True)],
)
def test_clients_that_fail_and_come_back_are_seen_in_further_looks(server, session, coming_back, state, held_back):
    """At each look some of four wait, none for longer than 0.1 s."""
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 41", "SAVEPOINT before")
    if state == "active":
        at_work(root.send("SELECT pg_sleep(600)"))
    elif state != "idle":
        with pytest.raises(psycopg2.errors.DivisionByZero):
            root.run("SELECT 1/0")
    lasting(server, 3.0, f"pid = {root.pid}")
    # On a machine that is too busy for a wait within a look, the next run sees it.
    plans = (kill(server, check=True, min_waiting=3)["plan"] for dummy in range(ATTEMPTS))
    plan = next((plan for plan in plans if plan["actions"]), {"actions": []})
    assert pids(plan["actions"]) == [root.pid]
    assert ("needs_approval" in plan["actions"][0]) is held_back
    if not held_back:
        acts = (kill(server, min_waiting=3)["acted_on"] for dummy in range(ATTEMPTS))
        assert pids(next(filter(None, acts), [])) == [root.pid]


@pytest.fixture
def slow_table(server):
    """A table whose indexes take longer to build than any test."""
    slow = "'begin perform pg_sleep(0.05); return i; end'"
    server.run(
        "DROP TABLE IF EXISTS slow_table",
        f"CREATE OR REPLACE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS {slow}",
        "CREATE TABLE slow_table (id int)",
        "ALTER TABLE slow_table OWNER TO app",
        "INSERT INTO slow_table SELECT generate_series(1, 20000)",
    )
    yield "slow_table"
    server.run("DROP TABLE slow_table")


@pytest.mark.parametrize("ddl", ["CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE INDEX IF NOT EXISTS"])
def test_a_plain_build_that_blocks_writers_is_cancelled(server, slow_table, session, ddl):
    build = session("migration")
    build.send(f"{ddl} slow_two ON {slow_table} (slow(id))")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_progress_create_index"))
    writers = [session().send(f"INSERT INTO {slow_table} VALUES (0)") for dummy in range(3)]
    until(lambda: lock_waiters(server) == 3)
    done = kill(server)
    assert [(entry["pid"], entry["action"]) for entry in done["acted_on"]] == [(build.pid, "cancelled")]
    assert server.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    for writer in writers:
        writer.connection.cancel()


def test_a_build_that_would_leave_something_behind_is_spared(server, slow_table, session):
    build = session("migration")
    build.send(f"CREATE INDEX CONCURRENTLY slow_two ON {slow_table} (slow(id))")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_progress_create_index"))
    session().send(f"ALTER TABLE {slow_table} ADD more int")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, strategy="root_blockers")
    assert done["acted_on"] == []
    assert "builds an index concurrently" in done["plan"]["excluded"][0]["reason"]
    assert build.fate() == "alive"


@pytest.mark.parametrize(
    ("does", "spared"),
    [
        pytest.param("SELECT 'payroll run', pg_sleep(3600)", "excluded pattern payroll", id="a spared statement"),
        pytest.param("SET application_name = 'pg_dump'", "is a backup", id="the name of a backup"),
        pytest.param("SET application_name = 'cron'", "application cron is excluded", id="a spared application"),
        pytest.param("SELECT 1", "", id="nothing that spares it"),
    ],
)
def test_who_is_spared_is_asked_again_when_the_act_comes(server, session, does, spared):
    holder, queue = row_storm(server, session, 2, row=50)
    exclusions = Exclusions(applications=frozenset({"cron"}), queries=("payroll",))
    login = Login(host="127.0.0.1", port=server.port, user="oncall", password=PASSWORD)
    with connect(login) as postgres:
        bounds = Bounds(0, 10, 1.0)
        planned = judge(read_snapshot(postgres), exclusions, bounds)
        assert [item.detail["pid"] for item in planned.plan.actions] == [holder.pid]
        holder.send(does)  # within the transaction that the plan named
        if "sleep" in does:
            at_work(holder)
        else:
            assert holder.done(60)
        ending = Ending(postgres)
        steps = unblocking(planned, Patience(grace=0.5, settle=0.5), exclusions.why)
        done = ending.carry_out(steps, lambda snapshot, late, _room: judge(snapshot, exclusions, bounds, late))
    if spared:
        assert done.acted_on == []
        assert spared in done.not_done[0]["reason"]
        assert {client.fate() for client in (holder, *queue)} == {"alive"}
    else:
        assert [entry["pid"] for entry in done.acted_on] == [holder.pid]
